import { crc32 } from 'node:zlib';
import { logKey } from '../../../../actors/job-master/log.js';
import type { AnyMessage } from '../../../../actors/kernel/message.js';
import type { CheckpointId, JobRun } from '../../../../actors/protocol/ids.js';
import { jobRun } from '../../../../actors/protocol/ids.js';
import type { JobRecord, JobResult } from '../../../../actors/protocol/job-graph.js';
import { defaultJobOptions } from '../../../../actors/protocol/job-graph.js';
import type {
  CheckpointManifest,
  LogEntry,
  OperatorSnapshot,
  StateRange,
  SubtaskSnapshot,
} from '../../../../actors/protocol/manifest.js';
import type { TaskTrace, TraceRecord } from '../../../../src/ports/telemetry.js';
import { encodeRecord } from '../../../../src/runtime/host/records.js';
import type { Checker, CheckerContext, CheckerFactory } from '../../../../src/simulation/checker.js';
import { Choices, noFaults } from '../../../../src/simulation/choices.js';
import { simulatedClusterOptions } from '../../../../src/simulation/run.js';
import type { FileEvent } from '../../../../src/simulation/sim-files.js';
import { SimFiles } from '../../../../src/simulation/sim-files.js';
import { SimStore, type StoreEvent } from '../../../../src/simulation/sim-store.js';
import { SimWorld } from '../../../../src/simulation/world.js';
import { itemsBytes, operatorStateSerializer } from '../../../../src/task/checkpoint/plain-items.js';
import type { SlotInspection } from '../../../../src/task/slot/slot-runtime.js';

export const job = 'sim';
export const run1: JobRun = jobRun(1, 1);
export const run2: JobRun = jobRun(1, 2);
export const id = (n: number, epoch = 1): CheckpointId => ({ epoch, n });

/** Two source subtasks, one sink subtask. */
export const smallRecord: JobRecord = {
  format: 1,
  job,
  code: 'none',
  params: [],
  graph: {
    name: 'small',
    options: defaultJobOptions,
    vertices: [
      {
        id: 'in',
        name: 'in',
        parallelism: 2,
        maxParallelism: 128,
        operators: [{ uid: 'in', name: 'in', kind: 'source', commits: false, stateful: true }],
      },
      {
        id: 'out',
        name: 'out',
        parallelism: 1,
        maxParallelism: 128,
        operators: [{ uid: 'out', name: 'out', kind: 'sink', commits: true, stateful: true }],
      },
    ],
    edges: [{ id: 'in--out', from: 'in', to: 'out', partitioner: 'rebalance', input: 0, side: null }],
  },
};

interface Life {
  readonly process: string;
  readonly life: number;
}
export const leader: Life = { process: 'jm', life: 1 };
const worker: Life = { process: 'tm-1', life: 1 };

/** A run that never ran: what a checker would be told of it is told by hand, in the order of the spec. */
export class CraftedRun {
  readonly world: SimWorld;
  readonly store: SimStore;
  readonly files: SimFiles;
  readonly checker: Checker;
  slots: readonly SlotInspection[] = [];
  private nextIndex = 0;
  private seq = 0;

  constructor(factory: CheckerFactory, record: JobRecord = smallRecord) {
    const choices = Choices.replayed({});
    this.world = new SimWorld({ choices, rates: noFaults, replaying: true, turnRecordsMax: 4 });
    this.store = new SimStore(this.world, () => undefined);
    this.files = new SimFiles(this.world, () => undefined);
    const context: CheckerContext = {
      world: this.world,
      store: this.store,
      files: this.files,
      record,
      cluster: simulatedClusterOptions,
      living: () => new Map(),
      slots: () => this.slots,
    };
    this.checker = factory(context);
  }

  at(ms: number): this {
    this.world.nowMs = ms;
    return this;
  }

  heal(): void {
    this.world.choices.heal();
    this.checker.healed?.();
  }

  // The store

  write(kind: StoreEvent['kind'], name: string, bytes: Uint8Array = new Uint8Array(0), by: Life = worker): void {
    if (kind === 'delete') this.store.blobs.delete(name);
    else this.store.blobs.set(name, bytes);
    this.checker.store?.({ kind, name, bytes, ...by });
  }

  claim(epoch: number, by: Life = leader): void {
    this.write('create', `epochs/${String(epoch).padStart(8, '0')}`, new Uint8Array(0), by);
  }

  /** The next entry of the log, with what is left out filled in. */
  log(entry: Partial<LogEntry> & Pick<LogEntry, 'kind'>, by: Life = leader): void {
    const index = entry.index ?? this.nextIndex;
    const full = { format: 1, job, index, epoch: 1, nonce: `nonce-${index}`, ...entry };
    this.nextIndex = index + 1;
    this.write('create', logKey(job, index), encodeRecord(full), by);
  }

  recovered(run: JobRun, from: CheckpointId | null = null): void {
    this.log({ kind: 'recovered', run, from });
  }

  complete(manifest: CheckpointManifest): void {
    this.log({ kind: 'checkpoint', checkpoint: manifest, epoch: manifest.id.epoch });
  }

  /** Somebody wants the job to stop, and that is durable. */
  stop(): void {
    this.write('create', `jobs/${job}/stop`, encodeRecord({ format: 1, job }), leader);
  }

  result(outcome: JobResult['outcome'], kind: StoreEvent['kind'] = 'create'): void {
    this.write(kind, `jobs/${job}/result`, encodeRecord({ format: 1, job, outcome, failure: null }), leader);
  }

  /** Bytes that lie in a blob of their own, of this run. */
  state(name: string, bytes: Uint8Array, run: JobRun = run1): StateRange {
    const blob = {
      name: `jobs/${job}/state/${run}/${name}`,
      bytes: bytes.byteLength,
      checksum: crc32(bytes).toString(16).padStart(8, '0'),
    };
    this.write('put', blob.name, bytes);
    return { blob, offset: 0, bytes: bytes.byteLength };
  }

  items(name: string, uid: string, items: readonly unknown[], run: JobRun = run1): OperatorSnapshot {
    const operatorState = this.state(name, itemsBytes(items), run);
    return { uid, serializers: [operatorStateSerializer('operatorList')], keyGroups: [], operatorState };
  }

  // Files

  /** As it happens: the file first, then the word of it. */
  file(kind: FileEvent['kind'], path: string, to = '', text = ''): void {
    const { files } = this.files;
    if (kind === 'create') files.set(path, Buffer.from(text));
    if (kind === 'rename') files.set(to, files.get(path) ?? new Uint8Array(0));
    if (kind !== 'create') files.delete(path);
    this.checker.file?.({ kind, path, to, ...worker });
  }

  // Traces

  trace(record: Partial<TraceRecord>): void {
    this.seq += 1;
    const base: TraceRecord = {
      seq: this.seq,
      cause: null,
      process: 'jm',
      incarnation: 'jm.1',
      actor: `job-master/${job}`,
      atMs: this.world.nowMs,
      message: { type: 'none' },
      from: null,
      verdict: { kind: 'taken' },
      fromState: 'running',
      toState: 'running',
      contextPatch: {},
      effects: [],
    };
    this.checker.trace?.({ ...base, ...record });
  }

  task(trace: Partial<TaskTrace>): void {
    const base: TaskTrace = {
      kind: 'task',
      atMs: this.world.nowMs,
      process: 'tm-1',
      subtask: 'in#0',
      run: run1,
      what: 'none',
      detail: {},
    };
    this.checker.task?.({ ...base, ...trace });
  }
}

/** A message with the fields that its type demands; what the checker does not read may be left out. */
export const message = (type: string, fields: object = {}): AnyMessage => ({ type, ...fields });

export const address = (process: string, life: number, actor: string) => ({
  process,
  incarnation: `${process}.${life}`,
  actor,
});

export const part = (subtask: string, operators: readonly OperatorSnapshot[] = []): SubtaskSnapshot => ({
  subtask,
  operators,
  drained: false,
});

/** A checkpoint of the small job; every subtask takes part unless something else is said. */
export const manifest = (overrides: Partial<CheckpointManifest> = {}): CheckpointManifest => ({
  id: id(1),
  run: run1,
  subtasks: [part('in#0'), part('in#1'), part('out#0')],
  enumerators: [{ uid: 'in', discovered: true, unassigned: [] }],
  finished: [],
  ...overrides,
});
