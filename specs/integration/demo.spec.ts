import { type ExecFileException, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { natsForDemo } from '../../scripts/demo/demo-nats.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { folderWith } from './cli-process.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const deadlineMs = 50_000;

interface Demo {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo to its end, as `npm run demo` does after its build. */
function demo(...args: readonly string[]): Promise<Demo> {
  return new Promise((resolve) => {
    const command = ['--import', 'tsx', 'scripts/demo.ts', ...args];
    const options = { cwd: repository, timeout: deadlineMs };
    execFile(process.execPath, command, options, (error: ExecFileException | null, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

const sum = { records: 20_000, kills: 1, exactlyOnce: true };
/** Times differ from machine to machine; that each was measured does not. */
const measured = { detectionMs: expect.any(Number), recoveryMs: expect.any(Number), checkpoints: expect.any(Number) };

describe('demo', () => {
  it('a task manager of a cluster is killed: the last line says how it went', async () => {
    const { code, stdout, stderr } = await demo('--json', '--seed', '2');
    expect(stderr).toMatch(/kill -9 tm-\d, which holds mean-delay#\d/);
    expect(stderr).toMatch(/tm-\d is started again/);
    expect(stderr).toMatch(/\+\d+ ms {2}first new record in mean-delay#\d\n/);
    expect(JSON.parse(stdout)).toMatchObject({ ...sum, ...measured, restarts: 1 });
    expect(code).toBe(0);
  });

  it('--rescale: the running job gets parallelism 4, and then 3', async () => {
    const { code, stdout, stderr } = await demo('--json', '--rescale');
    const rescales = [4, 3].map((to) => ({ to, tookMs: expect.any(Number), downMs: expect.any(Number) }));
    expect(JSON.parse(stdout), stderr).toMatchObject({ ...sum, kills: 0, restarts: 0, rescales });
    expect(code).toBe(0);
  });

  it('--embedded: the same in one process', async () => {
    const { code, stdout, stderr } = await demo('--json', '--embedded');
    expect(JSON.parse(stdout), stderr).toMatchObject({ ...sum, ...measured });
    expect(code).toBe(0);
  });
});

describe('demo: NATS', () => {
  /** Where no program can be found or downloaded: nobody listens on the port of the proxy. */
  const bare = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: folderWith({}),
    XDG_CACHE_HOME: folderWith({}),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    ...more,
  });

  it('none here and none to be had: says what was tried, the ways to get it, and the demo without', async () => {
    const said: string[] = [];
    const attempt = natsForDemo('demo-spec', (line) => said.push(line), { env: bare(), folders: [] });
    await expect(attempt).rejects.toThrow(
      /nats-server could not be installed[\s\S]+weir nats install[\s\S]+npm run demo -- --embedded/,
    );
    expect(said.join('\n')).toMatch(
      /There is no nats-server here[\s\S]+The demo gets one for this user:\n {2}download /,
    );
  });

  it('none here, but NATS_URL: the demo is a guest there', async () => {
    const server = await startNatsServer();
    try {
      const env = bare({ NATS_URL: server.url });
      const guest = await natsForDemo('demo-spec', () => undefined, { env, folders: [] });
      expect(guest).toMatchObject({ url: server.url, text: 'the NATS server of NATS_URL' });
      await guest.stop();
      expect(server.pid).not.toBeNull();
    } finally {
      await server.stop();
    }
  });
});
