import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterAddress, connectTo } from '../../src/runtime/cluster/cluster-address.js';
import { connectClient, type JobListing } from '../../src/runtime/cluster/cluster-client.js';
import { openClusterStore, type StoreChoice } from '../../src/runtime/cluster/cluster-stores.js';
import { type NatsServer, startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { ClusterProcess } from '../demo/cluster-process.js';
import { completeCheckpoints } from './complete-checkpoints.js';
import { Member } from './member.js';
import { type MemberName, memberNames } from './plan.js';

export interface ChaosClusterOptions {
  readonly folder: string;
  readonly store: 'folder' | 'nats';
  /** Gets what the job manager says. */
  readonly heard: (line: string) => void;
  /** A process has ended, and nobody had killed it. */
  readonly endedItself: (name: MemberName, code: number | null, lastLines: readonly string[]) => void;
}

/** Two jobs of two subtasks a vertex still have room when one of three task managers is away. */
const slots = 2;
/** A job manager that has just been started recovers its jobs before it answers. */
const clientWaitMs = 20_000;
/** Below the ports that systems give to connections, so that nobody takes it while the server is down. */
const ports = { low: 10_240, high: 32_000 };

/** nats-server, a job manager and three task managers, each of which can be killed, stopped and cut off. */
export class ChaosCluster {
  private readonly clients = new Set<ClusterProcess>();

  private readonly endAll = (): void => {
    for (const each of [...this.members.values()]) each.end();
    for (const each of this.clients) each.kill('SIGKILL');
  };

  private constructor(
    readonly server: NatsServer,
    private readonly store: StoreChoice,
    private readonly members: ReadonlyMap<MemberName, Member>,
  ) {
    // Whoever interrupts the run ends its cluster too. A stopped process is killed like any other.
    process.on('exit', this.endAll);
  }

  /** Settles when all are there. */
  static async start({ folder, store, heard, endedItself }: ChaosClusterOptions): Promise<ChaosCluster> {
    const logs = join(folder, 'logs');
    mkdirSync(logs, { recursive: true });
    const storeFolder = join(folder, 'store');
    const choice: StoreChoice = store === 'nats' ? { kind: 'nats' } : { kind: 'folder', folder: storeFolder };
    const storeArgs = store === 'nats' ? ['--store', 'nats'] : ['--checkpoints', storeFolder];
    const server = await serverOnKeptPort(join(folder, 'jetstream'));
    const members = new Map<MemberName, Member>();
    const cluster = new ChaosCluster(server, choice, members);
    try {
      for (const name of memberNames) {
        const role =
          name === 'jm'
            ? ['jobmanager', '--http-port', '0']
            : ['taskmanager', '--name', name, '--slots', String(slots)];
        const member = await Member.create({
          name,
          args: [...role, ...storeArgs],
          serverPort: server.port,
          logs,
          heard: name === 'jm' ? heard : () => undefined,
          endedItself: (code, lastLines) => endedItself(name, code, lastLines),
        });
        members.set(name, member);
        member.start();
      }
      await Promise.all([...members].map(([name, each]) => each.says(name === 'jm' ? / serving$/ : / registered$/)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private get address(): ClusterAddress {
    return { servers: [this.server.url], cluster: 'default', waitMs: clientWaitMs };
  }

  member(name: MemberName): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`no process is called ${name}`);
    return member;
  }

  async submit(job: string, params: readonly string[]): Promise<void> {
    const client = new ClusterProcess(['submit', job, '--nats', this.server.url, '--', ...params]);
    this.clients.add(client);
    const code = await client.ended;
    this.clients.delete(client);
    if (code !== 0) throw new Error(`The job was not taken:\n${client.lines.join('\n')}`);
  }

  /** The jobs that the cluster has, as it tells clients. Rejects when it gives no answer in time. */
  async jobs(): Promise<JobListing['jobs']> {
    const client = await connectClient(this.address, () => undefined);
    try {
      return (await client.jobs()).jobs;
    } finally {
      await client.close();
    }
  }

  /** Complete checkpoints of a job, as its manifest log has them. */
  async checkpoints(job: string): Promise<number> {
    const link = await connectTo(this.address, 'chaos', 'store', {});
    try {
      return await completeCheckpoints((await openClusterStore(this.store, link)).blobs, job);
    } finally {
      await link.close();
    }
  }

  /** Ends every process of it, and settles when none is left. */
  async stop(): Promise<void> {
    this.endAll();
    process.off('exit', this.endAll);
    await Promise.all([...this.members.values()].map((member) => member.close()));
    await Promise.all([...this.clients].map(({ ended }) => ended));
    await this.server.stop();
  }
}

async function serverOnKeptPort(folder: string): Promise<NatsServer> {
  for (let port = ports.low + (process.pid % 1_000); port < ports.high; port += 997) {
    try {
      return await startNatsServer({ port, folder });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'NATS_PORT_IN_USE')) throw error;
    }
  }
  throw new Error(`no port from ${ports.low} to ${ports.high} is free`);
}
