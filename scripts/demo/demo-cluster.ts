import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterProcess } from './cluster-process.js';
import { type DemoNats, natsForDemo } from './demo-nats.js';

const taskManagerNames = ['tm-1', 'tm-2', 'tm-3'] as const;

interface Member {
  readonly process: ClusterProcess;
  alive: boolean;
}

/** What the processes of the cluster say, line by line. */
export interface DemoEars {
  readonly jobManager: (line: string) => void;
  readonly taskManager: (line: string) => void;
}

/** A task manager, and the subtasks of one vertex that it holds. */
export interface Holder {
  readonly process: string;
  readonly subtasks: readonly string[];
}

/** nats-server, one job manager and three task managers with a slot each or more, as processes of this machine. */
export class DemoCluster {
  readonly size = taskManagerNames.length;
  private readonly processes = new Set<ClusterProcess>();
  private readonly members = new Map<string, Member>();

  private readonly endAll = (): void => {
    for (const each of this.processes) each.kill('SIGKILL');
  };

  private constructor(
    private readonly nats: DemoNats,
    private readonly name: string,
    private readonly store: string,
    private readonly ears: DemoEars,
    private readonly slots: number,
  ) {
    // Whoever interrupts the demo ends its cluster too.
    process.on('exit', this.endAll);
  }

  /** Settles when all are there. */
  static async start(store: string, say: (line: string) => void, ears: DemoEars, slots = 1): Promise<DemoCluster> {
    const name = `demo-${randomUUID().slice(0, 8)}`;
    const cluster = new DemoCluster(await natsForDemo(name, say), name, store, ears, slots);
    try {
      const leader = cluster.spawn(['jobmanager', '--http-port', '0', ...cluster.storeArgs], ears.jobManager);
      const members = taskManagerNames.map((member) => cluster.startTaskManager(member));
      await leader.says(/ serving$/);
      await Promise.all(members.map((member) => member.says(/ registered$/)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** What it consists of, for people. */
  get text(): string {
    return `${this.nats.text}, one job manager, three task managers`;
  }

  /** How many task managers are registered. */
  get alive(): number {
    return [...this.members.values()].filter(({ alive }) => alive).length;
  }

  async submit(job: string, params: readonly string[]): Promise<void> {
    const client = this.spawn(['submit', job, ...this.target, '--', ...params], () => undefined);
    const code = await client.ended;
    if (code !== 0) throw new Error(`The job was not taken:\n${client.lines.join('\n')}`);
  }

  /** Settles when the job runs at that parallelism. */
  async rescale(job: string, parallelism: number): Promise<void> {
    const client = this.spawn(['rescale', job, '--all', String(parallelism), ...this.target], () => undefined);
    const code = await client.ended;
    if (code !== 0) throw new Error(`The job was not rescaled:\n${client.lines.join('\n')}`);
  }

  /** Task managers that hold subtasks of that vertex just now. */
  holding(vertex: string): readonly Holder[] {
    return [...this.members].flatMap(([name, { process: member, alive }]) => {
      const held = /\[(.*)\]/.exec(member.lines.findLast((line) => line.includes(' slot 0: ')) ?? '')?.[1] ?? '';
      const subtasks = held.split(' ').filter((subtask) => subtask.startsWith(`${vertex}#`));
      return alive && subtasks.length > 0 ? [{ process: name, subtasks }] : [];
    });
  }

  /** Ends it with SIGKILL, so that it says goodbye to nobody. */
  kill(name: string): void {
    const member = this.members.get(name);
    if (member === undefined) return;
    member.alive = false;
    member.process.kill('SIGKILL');
  }

  startTaskManager(name: string): ClusterProcess {
    const member: Member = {
      alive: false,
      process: this.spawn(['taskmanager', '--name', name, '--slots', String(this.slots), ...this.storeArgs], (line) => {
        if (line.endsWith(' registered')) member.alive = true;
        this.ears.taskManager(line);
      }),
    };
    this.members.set(name, member);
    return member.process;
  }

  /** Complete checkpoints of a job, as its manifest log has them. */
  async checkpoints(job: string): Promise<number> {
    const folder = join(this.store, this.name, 'jobs', job, 'log');
    const names = await readdir(folder).catch(() => [] as string[]); // Before its first entry there is no log.
    const entries = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    return entries.filter((entry) => entry.includes('"kind":"checkpoint"')).length;
  }

  /** Ends every process of it, and settles when none is left. */
  async stop(): Promise<void> {
    this.endAll();
    process.off('exit', this.endAll);
    await Promise.all([...this.processes].map(({ ended }) => ended));
    await this.nats.stop();
  }

  private spawn(args: readonly string[], heard: (line: string) => void): ClusterProcess {
    const child = new ClusterProcess(args, heard);
    this.processes.add(child);
    return child;
  }

  private get target(): readonly string[] {
    return ['--nats', this.nats.url, '--no-context', '--cluster', this.name];
  }

  private get storeArgs(): readonly string[] {
    return [...this.target, '--checkpoints', this.store];
  }
}
