import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { EngineError } from '../../src/api/engine-error.js';
import { findNatsServer, type NatsServerProgram } from '../../src/runtime/nats-server/find-nats-server.js';
import { describeWay, installNatsServer, installWays } from '../../src/runtime/nats-server/install-nats-server.js';
import { usualFolders } from '../../src/runtime/nats-server/run-program.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';

/** NATS for the processes of one demo. */
export interface DemoNats {
  readonly url: string;
  /** What there is, for people. */
  readonly text: string;
  stop(): Promise<void>;
}

/** Where programs are looked for. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly folders: readonly string[];
}

/**
 * Starts a nats-server of the demo's own: the one that is found here, else one that it gets as `weir nats install` does. Where there is
 * none to be had, the server of NATS_URL serves. Rejects with an EngineError that names the ways to get one, and the demo without.
 */
export async function natsForDemo(
  cluster: string,
  say: (line: string) => void,
  { env, folders }: Machine = { env: process.env, folders: usualFolders },
): Promise<DemoNats> {
  const program = await findNatsServer(env, folders);
  const running = env.NATS_URL ?? '';
  if (program === null && running !== '') return guestOf(running, cluster);
  const { path, version } = program ?? (await installed(env, say));
  const server = await startNatsServer({ program: path });
  return { url: server.url, text: `nats-server ${version}`, stop: () => server.stop() };
}

async function installed(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<NatsServerProgram> {
  const ways = await installWays(env);
  say(
    'There is no nats-server here: not in NATS_SERVER_BIN, not on PATH, not in the cache. The demo gets one for this user:',
  );
  for (const way of ways) say(`  ${describeWay(way, env)}`);
  try {
    const program = await installNatsServer(ways, env);
    say(`nats-server ${program.version} is installed: ${program.path}`);
    return program;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { failure } = error;
    const without = 'Without one, the same demo runs in one process: npm run demo -- --embedded';
    throw new EngineError({ ...failure, message: `${failure.message}\n${without}` });
  }
}

/** A server of somebody else: what this demo's cluster has made there is removed at the end. */
function guestOf(url: string, cluster: string): DemoNats {
  const stop = async (): Promise<void> => {
    const connection = await connect({ servers: url.split(',').map((each) => each.trim()) });
    try {
      const manager = await jetstreamManager(connection);
      for await (const name of manager.streams.names())
        if (name.endsWith(`-${cluster}`)) await manager.streams.delete(name);
    } finally {
      await connection.close();
    }
  };
  return { url, text: 'the NATS server of NATS_URL', stop };
}
