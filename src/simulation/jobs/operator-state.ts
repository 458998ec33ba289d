import type { BroadcastContext, BroadcastProcessFunction } from '../../operators/broadcast-process.js';
import type { Instance, ProcessContext } from '../../operators/function-operator.js';
import type { OperatorStateAccess } from '../../operators/operator-lists.js';
import type { ProcessFunction } from '../../operators/process.js';
import { mapState } from '../../state/descriptors.js';
import type { ListState } from '../../state/keyed-state.js';
import { hashText } from '../random.js';
import type { HoldStageSpec } from './operator-state-spec.js';
import type { SimRecord } from './sim-record.js';

/** By these names the states of a holding stage stand in a checkpoint. */
export const heldName = 'held';
export const countedName = 'counted';

export interface Held {
  readonly record: SimRecord;
}

/** What one subtask has counted of all that came to it; the sum over all entries is what came to the stage. */
export interface CountedEntry {
  readonly subtask: number;
  /** How many subtasks there were. */
  readonly of: number;
  readonly count: number;
  readonly sum: number;
}

interface OwnedRecord extends Held {
  readonly subtask: number;
}

const nothing = { count: 0, sum: 0 };

/**
 * Keeps the newest records and puts out the oldest beyond that, and all at the end of its input; and counts what has come. In a list state the engine says which
 * entries are whose; in a union-list state each subtask takes its part of all, and looks whether all are there.
 */
export class Hold implements ProcessFunction<SimRecord, SimRecord> {
  private held!: ListState<OwnedRecord>;
  private counted!: ListState<CountedEntry>;
  private total = nothing;
  private subtask = 0;
  private parallelism = 1;
  /** Of the entries that every subtask writes some were missing, or were there twice. */
  private isTorn = false;

  constructor(private readonly spec: Pick<HoldStageSpec, 'capacity' | 'state'>) {}

  initializeState({ listState, unionListState }: OperatorStateAccess): void {
    const list = this.spec.state === 'list' ? listState : unionListState;
    this.held = list<OwnedRecord>(heldName);
    this.counted = list<CountedEntry>(countedName);
  }

  open({ subtaskIndex, parallelism }: Instance): void {
    this.subtask = subtaskIndex;
    this.parallelism = parallelism;
    if (this.spec.state === 'union') this.takeOwn();
    const entries = this.counted.get();
    this.total = entries.reduce(
      (total, { count, sum }) => ({ count: total.count + count, sum: total.sum + sum }),
      nothing,
    );
  }

  snapshotState(): void {
    this.counted.update([{ subtask: this.subtask, of: this.parallelism, ...this.total }]);
  }

  processElement(record: SimRecord, context: ProcessContext<SimRecord>): void {
    this.tell(context);
    this.total = { count: this.total.count + 1, sum: this.total.sum + record.value };
    this.held.add({ record, subtask: this.subtask });
    const held = this.held.get();
    const beyond = held.length - this.spec.capacity;
    if (beyond <= 0) return;
    this.held.update(held.slice(beyond));
    for (const { record: oldest } of held.slice(0, beyond)) context.emit(oldest);
  }

  finish(context: ProcessContext<SimRecord>): void {
    this.tell(context);
    const held = this.held.get();
    this.held.clear();
    for (const { record } of held) context.emit(record);
  }

  /** While the parallelism stays, each its own: those that have finished do not run again. From then on they are this subtask's (seed 60281). */
  private takeOwn(): void {
    const entries = this.counted.get();
    const of = entries[0]?.of ?? 0;
    const writers = new Set(entries.map(({ subtask }) => subtask));
    this.isTorn = entries.length !== of || writers.size !== of || entries.some((entry) => entry.of !== of);
    const isOwn =
      of === this.parallelism
        ? (subtask: number): boolean => subtask === this.subtask
        : (subtask: number): boolean => subtask % this.parallelism === this.subtask;
    const held = this.held.get().filter(({ subtask }) => isOwn(subtask));
    this.held.update(held.map(({ record }) => ({ record, subtask: this.subtask })));
    this.counted.update(entries.filter(({ subtask }) => isOwn(subtask)));
  }

  /** By a record that no reference has. */
  private tell(context: ProcessContext<SimRecord>): void {
    if (!this.isTorn) return;
    this.isTorn = false;
    context.emit({ id: 'torn-union', source: -1, split: 0, number: 0, value: 0, folds: [] });
  }
}

/** By id, all that has come over the broadcast side. */
export const noteState = mapState<string, number>('notes');

/**
 * Passes on what comes by either input. What is broadcast every subtask notes, and one of them passes it on.
 */
export class Notes implements BroadcastProcessFunction<SimRecord, SimRecord, SimRecord> {
  private subtask = 0;
  private parallelism = 1;

  constructor(private readonly stage: number) {}

  open({ subtaskIndex, parallelism }: Instance): void {
    this.subtask = subtaskIndex;
    this.parallelism = parallelism;
  }

  processElement(record: SimRecord, context: ProcessContext<SimRecord>): void {
    context.emit(record);
  }

  processBroadcastElement(record: SimRecord, context: BroadcastContext<SimRecord>): void {
    context.broadcastState(noteState).put(record.id, record.value);
    if (hashText(record.id, this.stage + 200) % this.parallelism === this.subtask) context.emit(record);
  }
}
