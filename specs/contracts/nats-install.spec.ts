import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findNatsServer } from '../../src/runtime/nats-server/find-nats-server.js';
import { httpGet, proxyFor } from '../../src/runtime/nats-server/http-get.js';
import { installNatsServer } from '../../src/runtime/nats-server/install-nats-server.js';
import { checksumOf, type ReleaseArchive, releaseArchive } from '../../src/runtime/nats-server/release.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weirflow-nats-spec-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const name = 'nats-server-v9.9.9-linux-amd64';
const file = `${name}.tar.gz`;

/** A release as it is published, the archive and the checksums in a folder. Its program can do no more than tell its version. */
function release(): { readonly archive: string; readonly bytes: Buffer; readonly checksums: string } {
  const at = join(folder, 'release');
  mkdirSync(join(at, name), { recursive: true });
  writeFileSync(join(at, name, 'README.md'), 'nats-server');
  writeFileSync(join(at, name, 'nats-server'), "#!/bin/sh\necho 'nats-server: v9.9.9'\n");
  execFileSync('tar', ['-czf', file, name], { cwd: at });
  const bytes = readFileSync(join(at, file));
  const checksums = `${'0'.repeat(64)}  nats-server-v9.9.9-linux-arm64.tar.gz\n${sha256(bytes)}  ${file}\n`;
  writeFileSync(join(at, 'SHA256SUMS'), checksums);
  return { archive: join(at, file), bytes, checksums };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback; the value is its URL without a slash at the end. */
async function served(answer: Answer, prepare: (server: Server) => void = () => undefined): Promise<string> {
  const server = createServer(answer);
  prepare(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const files =
  (contents: Readonly<Record<string, string | Uint8Array>>): Answer =>
  (request, response) => {
    const content = contents[request.url ?? ''];
    if (content === undefined) response.writeHead(404);
    response.end(content ?? '');
  };

const archiveAt = (url: string): ReleaseArchive => ({
  version: '9.9.9',
  name,
  file,
  url: `${url}/${file}`,
  checksumsUrl: `${url}/SHA256SUMS`,
});

const cacheEnv = () => ({ XDG_CACHE_HOME: join(folder, 'cache') });

describe('nats-server: what is installed', () => {
  it('from an archive with checksums beside it: into the cache, where it is found', async () => {
    const { archive } = release();
    const installed = await installNatsServer([{ kind: 'file', path: archive }], cacheEnv());
    expect(installed).toEqual({
      path: join(folder, 'cache/weirflow/nats-server-9.9.9'),
      version: '9.9.9',
      from: 'cache',
    });
    expect(await findNatsServer(cacheEnv(), [])).toEqual(installed);
  });

  it('from the release: after its checksum was verified', async () => {
    const { bytes, checksums } = release();
    const url = await served(files({ '/SHA256SUMS': checksums, [`/${file}`]: bytes }));
    const installed = await installNatsServer([{ kind: 'release', archive: archiveAt(url) }], cacheEnv());
    expect(installed).toMatchObject({ from: 'cache' });
  });

  it('nothing whose checksum is wrong, and no other way is tried instead', async () => {
    const { bytes, checksums, archive } = release();
    const damaged = Buffer.from(bytes);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    const url = await served(files({ '/SHA256SUMS': checksums, [`/${file}`]: damaged }));
    const ways = [
      { kind: 'release', archive: archiveAt(url) },
      { kind: 'file', path: archive },
    ] as const;
    await expect(installNatsServer(ways, cacheEnv())).rejects.toMatchObject({
      code: 'NATS_CHECKSUM_WRONG',
      message: expect.stringContaining(sha256(damaged)),
    });
    writeFileSync(archive, damaged);
    await expect(installNatsServer([{ kind: 'file', path: archive }], cacheEnv())).rejects.toMatchObject({
      code: 'NATS_CHECKSUM_WRONG',
    });
    expect(await findNatsServer(cacheEnv(), [])).toBeNull();
  });

  it('when every way fails: what went wrong in each, and what a person can do', async () => {
    const { bytes } = release();
    const url = await served(files({ '/SHA256SUMS': 'nothing', [`/${file}`]: bytes }));
    writeFileSync(join(folder, 'empty.tar.gz'), '');
    const ways = [
      { kind: 'debian', aptGet: join(folder, 'apt-get'), dpkgDeb: join(folder, 'dpkg-deb'), isRoot: false },
      { kind: 'release', archive: archiveAt(url) },
      { kind: 'file', path: join(folder, 'empty.tar.gz') },
      { kind: 'file', path: join(folder, 'absent.tar.gz') },
    ] as const;
    const failed = installNatsServer(ways, cacheEnv());
    await expect(failed).rejects.toMatchObject({ code: 'NATS_INSTALL_FAILED' });
    for (const part of ['apt-get download', `SHA256SUMS does not name ${file}`, 'absent.tar.gz', 'brew install']) {
      await expect(failed).rejects.toMatchObject({ message: expect.stringContaining(part) });
    }
  });

  it.each([
    ['linux', 'x64', 'nats-server-v2.15.1-linux-amd64.tar.gz'],
    ['linux', 'arm64', 'nats-server-v2.15.1-linux-arm64.tar.gz'],
    ['darwin', 'arm64', 'nats-server-v2.15.1-darwin-arm64.zip'],
    ['win32', 'x64', 'nats-server-v2.15.1-windows-amd64.zip'],
  ])('the release for %s on %s', (platform, arch, expected) => {
    const archive = releaseArchive(platform, arch, '2.15.1');
    expect(archive?.file).toBe(expected);
    expect(archive?.url).toBe(`https://github.com/nats-io/nats-server/releases/download/v2.15.1/${expected}`);
    expect(archive?.checksumsUrl).toBe('https://github.com/nats-io/nats-server/releases/download/v2.15.1/SHA256SUMS');
  });

  it('there is no release for every machine', () => {
    expect(releaseArchive('sunos', 'x64')).toBeNull();
    expect(releaseArchive('linux', 'riscv64')).toBeNull();
  });

  it('checksums: as sha256sum writes them', () => {
    const [a, b] = ['a'.repeat(64), 'B'.repeat(64)];
    const checksums = `${a}  one.tar.gz\r\n${b} *two.zip\nnonsense\n`;
    expect(checksumOf('one.tar.gz', checksums)).toBe(a);
    expect(checksumOf('two.zip', checksums)).toBe(b.toLowerCase());
    expect(checksumOf('one.tar', checksums)).toBeNull();
  });
});

describe('nats-server: the download', () => {
  it('follows redirects, and not for ever', async () => {
    const url = await served((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) return response.end('there');
      response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(Buffer.from(await httpGet(`${url}/3`, {})).toString()).toBe('there');
    await expect(httpGet(`${url}/9`, {})).rejects.toThrow('from one place to another');
  });

  it('names what it could not get', async () => {
    const url = await served(files({}));
    await expect(httpGet(`${url}/absent`, {})).rejects.toThrow(`${url}/absent answered 404`);
    await expect(httpGet('http://127.0.0.1:1/x', {})).rejects.toThrow('http://127.0.0.1:1/x cannot be reached: ');
  });

  it('goes through the proxy of the environment, with its credentials', async () => {
    const asked: string[] = [];
    const proxy = await served((request, response) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      response.end('from the proxy');
    });
    const env = { http_proxy: proxy.replace('//', '//us%20er:pa:ss@') };
    expect(Buffer.from(await httpGet('http://releases.invalid/file', env)).toString()).toBe('from the proxy');
    expect(asked).toEqual([`http://releases.invalid/file Basic ${Buffer.from('us er:pa:ss').toString('base64')}`]);
  });

  it('asks the proxy for a tunnel to a protected place, and speaks TLS in it', async () => {
    const tunnels: string[] = [];
    const firstBytes: number[] = [];
    const proxy = await served(files({}), (server) =>
      server.on('connect', (request, socket) => {
        tunnels.push(request.url ?? '');
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.once('data', (bytes: Buffer) => {
          firstBytes.push(bytes[0] ?? -1);
          socket.destroy();
        });
      }),
    );
    await expect(httpGet('https://releases.invalid/file', { HTTPS_PROXY: proxy })).rejects.toThrow(
      'https://releases.invalid/file cannot be reached',
    );
    const handshake = 0x16;
    expect({ tunnels, firstBytes }).toEqual({ tunnels: ['releases.invalid:443'], firstBytes: [handshake] });
  });

  it('says when the proxy refuses', async () => {
    const proxy = await served(files({}), (server) =>
      server.on('connect', (_, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n')),
    );
    await expect(httpGet('https://releases.invalid/file', { https_proxy: proxy })).rejects.toThrow(
      /the proxy 127\.0\.0\.1:\d+ answered 407/,
    );
  });

  it.each([
    ['https://github.com/x', { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1' }, 'p:1'],
    ['http://github.com/x', { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'q:1' }, 'q:1'],
    ['https://github.com/x', { ALL_PROXY: 'http://p:1' }, 'p:1'],
    ['https://github.com/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a.org,.github.com' }, null],
    ['https://api.github.com/x', { HTTPS_PROXY: 'http://p:1', no_proxy: 'github.com' }, null],
    ['https://nogithub.com/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'github.com' }, 'p:1'],
    ['https://github.com/x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, null],
    ['https://github.com/x', { HTTPS_PROXY: '' }, null],
  ])('proxy for %s with %j: %s', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.host ?? null).toBe(expected);
  });
});
