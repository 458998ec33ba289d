import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { ClusterProcess } from './cluster-process.js';

type Server = Awaited<ReturnType<typeof startNatsServer>>;

const taskManagerNames = ['tm-1', 'tm-2', 'tm-3'] as const;

/** nats-server, one job manager and three task managers with a slot each, as processes of this machine. */
export class DemoCluster {
  private readonly processes = new Set<ClusterProcess>();
  private readonly members = new Map<string, ClusterProcess>();

  private readonly endAll = (): void => {
    for (const each of this.processes) each.kill('SIGKILL');
  };

  private constructor(
    private readonly server: Server,
    private readonly store: string,
  ) {
    // Whoever interrupts the demo ends its cluster too.
    process.on('exit', this.endAll);
  }

  /** Settles when all are there. `heard` gets what the job manager says. */
  static async start(store: string, heard: (line: string) => void): Promise<DemoCluster> {
    const cluster = new DemoCluster(await startNatsServer(), store);
    try {
      const leader = cluster.spawn(['jobmanager', '--http-port', '0', ...cluster.storeArgs], heard);
      for (const name of taskManagerNames) cluster.startTaskManager(name);
      await leader.says(/ serving$/);
      await Promise.all([...cluster.members.values()].map((member) => member.says(/ registered$/)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async submit(job: string, params: readonly string[]): Promise<void> {
    const client = this.spawn(['submit', job, '--nats', this.server.url, '--', ...params]);
    const code = await client.ended;
    if (code !== 0) throw new Error(`The job was not taken:\n${client.lines.join('\n')}`);
  }

  /** Task managers that hold a subtask of that vertex just now. */
  holding(vertex: string): readonly string[] {
    const holds = (member: ClusterProcess): boolean =>
      member.lines.findLast((line) => line.includes(' slot 0: '))?.includes(`${vertex}#`) ?? false;
    return [...this.members].flatMap(([name, member]) => (holds(member) ? [name] : []));
  }

  /** Ends it with SIGKILL, so that it says goodbye to nobody. */
  kill(name: string): void {
    this.members.get(name)?.kill('SIGKILL');
  }

  startTaskManager(name: string): void {
    this.members.set(name, this.spawn(['taskmanager', '--name', name, '--slots', '1', ...this.storeArgs]));
  }

  /** Complete checkpoints of a job, as its manifest log has them. */
  async checkpoints(job: string): Promise<number> {
    const folder = join(this.store, 'default/jobs', job, 'log');
    const names = await readdir(folder).catch(() => [] as string[]);
    const entries = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return entries.filter((entry) => entry.includes('"kind":"checkpoint"')).length;
  }

  /** Ends every process of it, and settles when none is left. */
  async stop(): Promise<void> {
    this.endAll();
    process.off('exit', this.endAll);
    await Promise.all([...this.processes].map(({ ended }) => ended));
    await this.server.stop();
  }

  private spawn(args: readonly string[], heard?: (line: string) => void): ClusterProcess {
    const child = new ClusterProcess(args, heard);
    this.processes.add(child);
    return child;
  }

  private get storeArgs(): readonly string[] {
    return ['--nats', this.server.url, '--checkpoints', this.store];
  }
}
