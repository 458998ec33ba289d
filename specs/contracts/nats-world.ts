import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Failure } from '../../actors/kernel/failure.js';
import {
  type NatsServer,
  type NatsServerOptions,
  startNatsServer,
} from '../../src/runtime/nats-server/start-nats-server.js';
import { nodeClock } from '../../src/runtime/world/clock.js';
import { connectNats, type NatsOptions } from '../../src/transport/nats/connect.js';
import type { NatsLink } from '../../src/transport/nats/nats-link.js';

/** Only guards against hanging. */
const connectDeadlineMs = 10_000;

/** A nats-server of this spec file, started before its tests and ended after them. */
export function natsServerForFile(): { readonly server: NatsServer } {
  let server: NatsServer | null = null;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(async () => {
    await server?.stop();
  });
  return {
    get server() {
      if (server === null) throw new Error('nats-server is started before the tests, not before the file is read');
      return server;
    },
  };
}

/** A server of this test. */
export async function natsServerForTest(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer(options);
  onTestFinished(() => server.stop());
  return server;
}

export interface SpecLink {
  readonly link: NatsLink;
  /** What the link told, in order. */
  readonly troubles: Failure[];
  readonly changes: boolean[];
}

/** A configuration file for a server, removed at the end of the test. */
export async function configurationFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-nats-spec-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'nats.conf');
  await writeFile(path, text);
  return path;
}

/** A connection of a process of cluster `spec`, closed at the end of the test. */
export async function linkTo(url: string, process: string, options: Partial<NatsOptions> = {}): Promise<SpecLink> {
  const troubles: Failure[] = [];
  const changes: boolean[] = [];
  const connected = await connectNats({
    servers: [url],
    cluster: 'spec',
    process,
    purpose: 'spec',
    clock: nodeClock,
    deadlineMs: connectDeadlineMs,
    onConnection: (up) => changes.push(up),
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  if (!connected.ok) throw new Error(connected.failure.message);
  const { link } = connected;
  onTestFinished(() => link.close());
  return { link, troubles, changes };
}
