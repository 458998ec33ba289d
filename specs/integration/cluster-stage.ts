import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { compare } from '../../scripts/demo/compare.js';
import { type Input, writeInput } from '../../scripts/demo/input.js';
import type { NatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { type Ended, folderWith, WeirProcess, weir } from './cli-process.js';

/** How often a folder is looked into; the processes need the processor more. */
const lookEveryMs = 50;
const flightsJob = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));

/** A nats-server of this test, and processes of clusters over it, all ended at the end of the test. */
export class ClusterStage {
  readonly folder = folderWith({});
  readonly output = join(this.folder, 'output');
  private input: Input | null = null;

  private constructor(
    readonly server: NatsServer,
    private readonly store: 'folder' | 'nats',
    private readonly cluster: string,
  ) {}

  static async start(store: 'folder' | 'nats', cluster = 'default'): Promise<ClusterStage> {
    const server = await startNatsServer();
    onTestFinished(() => server.stop());
    return new ClusterStage(server, store, cluster);
  }

  /** Another cluster on the same server. */
  beside(cluster: string): ClusterStage {
    return new ClusterStage(this.server, this.store, cluster);
  }

  /** Settles when it leads. */
  async jobManager(): Promise<WeirProcess> {
    const args = ['jobmanager', '--http-port', '0', ...this.storeArgs, ...this.target];
    const process = new WeirProcess(args, this.folder);
    await process.until('stderr', / serving$/m);
    return process;
  }

  /** Settles when it is registered. */
  async taskManager(name: string, ...options: readonly string[]): Promise<WeirProcess> {
    const args = ['taskmanager', '--name', name, '--slots', '1', ...options, ...this.storeArgs, ...this.target];
    const process = new WeirProcess(args, this.folder);
    await process.until('stderr', / registered$|"registered"/m);
    return process;
  }

  /** A command that goes on until it is ended. */
  start(...args: readonly string[]): WeirProcess {
    return new WeirProcess([...args, ...this.target], this.folder);
  }

  /** A command of a client. */
  weir(...args: readonly string[]): Promise<Ended> {
    const end = args.indexOf('--');
    const [options, params] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
    return weir([...options, ...this.target, ...params], this.folder);
  }

  /** Submits the flights, at so many a second. */
  async submitFlights(rate: number, id = 'flights'): Promise<Ended> {
    this.input ??= await writeInput(join(this.folder, 'input'));
    const params = ['--input', this.input.folder, '--rate', String(rate), '--output', this.output];
    return this.weir('submit', flightsJob, '--job-id', id, '--', ...params);
  }

  /** Settles when so many parts are committed: the job is in the middle of its work. */
  async committedParts(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (this.parts < count) return;
        clearInterval(timer);
        resolve();
      }, lookEveryMs);
      onTestFinished(() => clearInterval(timer));
    });
  }

  /** What is committed, held against a plain computation; empty when each flight took effect exactly once. */
  async differences(): Promise<readonly string[]> {
    if (this.input === null) throw new Error('nothing has been submitted');
    return (await compare(this.input, this.output)).differences;
  }

  private get parts(): number {
    try {
      return readdirSync(this.output).filter((name) => name.startsWith('part-')).length;
    } catch {
      return 0; // Before its first record the job has made no folder.
    }
  }

  private get target(): readonly string[] {
    return ['--nats', this.server.url, '--cluster', this.cluster];
  }

  private get storeArgs(): readonly string[] {
    return this.store === 'nats' ? ['--store', 'nats'] : ['--checkpoints', join(this.folder, 'store')];
  }
}

/** When a line of the process's log that matches was said; throws when there is none. */
export function saidAtMs({ stderr }: WeirProcess, pattern: RegExp): number {
  const line = stderr.split('\n').find((each) => pattern.test(each));
  if (line === undefined) throw new Error(`no line ${pattern} in\n${stderr}`);
  return Date.parse(line.slice(0, line.indexOf(' ')));
}
