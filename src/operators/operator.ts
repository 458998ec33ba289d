import type { Failure } from '../../actors/kernel/failure.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import type { ClientOutput } from '../ports/client-output.js';
import type { Clock } from '../ports/clock.js';
import type { Files } from '../ports/files.js';
import type { Offload } from '../ports/offload.js';
import type { KeyedState } from '../state/keyed-state.js';
import type { Alignment } from '../time/watermark-generator.js';
import type { FailedEvent } from './error-policy.js';
import type { Metrics } from './metrics.js';

export { maxWatermark, noTimestamp } from '../time/timestamps.js';

/** `pending` promises exactly one call of `settle`, later; until then the tasklet takes no records. */
export type Lifecycle = 'done' | 'pending';
export type Settle = (failure: Failure | null) => void;

/** Where an operator puts what it makes. Never blocks: what exceeds credit is kept, and the tasklet takes no further input. */
export interface Output<T> {
  emit(value: T, timestamp: number): void;
  /** Into the side output of that tag; what nobody takes is gone. */
  side(tag: string, value: unknown, timestamp: number): void;
  watermark(timestamp: number): void;
  /** Idle: this input holds no watermark back until it is active again. */
  idle(isIdle: boolean): void;
  /** True while more was put out than the receivers have granted. Long loops of one record should pause while it holds. */
  blocked(): boolean;
}

/** What an operator is given when it opens. Everything in it belongs to one attempt. */
export interface OperatorContext<Out> {
  readonly job: string;
  readonly uid: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly run: number;
  /** Null unless the input is keyed. */
  readonly keyed: KeyedState | null;
  readonly output: Output<Out>;
  /** Of the job's own code. */
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly files: Files;
  readonly offload: Offload;
  readonly client: ClientOutput;
  /** Asks for another turn of the tasklet, for example because a queue has room again. */
  wake(): void;
  /** For want of room this operator has stopped in the middle of what it puts out: it gets no records until `resume` has gone on to the end. */
  hold(): void;
  /** There is an error policy: leaves out a record that failed outside of `process`, such as one whose answer is an error. */
  readonly recordFailed?: (value: unknown, timestamp: number, error: unknown) => void;
  /** The same: runs code of the job that no record has called, for a timer or at the end. Not within another such call or `process`. */
  readonly attempt?: (event: FailedEvent, work: () => void) => void;
  /** Fails the attempt. */
  fail(failure: Failure): void;
}

/** Operator state of the restored checkpoint; items of all former subtasks that fall to this one. */
export interface RestoredOperatorState {
  readonly from: CheckpointId | null;
  readonly items: readonly unknown[];
}

/**
 * One parallel instance of an operator. Calls come from one thread, one at a time, in this order:
 * open, then any of process / watermark / prepareCheckpoint+snapshot / checkpointCompleted / checkpointAborted,
 * then finish (bounded input), after which checkpoints still come, then close.
 */
export interface Operator<In = unknown, Out = unknown> {
  /** Keyed state is loaded before. A writer recommits what `restored` holds and clears away what it does not. */
  open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle;
  process(value: In, timestamp: number): void;
  /** Forwards the watermark unless it holds it back. */
  watermark(timestamp: number): void;
  /** False while it can take no more records; `wake` when it can again. */
  ready(): boolean;
  /** After `hold`, when there is room again: goes on. False when it had to stop once more. */
  resume(): boolean;
  /** Pre-barrier phase. When it is done, all that came of earlier records is emitted, durable, or in the coming snapshot. */
  prepareCheckpoint(checkpoint: CheckpointId, settle: Settle): Lifecycle;
  /** Every subtask has the same operator state, and not a share of it: a restored one gets one copy, at whatever parallelism. */
  readonly copiesState: boolean;
  /** Operator state as plain data. Must not keep references to what changes later. */
  snapshot(checkpoint: CheckpointId): readonly unknown[];
  /** Whether it is an item of operator state such as `snapshot` writes: only such are restored. Absent: it writes none. */
  takesItem?(item: unknown): boolean;
  /** To whom the items of a snapshot go at a restore; without it each piece goes to one subtask as a whole. */
  readonly operatorStateKind?: OperatorStateKind;
  /** How long `finish` may be pending beyond what every call may. */
  readonly finishWithinMs?: number;
  /** The checkpoint is durable: commit all that belongs to it or to older ones. May be called again for the same one. */
  checkpointCompleted(checkpoint: CheckpointId, settle: Settle): Lifecycle;
  checkpointAborted(checkpoint: CheckpointId): void;
  /** Input has ended: emit what is held back. */
  finish(settle: Settle): Lifecycle;
  /** Lets go of what it holds; also after a failure, and when `open` never ended. */
  close(): void;
}

/**
 * An operator with two inputs: the first of a chain. Records of the first come through `process`; the watermark is the lesser of both, where an
 * idle input does not count. Which input is read next is not defined.
 */
export interface TwoInputOperator<First = unknown, Second = unknown, Out = unknown> extends Operator<First, Out> {
  processSecond(value: Second, timestamp: number): void;
}

/** How many late records an operator has dropped; those that can, count them in `numLateRecordsDropped`. */
export const lateRecordsOf = (operator: Operator & { readonly numLateRecordsDropped?: number }): number =>
  operator.numLateRecordsDropped ?? 0;

/** Defaults for what most operators do not need. */
export abstract class BasicOperator<In, Out> implements Operator<In, Out> {
  readonly copiesState: boolean = false;
  protected context!: OperatorContext<Out>;

  open(context: OperatorContext<Out>, _restored: RestoredOperatorState, _settle: Settle): Lifecycle {
    this.context = context;
    return 'done';
  }
  abstract process(value: In, timestamp: number): void;
  watermark(timestamp: number): void {
    this.context.output.watermark(timestamp);
  }
  ready(): boolean {
    return true;
  }
  resume(): boolean {
    return true;
  }
  prepareCheckpoint(_checkpoint: CheckpointId, _settle: Settle): Lifecycle {
    return 'done';
  }
  snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    return [];
  }
  checkpointCompleted(_checkpoint: CheckpointId, _settle: Settle): Lifecycle {
    return 'done';
  }
  checkpointAborted(_checkpoint: CheckpointId): void {}
  finish(_settle: Settle): Lifecycle {
    return 'done';
  }
  close(): void {}
}

/** One stage of a chain, as the compiler of chains sees it: plain functions are fused, operators are called. */
export type Stage =
  | { readonly kind: 'map'; readonly uid: string; readonly name: string; readonly fn: (value: never) => unknown }
  | { readonly kind: 'filter'; readonly uid: string; readonly name: string; readonly fn: (value: never) => boolean }
  /** A returned iterable that is not an array is pulled as credit allows. */
  | {
      readonly kind: 'flatMap';
      readonly uid: string;
      readonly name: string;
      readonly fn: (value: never) => Iterable<unknown>;
    }
  | {
      readonly kind: 'operator';
      readonly uid: string;
      readonly name: string;
      readonly create: () => Operator;
      readonly key: KeySelector | null;
      /** Of a stage that gives records event time and aligns its source with others. */
      readonly alignment?: Alignment | null;
    }
  /** Only as the first of a chain. With a key for either input it has keyed state, which has no current key at records of the other. */
  | {
      readonly kind: 'twoInputs';
      readonly uid: string;
      readonly name: string;
      readonly create: () => TwoInputOperator;
      readonly keys: readonly [KeySelector | null, KeySelector | null];
    };

/** Picks the key of a record: a string, number, bigint, boolean, or a tuple or plain object of these. Must be pure. */
export type KeySelector = (value: never) => unknown;
