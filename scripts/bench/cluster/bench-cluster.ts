import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type NatsServer, startNatsServer } from '../../../src/runtime/nats-server/start-nats-server.js';
import { MeasuredProcess } from './measured-process.js';

const child = (name: string): string => fileURLToPath(new URL(`../children/${name}.ts`, import.meta.url));

export interface StageOptions {
  /** A job of bench/children. */
  readonly job: 'count-flights' | 'clocked-flights';
  readonly params: readonly string[];
  /** One process whose two slots are two threads, or a process for each slot and NATS between them. */
  readonly over: 'threads' | 'nats';
  readonly folder: string;
  /** Where every thread writes what memory it takes, if anywhere. */
  readonly memoryFile?: string;
  /** Gets what the job prints. */
  readonly printed: (line: unknown) => void;
}

/** A running job of two slots, with all processes that it takes. */
export class Stage {
  readonly processes: MeasuredProcess[] = [];
  private server: NatsServer | null = null;
  private readonly killAll = (): void => {
    for (const process of this.processes) process.kill();
  };

  private constructor(
    private readonly options: StageOptions,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    // Whoever interrupts the benchmark ends its processes too.
    process.on('exit', this.killAll);
  }

  /** Settles when the job is submitted. */
  static async start(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options, await environment(options));
    try {
      await (options.over === 'threads' ? stage.startThreads() : stage.startCluster());
    } catch (error) {
      await stage.stop();
      throw error;
    }
    return stage;
  }

  /** All processes that are at work, nats-server among them. */
  get members(): readonly { readonly name: string; readonly pid: number }[] {
    const server = this.server?.pid ?? null;
    return [...this.processes, ...(server === null ? [] : [{ name: 'nats-server', pid: server }])];
  }

  get natsUrl(): string {
    if (this.server === null) throw new Error('there is no NATS between threads');
    return this.server.url;
  }

  /** Throws when a process has ended that should not have, or the job did not run through: what was measured then says nothing. */
  check(): void {
    for (const process of this.processes) {
      if (process.failed) throw new Error(`It ended by itself: ${process.lastWords}`);
      if (process.said(/ job \S+ (pausing|failing|ended)/)) throw new Error(`The job failed: ${this.lastWords}`);
    }
  }

  private get lastWords(): string {
    return this.processes.map((process) => process.lastWords).join('\n');
  }

  async stop(): Promise<void> {
    this.killAll();
    process.off('exit', this.killAll);
    await Promise.all(this.processes.map(({ ended }) => ended));
    await this.server?.stop();
  }

  private async startThreads(): Promise<void> {
    const { job, params, folder } = this.options;
    this.spawn('weir run', ['run', child(job), '--checkpoints', join(folder, 'store'), '--', ...params]);
  }

  private async startCluster(): Promise<void> {
    const { job, params, folder } = this.options;
    this.server = await startNatsServer();
    const nats = ['--nats', this.server.url];
    const store = [...nats, '--checkpoints', join(folder, 'store')];
    const leader = this.spawn('job manager', ['jobmanager', ...store]);
    const members = ['tm-1', 'tm-2'].map((name) =>
      this.spawn(name, ['taskmanager', '--name', name, '--slots', '1', ...store]),
    );
    await leader.says(/ serving$/);
    await Promise.all(members.map((member) => member.says(/ registered$/)));
    const client = this.spawn('submit', ['submit', child(job), ...nats, '--', ...params]);
    await client.ended;
    if (client.failed) throw new Error(`The job was not taken. ${client.lastWords}`);
    this.processes.splice(this.processes.indexOf(client), 1);
  }

  private spawn(name: string, args: readonly string[]): MeasuredProcess {
    const started = new MeasuredProcess(name, args, this.env, this.options.printed);
    this.processes.push(started);
    return started;
  }
}

async function environment({ folder, memoryFile }: StageOptions): Promise<NodeJS.ProcessEnv> {
  if (memoryFile === undefined) return process.env;
  const probe = join(folder, 'memory-probe.mjs');
  await build({ entryPoints: [child('memory-probe')], outfile: probe, platform: 'node', format: 'esm' });
  return { ...process.env, NODE_OPTIONS: `--import=${probe}`, BENCH_MEMORY_FILE: memoryFile };
}
