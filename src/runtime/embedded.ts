import type { ResourceLimits } from 'node:worker_threads';
import type { DispatcherAnswer } from '../../actors/dispatcher/messages.js';
import { failure } from '../../actors/kernel/failure.js';
import type { ClusterOptions } from '../../actors/protocol/deployment.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import type { ProcessName } from '../../actors/protocol/ids.js';
import type { JobRecord, JobResult } from '../../actors/protocol/job-graph.js';
import { slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import { EngineError } from '../api/engine-error.js';
import type { CodeStore } from '../graph/code-store.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { ClientOutput } from '../ports/client-output.js';
import type { TaskHost } from '../ports/task-host.js';
import type { TaskTrace, TraceRecord } from '../ports/telemetry.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import { LevelEngine } from '../storage/level/level-engine.js';
import { MemoryBlobStore } from '../storage/memory/memory-blob-store.js';
import { createTaskHost } from '../task/task-host.js';
import { MemoryBus } from '../transport/memory/memory-bus.js';
import { MemoryDataLinks } from '../transport/memory/memory-data-links.js';
import type { Bundle } from './code/bundle.js';
import { jobTooLarge } from './code/job-size.js';
import { decodeRecord } from './host/records.js';
import { Client } from './process/client.js';
import { JobManager } from './process/job-manager.js';
import type { ProcessPorts } from './process/ports.js';
import { type DataPlanePorts, TaskManager } from './process/task-manager.js';
import { oneBundle } from './worker/bundle-store.js';
import { type SlotThreads, slotThreads } from './worker/slot-threads.js';
import { createThreadedTaskHost } from './worker/threaded-task-host.js';
import { nodeClock } from './world/clock.js';
import { nodeEntropy } from './world/entropy.js';
import { nodeFiles } from './world/files.js';
import { nodeLoops } from './world/loops.js';
import { nodeOffload } from './world/offload.js';
import { nodeQueue } from './world/queue.js';
import { defaultStateFolder, ownStateFolder } from './world/state-folder.js';

export interface EmbeddedOptions {
  readonly record: JobRecord;
  readonly code: CodeStore;
  readonly client: ClientOutput;
  /** Default 1. Each is a process of the cluster in all but the operating system's eyes: it can be crashed alone. */
  readonly taskManagers?: number;
  /** Per task manager; by default as many as the job needs in all. */
  readonly slots?: number;
  /** Folder for checkpoints and the job's records; null or absent keeps them in memory, for this run only. */
  readonly checkpoints?: string | null;
  readonly cluster?: Partial<ClusterOptions>;
  /** Folder for keyed state on disk, of jobs that want that; by default one of the operating system for what is temporary. */
  readonly stateFolder?: string | null;
  /** How much memory keyed state on disk may take in each slot. */
  readonly stateMemoryBytes?: number | null;
  /** Puts into the store what the job needs, before anything runs: a savepoint from elsewhere. What it rejects with is the end of the run. */
  readonly prepare?: (blobs: BlobStore) => Promise<void>;
  /** Freezes records and state values that user code is handed. */
  readonly development?: boolean;
  /** Gives each slot a thread of its own; null or absent keeps everything in this one. */
  readonly threads?: EmbeddedThreads | null;
  readonly onTrace?: (record: TraceRecord) => void;
  readonly onTaskTrace?: (trace: TaskTrace) => void;
}

/** What the threads of slots run. `code` then serves the job manager alone, which lists the splits of sources in this thread. */
export interface EmbeddedThreads {
  readonly bundle: Bundle;
  /** `engineUrl` of the engine that the bundle was made for. */
  readonly engine: string;
  readonly limits?: ResourceLimits;
}

const leaderName = 'jm';
const submitEveryMs = 20;
const submitDeadlineMs = 30_000;

/**
 * Runs a job on a whole cluster inside this process: the same machines and tasklets as over a network, in one thread or with a thread
 * for each slot. Throws an EngineError, BUILD_MISSING, when threads are wanted and the package has not been built.
 */
export function startEmbedded(options: EmbeddedOptions): EmbeddedRun {
  return new EmbeddedRun(options);
}

export class EmbeddedRun {
  /** How the job ended. Rejects only when the engine itself broke. */
  readonly result: Promise<JobResult>;
  /** True once it is known that the job had ended in an earlier run: nothing was run now, and the result is that run's. */
  hadEnded = false;
  private readonly bus = new MemoryBus(nodeQueue);
  private readonly links = new MemoryDataLinks(nodeQueue);
  private readonly blobs: BlobStore;
  private readonly cluster: ClusterOptions;
  private readonly slots: number;
  private readonly stateFolder: string;
  private readonly threads: SlotThreads | null;
  private readonly threadsEnded: Promise<void>[] = [];
  private readonly members = new Map<ProcessName, TaskManager<TaskHost>>();
  private readonly client: Client;
  private jobManager: JobManager | null = null;
  private resolve: (result: JobResult) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private stopped = false;

  constructor(private readonly options: EmbeddedOptions) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const folder = options.checkpoints ?? null;
    this.blobs = folder === null ? new MemoryBlobStore(nodeQueue) : new FileBlobStore({ folder, entropy: nodeEntropy });
    this.stateFolder = ownStateFolder(options.stateFolder ?? defaultStateFolder());
    this.threads = options.threads == null ? null : threadsOf(options.threads, folder, this.stateFolder);
    this.cluster = { ...defaultClusterOptions, ...options.cluster };
    const count = options.taskManagers ?? 1;
    this.slots = options.slots ?? Math.ceil(slotsNeeded(options.record.graph) / count);
    this.client = new Client(this.bus, nodeClock, 'client', nodeEntropy.id(), leaderName);
    const { prepare } = options;
    if (prepare === undefined) this.startUnlessEnded(count);
    else {
      prepare(this.blobs).then(
        () => this.stopped || this.startUnlessEnded(count),
        (error: unknown) => this.onPanic(error instanceof EngineError ? error.failure : error),
      );
    }
  }

  cancel(): void {
    const message = { type: 'dispatcher.cancelJob', job: this.options.record.job };
    this.client.ask(message, submitEveryMs, submitDeadlineMs, () => undefined);
  }

  /**
   * Ends every process at once; settles when no thread is left. The job goes on from its last checkpoint when it is run again on the
   * same folder.
   */
  async stop(): Promise<void> {
    this.stopped = true;
    this.client.close();
    for (const member of this.members.values()) member.close();
    this.members.clear();
    this.jobManager?.close();
    await Promise.all(this.threadsEnded);
  }

  taskManagers(): readonly ProcessName[] {
    return [...this.members.keys()];
  }

  /** Ends one task manager as a crash does, without a word to anyone; its next life starts at once. */
  crashTaskManager(name: ProcessName): void {
    this.members.get(name)?.close();
    this.startTaskManager(name);
  }

  /** The same for the job manager: the next one recovers the job under a new epoch. */
  crashJobManager(): void {
    this.jobManager?.close();
    this.startJobManager();
  }

  /** A job that has ended does not run again: its result stands. */
  private startUnlessEnded(count: number): void {
    const { record } = this.options;
    const key = `jobs/${record.job}/result`;
    this.blobs.read(key, (read) => {
      if (this.stopped) return;
      if (read.outcome === 'failed') return this.fail(read.failure.code, read.failure.message);
      if (read.outcome === 'read') {
        const decoded = decodeRecord(key, read.bytes);
        if ('failure' in decoded) return this.fail(decoded.failure.code, decoded.failure.message);
        this.hadEnded = true;
        return this.resolve(decoded.record as JobResult);
      }
      this.startJobManager();
      for (let index = 1; index <= count; index += 1) this.startTaskManager(`tm-${index}`);
      this.submit();
    });
  }

  private submit(): void {
    const tooLarge = jobTooLarge(this.options.record);
    if (tooLarge !== null) return this.end({ outcome: 'failed', failure: tooLarge });
    const message = { type: 'dispatcher.submitJob', record: this.options.record };
    this.client.ask(message, submitEveryMs, submitDeadlineMs, (answer) => {
      if (answer.kind !== 'answered')
        return this.fail('SUBMIT_TIMEOUT', `The job was not taken within ${submitDeadlineMs} ms.`);
      const reply = answer.message as DispatcherAnswer;
      if (reply.type === 'job.rejected') this.end({ outcome: 'failed', failure: reply.failure });
    });
  }

  private startJobManager(): void {
    this.jobManager = new JobManager(this.ports(), { process: leaderName, cluster: this.cluster });
  }

  private startTaskManager(name: ProcessName): void {
    const development = this.options.development ?? false;
    const { stateMemoryBytes } = this.options;
    const tasks = stateMemoryBytes == null ? {} : { stateMemoryBytes };
    const options = { process: name, slots: this.slots, leader: leaderName, cluster: this.cluster, development, tasks };
    this.members.set(name, new TaskManager(this.ports(), options, (ports) => this.createTasks(ports)));
  }

  private createTasks(ports: DataPlanePorts): TaskHost {
    if (this.threads === null) {
      return createTaskHost({ ...ports, stores: new LevelEngine({ folder: this.stateFolder, entropy: nodeEntropy }) });
    }
    const tasks = createThreadedTaskHost({ ...ports, threads: this.threads });
    this.threadsEnded.push(tasks.ended);
    return tasks;
  }

  private ports(): ProcessPorts {
    const { code, client } = this.options;
    return {
      bus: this.bus,
      links: this.links,
      clock: nodeClock,
      loops: nodeLoops,
      entropy: nodeEntropy,
      blobs: this.blobs,
      files: nodeFiles,
      offload: nodeOffload,
      client,
      code,
      telemetry: {
        trace: (record) => this.onTrace(record),
        task: (trace) => this.options.onTaskTrace?.(trace),
      },
      panic: (error) => this.onPanic(error),
    };
  }

  private onTrace(record: TraceRecord): void {
    this.options.onTrace?.(record);
    if (record.message.type !== 'jobMaster.ended' || record.verdict.kind !== 'taken') return;
    this.resolve((record.message as unknown as { readonly result: JobResult }).result);
  }

  private onPanic(error: unknown): void {
    const isFailure = typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
    if (isFailure && !(error instanceof Error)) this.fail(String(error.code), String(error.message));
    else this.reject(error);
  }

  private fail(code: string, message: string): void {
    this.end({ outcome: 'failed', failure: failure(code, 'infrastructure', message) });
  }

  private end({ outcome, failure: cause }: Pick<JobResult, 'outcome' | 'failure'>): void {
    this.resolve({ format: 1, job: this.options.record.job, outcome, failure: cause });
  }
}

function threadsOf(
  { bundle, engine, limits = {} }: EmbeddedThreads,
  folder: string | null,
  stateFolder: string,
): SlotThreads {
  return slotThreads({
    engine,
    limits,
    bundles: oneBundle(bundle),
    store: folder === null ? { kind: 'port' } : { kind: 'file', folder },
    state: { folder: stateFolder },
    links: { kind: 'none' },
  });
}
