import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { compare } from '../../scripts/demo/compare.js';
import { type Input, writeInput } from '../../scripts/demo/input.js';
import type { NatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { type Ended, folderWith, type Special, WeirProcess } from './cli-process.js';

/** How often a folder is looked into; the processes need the processor more. */
const lookEveryMs = 50;
/** Only guards against waiting for a job that has ended, or hangs. */
const partsDeadlineMs = 40_000;
const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));

type Env = Readonly<Record<string, string>>;

/** A nats-server of this test, and processes of clusters over it, all ended at the end of the test. */
export class ClusterStage {
  readonly folder = folderWith({});
  readonly output = join(this.folder, 'output');
  private readonly taskManagers = new Map<string, WeirProcess>();
  private input: Input | null = null;

  private constructor(
    readonly server: NatsServer,
    private readonly store: 'folder' | 'nats',
    private readonly cluster: string,
    private readonly env: Env | null,
  ) {}

  static async start(store: 'folder' | 'nats', cluster = 'default'): Promise<ClusterStage> {
    const server = await startNatsServer();
    onTestFinished(() => server.stop());
    return new ClusterStage(server, store, cluster, null);
  }

  /** On a server that the environment tells of, together with the way in. */
  static over(server: NatsServer, env: Env, cluster = 'default'): ClusterStage {
    return new ClusterStage(server, 'nats', cluster, env);
  }

  /** The same cluster, with another store. */
  withStore(store: 'folder' | 'nats'): ClusterStage {
    return new ClusterStage(this.server, store, this.cluster, this.env);
  }

  /** Another cluster on the same server. */
  beside(cluster: string): ClusterStage {
    return new ClusterStage(this.server, this.store, cluster, this.env);
  }

  /** Settles when it leads. */
  async jobManager(...more: readonly (string | Special)[]): Promise<WeirProcess> {
    const { options, special } = sorted(more);
    const args = ['jobmanager', '--http-port', '0', ...options, ...this.storeArgs, ...this.target];
    const process = this.process(args, special);
    await process.until('stderr', / serving$/m);
    return process;
  }

  /** Settles when it is registered. */
  async taskManager(name: string, ...more: readonly (string | Special)[]): Promise<WeirProcess> {
    const process = this.startTaskManager(name, ...more);
    await process.until('stderr', / registered$|"registered"/m);
    return process;
  }

  /** One that may never be registered: with more on its command line, and what is special about it. */
  startTaskManager(name: string, ...more: readonly (string | Special)[]): WeirProcess {
    const { options, special } = sorted(more);
    const args = ['taskmanager', '--name', name, ...options, ...this.storeArgs, ...this.target];
    const process = this.process(options.includes('--slots') ? args : [...args, '--slots', '1'], special);
    this.taskManagers.set(name, process);
    return process;
  }

  /** A command that goes on until it is ended. */
  start(...args: readonly string[]): WeirProcess {
    return this.process([...args, ...this.target]);
  }

  /** A job manager for the job of this file, in the cluster of this name. */
  application(file: string): WeirProcess {
    return this.process(['run', file, ...this.storeArgs, ...this.target]);
  }

  /** Writes a job into the folder of the stage and submits it. */
  submitText(id: string, text: string, ...params: readonly string[]): Promise<Ended> {
    writeFileSync(join(this.folder, `${id}.ts`), text);
    return this.weir('submit', `${id}.ts`, '--job-id', id, '--', ...params);
  }

  /** A command of a client. */
  weir(...args: readonly string[]): Promise<Ended> {
    const end = args.indexOf('--');
    const [options, params] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
    return this.process([...options, ...this.target, ...params]).ended;
  }

  /** Submits the flights, at so many a second. */
  async submitFlights(rate: number, id = 'flights'): Promise<Ended> {
    this.input ??= await writeInput(join(this.folder, 'input'));
    const params = ['--input', this.input.folder, '--rate', String(rate), '--output', this.output];
    return this.weir('submit', flightsJob, '--job-id', id, '--', ...params);
  }

  /** Settles when so many parts are committed: the job is in the middle of its work. */
  async committedParts(count: number, output = this.output): Promise<void> {
    const untilMs = Date.now() + partsDeadlineMs;
    await new Promise<void>((resolve, reject) => {
      const timer = setInterval(() => {
        const isLate = Date.now() > untilMs;
        const parts = partsIn(output);
        if (parts < count && !isLate) return;
        clearInterval(timer);
        if (parts >= count) resolve();
        else reject(new Error(`${parts} of ${count} parts are committed after ${partsDeadlineMs} ms`));
      }, lookEveryMs);
      onTestFinished(() => clearInterval(timer));
    });
  }

  /** What is committed, held against a plain computation; empty when each flight took effect exactly once. */
  async differences(): Promise<readonly string[]> {
    if (this.input === null) throw new Error('nothing has been submitted');
    return (await compare(this.input, this.output)).differences;
  }

  /** Settles when so many more are committed than are now. */
  moreParts(count: number): Promise<void> {
    return this.committedParts(this.parts + count);
  }

  /** Ends a task manager as a crash does. */
  async kill(name: string): Promise<void> {
    const process = this.taskManagers.get(name);
    process?.kill('SIGKILL');
    await process?.ended;
  }

  /**
   * Of each input file, how many flights are committed when they are exactly its first ones, each once; throws when they are not.
   * What else is wrong with them, `differences` says.
   */
  async prefixes(): Promise<readonly number[]> {
    const input = this.input?.flights ?? new Map<string, ReadonlyMap<number, unknown>>();
    const committed = new Map<string, number[]>([...input.keys()].map((file) => [file, []]));
    for (const name of readdirSync(this.output).filter((each) => each.startsWith('part-'))) {
      const lines = readFileSync(join(this.output, name), 'utf8').split('\n');
      for (const line of lines.filter((each) => each !== '')) {
        const { file, position } = JSON.parse(line) as { file: string; position: number };
        committed.get(file)?.push(position);
      }
    }
    return [...committed].map(([file, positions]) => {
      const first = [...(input.get(file)?.keys() ?? [])].slice(0, positions.length);
      expect(positions.sort((a, b) => a - b)).toEqual(first);
      return positions.length;
    });
  }

  private get parts(): number {
    return partsIn(this.output);
  }

  private process(args: readonly string[], special: Special = {}): WeirProcess {
    return new WeirProcess(args, this.folder, this.env ?? {}, special);
  }

  /** Which cluster, for a process that the stage does not start. */
  get target(): readonly string[] {
    const cluster = ['--cluster', this.cluster];
    return this.env === null ? ['--nats', this.server.url, ...cluster] : cluster;
  }

  private get storeArgs(): readonly string[] {
    return this.store === 'nats' ? ['--store', 'nats'] : ['--checkpoints', join(this.folder, 'store')];
  }
}

function partsIn(output: string): number {
  try {
    return readdirSync(output).filter((name) => name.startsWith('part-')).length;
  } catch {
    return 0; // Before its first record the job has made no folder.
  }
}

/** When a line of the process's log that matches was said; throws when there is none. */
export function saidAtMs({ stderr }: WeirProcess, pattern: RegExp): number {
  const line = stderr.split('\n').find((each) => pattern.test(each));
  if (line === undefined) throw new Error(`no line ${pattern} in\n${stderr}`);
  return Date.parse(line.slice(0, line.indexOf(' ')));
}

const sorted = (more: readonly (string | Special)[]) => ({
  options: more.filter((each) => typeof each === 'string'),
  special: more.find((each) => typeof each !== 'string'),
});
