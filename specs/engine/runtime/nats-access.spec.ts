import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineError } from '../../../src/api/engine-error.js';
import { type ContextChoice, resolveAccess } from '../../../src/runtime/nats-access/resolve-access.js';
import { settingsOf } from '../../../src/runtime/nats-access/settings.js';

const selected: ContextChoice = { kind: 'selected' };

/** A home with contexts of the `nats` command in it, and whatever other files. */
class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'weirflow-home-'));

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    mkdirSync(join(this.folder, '.config/nats/context'), { recursive: true });
  }

  context(name: string, fields: Readonly<Record<string, unknown>>): this {
    writeFileSync(join(this.folder, `.config/nats/context/${name}.json`), JSON.stringify(fields));
    return this;
  }

  select(name: string): this {
    writeFileSync(join(this.folder, '.config/nats/context.txt'), `${name}\n`);
    return this;
  }

  file(name: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, 'content');
    return path;
  }

  resolve(
    given: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
    choice: ContextChoice = selected,
  ): ReturnType<typeof resolveAccess> {
    const settings = settingsOf(Object.entries(given).map(([name, value]) => [name as never, value, `--${name}`]));
    return resolveAccess(settings, choice, { HOME: this.folder, ...env });
  }
}

function failureOf(call: () => unknown): { readonly code: string; readonly message: string } {
  try {
    call();
  } catch (error) {
    if (error instanceof EngineError) return error.failure;
    throw error;
  }
  throw new Error('it did not throw');
}

describe('access to NATS: where it is said', () => {
  it('nowhere: a server on this machine, nobody in particular', () => {
    expect(new Home().resolve()).toEqual({
      servers: ['nats://127.0.0.1:4222'],
      access: { login: { kind: 'anonymous' }, tls: null, inboxPrefix: null },
      context: null,
    });
  });

  it('the command line goes before the environment, and that before the context, field by field', () => {
    const home = new Home().context('prod', { url: 'nats://a,nats://b', user: 'u', password: 'p', inbox_prefix: '_I' });
    home.select('prod');
    expect(home.resolve()).toEqual({
      servers: ['nats://a', 'nats://b'],
      access: { login: { kind: 'password', user: 'u', password: 'p' }, tls: null, inboxPrefix: '_I' },
      context: 'prod',
    });
    const env = { NATS_URL: 'nats://c', NATS_TOKEN: 't' };
    expect(home.resolve({}, env)).toMatchObject({
      servers: ['nats://c'],
      access: { login: { token: 't' }, inboxPrefix: '_I' },
    });
    const creds = home.file('x.creds');
    const typed = home.resolve({ url: 'nats://d', creds }, env);
    expect(typed).toMatchObject({ servers: ['nats://d'], access: { login: { kind: 'creds', file: creds } } });
  });

  it('the context is named, by the environment or else, or selected, or left alone, or a file', () => {
    const home = new Home().context('a', { url: 'nats://a' }).context('b', { url: 'nats://b' }).select('a');
    const at = (choice: ContextChoice, env = {}): readonly string[] => home.resolve({}, env, choice).servers;
    expect(at(selected)).toEqual(['nats://a']);
    expect(at(selected, { NATS_CONTEXT: 'b' })).toEqual(['nats://b']);
    expect(at({ kind: 'named', name: 'a' }, { NATS_CONTEXT: 'b' })).toEqual(['nats://a']);
    expect(at({ kind: 'none' }, { NATS_CONTEXT: 'b' })).toEqual(['nats://127.0.0.1:4222']);
    expect(at({ kind: 'named', name: join(home.folder, '.config/nats/context/b.json') })).toEqual(['nats://b']);
    const elsewhere = new Home();
    expect(elsewhere.resolve({}, { XDG_CONFIG_HOME: join(home.folder, '.config') }).servers).toEqual(['nats://a']);
  });

  it('paths in a context may begin at home or name variables', () => {
    const home = new Home();
    const file = home.file('weir.nk');
    for (const nkey of ['~/weir.nk', '$KEYS/weir.nk', `\${KEYS}/weir.nk`]) {
      const { access } = home.context('c', { nkey }).resolve({}, { KEYS: home.folder, NATS_CONTEXT: 'c' });
      expect(access.login).toEqual({ kind: 'nkey', file });
    }
  });

  it('TLS: files of each kind, the scheme tls, and the handshake before the greeting', () => {
    const home = new Home();
    const [cert, key, ca] = [home.file('cert.pem'), home.file('key.pem'), home.file('ca.pem')];
    home.context('c', { url: 'tls://nats', cert, key, ca, tls_first: true });
    const env = { NATS_CONTEXT: 'c' };
    expect(home.resolve({}, env).access.tls).toEqual({ certFile: cert, keyFile: key, caFile: ca, first: true });
    expect(home.resolve({ url: 'tls://x' }).access.tls).toMatchObject({ caFile: null, first: false });
    expect(home.resolve({ ca }).access.tls).toMatchObject({ caFile: ca });
    expect(failureOf(() => home.resolve({ cert }))).toMatchObject({
      code: 'NATS_OPTIONS_INVALID',
      message: '--cert is one half: give --tlscert and --tlskey together.',
    });
  });
});

describe('access to NATS: logins', () => {
  const home = (): Home => new Home().context('c', { user: 'cu', password: 'cp' }).select('c');

  it.each([
    [
      'a user, and the password from nearer',
      {},
      { NATS_PASSWORD: 'ep' },
      { kind: 'password', user: 'cu', password: 'ep' },
    ],
    [
      'a password from the environment',
      { user: 'u' },
      { NATS_PASSWORD: 'ep' },
      { kind: 'password', user: 'u', password: 'ep' },
    ],
    ['a user without one is a token', { user: 'u' }, {}, { kind: 'token', token: 'u' }],
    [
      'in the URL',
      { url: 'nats://u:p%40@h' },
      { NATS_USER: 'e', NATS_PASSWORD: 'p' },
      { kind: 'password', user: 'u', password: 'p@' },
    ],
    ['a token in the URL', {}, { NATS_URL: 'nats://tok@h:1' }, { kind: 'token', token: 'tok' }],
    [
      'of the nearest place, whole',
      { token: 't' },
      { NATS_USER: 'u', NATS_PASSWORD: 'p' },
      { kind: 'token', token: 't' },
    ],
  ] as const)('%s', (_, given, env, login) => {
    const { access, servers } = home().resolve(given, env);
    expect(access.login).toEqual(login);
    expect(servers.join()).not.toContain('@');
  });

  it("a context's URL that does not count brings no login, and its user needs no password", () => {
    const elsewhere = new Home().context('c', { url: 'nats://u:p@h' }).select('c');
    expect(elsewhere.resolve().access.login).toMatchObject({ kind: 'password', user: 'u' });
    expect(elsewhere.resolve({ url: 'nats://other' }).access.login).toEqual({ kind: 'anonymous' });
    const open = new Home().context('c', { user: 'u' }).select('c');
    expect(open.resolve().access.login).toEqual({ kind: 'password', user: 'u', password: '' });
    const jwt = new Home().context('c', { user_jwt: 'ey.j', user_seed: 'S' }).select('c');
    expect(jwt.resolve().access.login).toEqual({ kind: 'jwt', jwt: 'ey.j', seed: 'S' });
  });
});

describe('access to NATS: what is wrong with it', () => {
  it('a context that is not there: those that are, and who names it', () => {
    const home = new Home().context('b', {}).context('a', {});
    const named = failureOf(() => home.resolve({}, {}, { kind: 'named', name: 'c' }));
    expect(named.code).toBe('NATS_CONTEXT_UNKNOWN');
    expect(named.message).toMatch(/^There is no NATS context 'c' in .*nats\/context. There are a, b\. .*--context/);
    const lost = failureOf(() => home.select('gone').resolve());
    expect(lost.message).toMatch(/context\.txt selects NATS context 'gone', which is not there\. There are a, b\./);
    expect(failureOf(() => home.resolve({}, {}, { kind: 'named', name: '../a' })).code).toBe('NATS_CONTEXT_UNKNOWN');
    expect(failureOf(() => new Home().resolve({}, { NATS_CONTEXT: 'x' })).message).toContain('There is none.');
  });

  it('a context that is damaged, or asks for what is not possible', () => {
    const home = new Home();
    writeFileSync(join(home.folder, '.config/nats/context/x.json'), '{"password":"s3cret",');
    const damaged = failureOf(() => home.resolve({}, { NATS_CONTEXT: 'x' }));
    expect(damaged).toMatchObject({ code: 'NATS_CONTEXT_INVALID', message: expect.stringContaining('it is no JSON') });
    expect(damaged.message).not.toContain('s3cret');
    home.context('y', { nsc: 'nsc://o/a/u' });
    expect(failureOf(() => home.resolve({}, { NATS_CONTEXT: 'y' }))).toMatchObject({
      code: 'NATS_CONTEXT_UNSUPPORTED',
    });
  });

  it('a file that is missing: which, and who names it', () => {
    const home = new Home();
    const { code, message } = failureOf(() => home.resolve({}, { NATS_CREDS: '/absent/x.creds' }));
    expect(code).toBe('NATS_FILE_UNREADABLE');
    expect(message).toBe(
      'The credentials file /absent/x.creds (NATS_CREDS) cannot be read: ENOENT. Check the path, and whose the file is.',
    );
    home.context('c', { ca: '/absent/ca.pem' }).select('c');
    expect(failureOf(() => home.resolve()).message).toContain("ca.pem (ca of context 'c')");
  });

  it.each([
    ['nkey', `SUA${'A'.repeat(55)}`],
    ['creds', 'eyJ0eXAi.x.y'],
    ['creds', 'data:;base64,eHg='],
    ['creds', 'op://v/i'],
  ])('a secret in place of its file is not repeated: %s', (name, value) => {
    const { code, message } = failureOf(() => new Home().resolve({ [name]: value }));
    expect(code).toBe('NATS_OPTIONS_INVALID');
    expect(message).not.toContain(value);
    expect(message).toContain(`--${name} has to be the path of a file`);
  });

  it.each([
    [{ url: 'nats://:nowhere:' }, /^--url names no server: a server is written nats:\/\/host:4222/],
    [{ url: ',' }, /names no server/],
    [{ url: 'nats://a:b@h,nats://c:d@h' }, /^--url has different logins for its servers/],
    [{ password: 'p' }, /^--password needs a user/],
  ])('%j', (given, message) => {
    const failure = failureOf(() => new Home().resolve(given as Record<string, string>));
    expect(failure.code).toBe('NATS_OPTIONS_INVALID');
    expect(failure.message).toMatch(message);
  });
});
