import { writeFile } from 'node:fs/promises';
import { nkeys } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../actors/kernel/failure.js';
import type { NatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { anonymousAccess, type NatsAccess, type NatsLogin, passwordAccess } from '../../src/transport/nats/access.js';
import { connectNats } from '../../src/transport/nats/connect.js';
import { identityCheck, type NatsTls } from '../../src/transport/nats/tls-options.js';
import { certificates, tlsBlock } from './nats-certificates.js';
import { identities } from './nats-identities.js';
import { configurationFile, linkTo, natsServerForTest } from './nats-world.js';
import { realUntil } from './until.js';

const withLogin = (login: NatsLogin): NatsAccess => ({ ...anonymousAccess, login });
const withTls = (tls: Partial<NatsTls>): NatsAccess => ({
  ...anonymousAccess,
  tls: { certFile: null, keyFile: null, caFile: null, first: false, ...tls },
});

const serverWith = async (configuration: string): Promise<NatsServer> =>
  natsServerForTest({ args: ['--config', await configurationFile(configuration)] });

/** The client itself waits two seconds for a server that is silent. */
const silenceTimeoutMs = 20_000;

/** That the server takes it, and carries something. */
async function expectIn(server: NatsServer, access: NatsAccess, url = server.url): Promise<void> {
  const { link } = await linkTo(url, 'a', { access });
  await link.connection.flush();
  expect(link.up).toBe(true);
}

/** How it is refused; `deadlineMs` is not waited for. */
async function refusalOf(url: string, access: NatsAccess, deadlineMs = 10_000): Promise<Failure> {
  const sinceMs = nodeClock.monotonicMs();
  const options = { servers: [url], cluster: 'spec', process: 'a', purpose: 'spec', clock: nodeClock, deadlineMs };
  const connected = await connectNats({ ...options, access });
  if (connected.ok) {
    await connected.link.close();
    throw new Error('it was let in');
  }
  expect(nodeClock.monotonicMs() - sinceMs).toBeLessThan(9_000);
  return connected.failure;
}

describe('nats: who may come in', () => {
  it('a user with a password, and nobody else', async () => {
    const server = await serverWith('authorization { user: weir, password: "s3cret" }');
    await expectIn(server, passwordAccess('weir', 's3cret'));
    const wrong = await refusalOf(server.url, passwordAccess('weir', 'gu3ss'));
    expect(wrong).toMatchObject({ code: 'NATS_DENIED', retry: 'never' });
    expect(wrong.message).toMatch(/as user 'weir': .*Check its user, token or credentials/i);
    expect(wrong.message).not.toContain('gu3ss');
    const nobody = await refusalOf(server.url, anonymousAccess);
    expect(nobody).toMatchObject({ code: 'NATS_DENIED' });
    expect(nobody.message).toMatch(/without a login: .*--user and --password, --token, --creds or --nkey/);
  });

  it('a token', async () => {
    const server = await serverWith('authorization { token: "t0ken" }');
    await expectIn(server, withLogin({ kind: 'token', token: 't0ken' }));
    const wrong = await refusalOf(server.url, withLogin({ kind: 'token', token: 'gu3ss' }));
    expect(wrong.code).toBe('NATS_DENIED');
    expect(wrong.message).not.toContain('gu3ss');
  });

  it('an nkey', async () => {
    const [known, stranger] = [nkeys.createUser(), nkeys.createUser()];
    const server = await serverWith(`authorization { users: [{ nkey: ${known.getPublicKey()} }] }`);
    const fileOf = (key: typeof known): Promise<string> =>
      configurationFile(`${new TextDecoder().decode(key.getSeed())}\n`);
    await expectIn(server, withLogin({ kind: 'nkey', file: await fileOf(known) }));
    const denied = await refusalOf(server.url, withLogin({ kind: 'nkey', file: await fileOf(stranger) }));
    expect(denied.code).toBe('NATS_DENIED');
    const file = await configurationFile('no seed');
    const invalid = await refusalOf(server.url, withLogin({ kind: 'nkey', file }));
    expect(invalid).toMatchObject({ code: 'NATS_LOGIN_INVALID', domain: 'user', retry: 'never' });
    expect(invalid.message).toContain(file);
    expect(invalid.message).not.toContain('no seed');
  });

  it('credentials, and a user JWT; of another operator they are refused', async () => {
    const ours = identities(['A']);
    const server = await serverWith(ours.configuration);
    const file = await configurationFile(ours.creds('A'));
    await expectIn(server, withLogin({ kind: 'creds', file }));
    await expectIn(server, withLogin({ kind: 'jwt', ...ours.jwt('A') }));
    const theirs = await configurationFile(identities(['A']).creds('A'));
    expect((await refusalOf(server.url, withLogin({ kind: 'creds', file: theirs }))).code).toBe('NATS_DENIED');
    const missing = await refusalOf(server.url, withLogin({ kind: 'creds', file: `${file}.absent` }));
    expect(missing).toMatchObject({ code: 'NATS_LOGIN_INVALID' });
    expect(missing.message).toMatch(/nats\.conf\.absent.*ENOENT/);
  });

  it('credentials that are renewed count when the connection comes back; half a file does not end it', async () => {
    const ours = identities(['A']);
    const server = await serverWith(ours.configuration);
    const file = await configurationFile(ours.creds('A'));
    const { link, changes, troubles } = await linkTo(server.url, 'a', { access: withLogin({ kind: 'creds', file }) });
    await writeFile(file, '-----BEGIN NATS');
    await server.restart();
    await realUntil(() => changes.length === 2);
    await writeFile(file, ours.creds('A'));
    await server.restart();
    await realUntil(() => changes.length === 4);
    expect({ up: link.up, troubles }).toEqual({ up: true, troubles: [] });
  });

  it('the prefix of answers is the one that permissions allow', async () => {
    const permissions = '{ publish: ">", subscribe: ["weir.>", "_INBOX_weir.>"] }';
    const server = await serverWith(
      `authorization { users: [{ user: weir, password: x, permissions: ${permissions} }] }`,
    );
    const own = await linkTo(server.url, 'a', {
      access: { ...passwordAccess('weir', 'x'), inboxPrefix: '_INBOX_weir' },
    });
    const noResponders = own.link.connection.request('weir.nobody', '', { timeout: 5_000 });
    await expect(noResponders).rejects.toThrow(/no responders/i);
    expect(own.troubles).toEqual([]);
  });
});

describe('nats: TLS', () => {
  it('a server whose authority is known is taken, under a name that its certificate has', async () => {
    const ours = await certificates();
    const server = await serverWith(tlsBlock(ours, ours.server));
    await expectIn(server, withTls({ caFile: ours.ca }));
    await expectIn(server, withTls({ caFile: ours.ca }), server.url.replace('nats:', 'tls:'));
    await expectIn(server, withTls({ caFile: ours.ca }), server.url.replace('127.0.0.1', 'localhost'));
    const elsewhere = await serverWith(tlsBlock(ours, ours.elsewhere));
    const otherName = await refusalOf(elsewhere.url, withTls({ caFile: ours.ca }));
    expect(otherName).toMatchObject({ code: 'NATS_TLS_FAILED', retry: 'never' });
    expect(otherName.message).toMatch(/certificate is for another name.*127\.0\.0\.1/);
  });

  it('without its authority, or with another one, it is refused at once, and the way out is named', async () => {
    const [ours, theirs] = [await certificates(), await certificates()];
    const server = await serverWith(tlsBlock(ours, ours.server));
    const unknown = await refusalOf(server.url, anonymousAccess);
    expect(unknown.code).toBe('NATS_TLS_FAILED');
    expect(unknown.message).toMatch(/certificate is not trusted .*certificate authority with --tlsca/);
    const wrong = await refusalOf(server.url, withTls({ caFile: theirs.ca }));
    expect(wrong.code).toBe('NATS_TLS_FAILED');
    expect(wrong.message).toContain(`${theirs.ca} is not the certificate authority that signed it`);
  });

  it(
    'a server that wants certificates: with one, without one, with one that does not fit its key',
    async () => {
      const ours = await certificates();
      const server = await serverWith(tlsBlock(ours, ours.server, true));
      const { cert, key } = ours.client;
      await expectIn(server, withTls({ caFile: ours.ca, certFile: cert, keyFile: key }));
      const without = await refusalOf(server.url, withTls({ caFile: ours.ca }));
      expect(without.code).toBe('NATS_TLS_FAILED');
      expect(without.message).toMatch(/wants a certificate of this process. Give one with --tlscert and --tlskey/);
      const mixed = await refusalOf(server.url, withTls({ caFile: ours.ca, certFile: cert, keyFile: ours.server.key }));
      expect(mixed.message).toMatch(/ERR_OSSL_X509_KEY_VALUES_MISMATCH.*--tlskey/);
    },
    silenceTimeoutMs,
  );

  it(
    'a server that does not trust our certificate says nothing, and so that is said',
    async () => {
      const [ours, theirs] = [await certificates(), await certificates()];
      const server = await serverWith(tlsBlock(ours, ours.server, true));
      const stranger = theirs.client;
      const access = withTls({ caFile: ours.ca, certFile: stranger.cert, keyFile: stranger.key });
      const distrusted = await refusalOf(server.url, access, 3_000);
      expect(distrusted.message).toMatch(/perhaps it does not trust the certificate of this process, .*client\.pem/);
    },
    silenceTimeoutMs,
  );

  it('a server without it is refused where it was asked for', async () => {
    const server = await natsServerForTest();
    const none = await refusalOf(server.url, withTls({}));
    expect(none).toMatchObject({ code: 'NATS_TLS_FAILED' });
    expect(none.message).toMatch(/it has none, and was asked for it/);
    const early = await refusalOf(server.url, withTls({ first: true }));
    expect(early.message).toMatch(/greets before it shakes hands. Leave out --tlsfirst/);
  });

  it('a numeric address is held against the certificate, and not against localhost', () => {
    const certificate = (subjectaltname: string) => ({ subject: { CN: 'x' }, subjectaltname }) as never;
    const check = identityCheck(['nats://10.0.0.1:4222', '[fd00::1]']);
    expect(check('localhost', certificate('IP Address:10.0.0.1'))).toBeUndefined();
    expect(check('localhost', certificate('IP Address:FD00:0:0:0:0:0:0:1'))).toBeUndefined();
    expect(check('localhost', certificate('DNS:localhost'))).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(identityCheck(['localhost'])('localhost', certificate('DNS:localhost'))).toBeUndefined();
    expect(check('nats.example.org', certificate('DNS:nats.example.org'))).toBeUndefined();
  });
});
