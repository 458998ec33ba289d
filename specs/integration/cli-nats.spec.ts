import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { weir } from './cli-process.js';

const startServer = fileURLToPath(new URL('../../dist/src/runtime/nats-server/start-nats-server.js', import.meta.url));

describe('weir nats', () => {
  it('install: says where nats-server is when it is there', async () => {
    const { code, stdout } = await weir(['nats', 'install']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^nats-server \d+\.\d+\.\d+ is there already: \S*nats-server\S* \((PATH|cache|NATS_SERVER_BIN)\)\n$/,
    );
  });

  it.each([
    [['nats'], "error There is no command 'nats'. Did you mean weir nats install?"],
    [['nats', 'get'], "error There is no command 'nats get'. Did you mean weir nats install?"],
    [['nats', 'install', 'now'], "error There is no command 'nats install now'. Did you mean weir nats install?"],
    [['nats', 'install', '--form', 'x'], 'error There is no option --form of weir nats. Did you mean --from?'],
    [['nats', 'install', '--from'], 'error Option --from needs a value. Write --from <archive>. See weir nats --help.'],
  ])('says what is wrong with %j, and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await weir(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('install: what cannot be installed is named, with the ways to get it', async () => {
    const { code, stderr } = await weir(['nats', 'install', '--from', 'absent.tar.gz']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /nats-server could not be installed[\s\S]*absent\.tar\.gz[\s\S]*apt-get install nats-server/,
    );
  });
});

describe('nats-server of a process', () => {
  it.each(['process.exit(3)', "throw new Error('broken')"])('ends with it: %s', async (end) => {
    const program = `
      const { startNatsServer } = await import(${JSON.stringify(startServer)});
      const server = await startNatsServer();
      process.stdout.write(String(server.port), () => { ${end} });
    `;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    // It was killed a moment ago, and goes when the system comes to it.
    while (await takesConnections(Number(stdout)));
  });
});

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
