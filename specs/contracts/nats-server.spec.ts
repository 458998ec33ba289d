import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { demandNatsServer, findNats, findNatsServer } from '../../src/runtime/nats-server/find-nats-server.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { natsServerForTest } from './nats-world.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weirflow-nats-spec-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The nats-server of this machine under another path. */
async function serverAt(path: string): Promise<string> {
  const { path: real } = await demandNatsServer(process.env);
  await mkdir(join(path, '..'), { recursive: true });
  await symlink(real, path);
  return path;
}

async function scriptAt(path: string, text: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

const version = expect.stringMatching(/^\d+\.\d+\.\d+$/);

describe('nats-server: where it is looked for', () => {
  it('NATS_URL means that one runs', async () => {
    const env = { NATS_URL: 'nats://a:4222, nats://b:4222', NATS_SERVER_BIN: '/nowhere' };
    expect(await findNats(env)).toEqual({ kind: 'running', servers: ['nats://a:4222', 'nats://b:4222'] });
  });

  it('NATS_SERVER_BIN before PATH before the cache, of which the newest', async () => {
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    await serverAt(join(folder, 'cache/weirflow/nats-server-2.9.9'));
    const newest = await serverAt(join(folder, 'cache/weirflow/nats-server-2.10.1'));
    expect(await findNatsServer(env, [])).toEqual({ path: newest, version, from: 'cache' });
    const onPath = await serverAt(join(folder, 'path/nats-server'));
    const withPath = { ...env, PATH: `${join(folder, 'nothing')}:${join(folder, 'path')}` };
    expect(await findNatsServer(withPath, [])).toEqual({ path: onPath, version, from: 'PATH' });
    const named = await serverAt(join(folder, 'named'));
    expect(await findNatsServer({ ...withPath, NATS_SERVER_BIN: named }, [])).toEqual({
      path: named,
      version,
      from: 'NATS_SERVER_BIN',
    });
  });

  it('a program on PATH that is not nats-server, or does not run, is passed over', async () => {
    await scriptAt(join(folder, 'a/nats-server'), 'echo something else');
    await scriptAt(join(folder, 'b/nats-server'), 'exit 1');
    await writeFile(join(folder, 'nats-server'), 'no program');
    const good = await serverAt(join(folder, 'c/nats-server'));
    const env = { PATH: ['a', 'b', '.', 'c'].map((name) => join(folder, name)).join(':') };
    expect(await findNatsServer(env, [])).toMatchObject({ path: good });
  });

  it('a NATS_SERVER_BIN that is wrong is not passed over', async () => {
    const other = await scriptAt(join(folder, 'other'), 'echo something else');
    await expect(findNats({ NATS_SERVER_BIN: other })).rejects.toMatchObject({
      code: 'NATS_SERVER_UNUSABLE',
      message: expect.stringContaining(`'${other}', which cannot be used: it does not say that it is nats-server`),
    });
    await expect(findNats({ NATS_SERVER_BIN: '/nowhere/nats-server' })).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('nowhere: the ways to get it', async () => {
    const env = { PATH: folder, XDG_CACHE_HOME: folder };
    expect(await findNatsServer(env, [])).toBeNull();
    const missing = demandNatsServer(env, []);
    await expect(missing).rejects.toMatchObject({ code: 'NATS_SERVER_MISSING' });
    for (const way of ['weir nats install', 'apt-get', 'brew', 'docker', 'NATS_URL', 'NATS_SERVER_BIN', folder]) {
      await expect(missing).rejects.toMatchObject({ message: expect.stringContaining(way) });
    }
  });
});

describe('nats-server: a life', () => {
  it('two servers have ports and folders of their own, on loopback only', async () => {
    const servers = [await natsServerForTest(), await natsServerForTest()];
    expect(new Set(servers.map(({ port }) => port)).size).toBe(2);
    for (const { url } of servers) {
      expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
      const connection = await connect({ servers: url });
      expect((await jetstreamManager(connection)).streams).toBeDefined();
      await connection.close();
    }
  });

  it('restart: same port, same data, another process', async () => {
    const server = await natsServerForTest();
    const { port } = server;
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
    onTestFinished(() => connection.close());
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'kept', subjects: ['kept'] });
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const { pid } = server;
      await server.restart(signal);
      expect(server.port).toBe(port);
      expect(server.pid).not.toBe(pid);
      const again = await connect({ servers: server.url });
      expect((await (await jetstreamManager(again)).streams.info('kept')).config.name).toBe('kept');
      await again.close();
    }
  });

  it('stop: the process and a temporary folder are gone; a folder that was given stays', async () => {
    const temporary = await startNatsServer();
    const given = await startNatsServer({ folder: join(folder, 'data') });
    const { port, pid } = given;
    for (const server of [temporary, given]) {
      await server.stop();
      await server.stop();
      expect(server.pid).toBeNull();
    }
    expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
    await expect(new Promise((_, reject) => connectSocket(port, '127.0.0.1').once('error', reject))).rejects.toThrow(
      'ECONNREFUSED',
    );
    expect(await readdir(join(folder, 'data'))).toEqual(['jetstream']);
    await expect(stat(temporary.folder)).rejects.toThrow('ENOENT');
  });

  it('start: a port in use is named', async () => {
    const server = await natsServerForTest();
    await expect(startNatsServer({ port: server.port })).rejects.toMatchObject({
      code: 'NATS_PORT_IN_USE',
      message: expect.stringContaining(`Port ${server.port} `),
    });
  });

  it('start: what the program said last is told', async () => {
    const program = await scriptAt(
      join(folder, 'broken'),
      'echo "[1] 2026/01/01 00:00:00 [FTL] the disk is full" >&2; exit 3',
    );
    await expect(startNatsServer({ program })).rejects.toMatchObject({
      code: 'NATS_SERVER_FAILED',
      message: `${program} did not start: it ended (code 3): the disk is full`,
    });
    await expect(startNatsServer({ args: ['--no-such-option'] })).rejects.toMatchObject({
      message: expect.stringContaining('no-such-option'),
    });
    await expect(startNatsServer({ program: join(folder, 'absent') })).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('start: a copy of the program runs where it lies', async () => {
    const { path } = await demandNatsServer(process.env);
    const program = join(folder, 'copy');
    await copyFile(path, program);
    const server = await natsServerForTest({ program });
    expect(server.pid).not.toBeNull();
  });
});
