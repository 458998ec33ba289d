import type { AggregateFunction } from '../state/aggregates.js';
import type { DeepReadonly, StateDescriptor, ValueState } from '../state/keyed-state.js';
import type { Window } from '../window/window.js';
import type { StateAccess } from './keyed-input.js';
import type { KeyedInstance } from './keyed-process.js';
import type { OutputTag } from './output-tag.js';
import type { Reducer } from './reduce.js';

/** What a process function meets while a window fires. It is one object that changes: do not keep it. */
export interface WindowContext<K, Out, W extends Window> {
  readonly currentKey: K;
  readonly window: W;
  /** The newest watermark; `noTimestamp` before the first. */
  readonly watermark: number;
  /** Wall-clock time in milliseconds since 1970. */
  currentProcessingTime(): number;
  /** Emits, in order and any number of times; with the greatest timestamp of the window unless another is given. */
  emit(value: Out, timestamp?: number): void;
  /** The same into the side output of that tag. What nobody takes with `getSideOutput` is gone. */
  output<T>(tag: OutputTag<T>, value: NoInfer<T>, timestamp?: number): void;
  /** State of this window of this key, until it is over. Throws WINDOW_STATE_MERGING where windows merge: they would have to merge theirs. */
  windowState<T>(descriptor: StateDescriptor<'value', T>): ValueState<T>;
  /** State of this key that all its windows share, and that outlives them. */
  readonly state: StateAccess['state'];
}

/**
 * The job's own code for windows that fire. It gets the records of the window in the order in which they came; behind reduce or aggregate it
 * gets their one result.
 */
export interface ProcessWindowFunction<K, In, Out, W extends Window> {
  /** Once, before the first record. There is no current key yet: state can be asked for, and not be used. */
  open?(instance: KeyedInstance): void;
  process(elements: readonly In[], context: WindowContext<K, Out, W>): void;
  /** The window is over: takes away what it has put into the state that windows share. */
  clear?(context: WindowContext<K, Out, W>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** How records become one value, and how two such become one; plain reductions and aggregations are both that. */
export interface Fold<T, Acc, R> {
  first(value: T): Acc;
  add(accumulator: Acc, value: T): Acc;
  /** Null when partial values cannot be combined. */
  readonly merge: ((a: Acc, b: Acc) => Acc) | null;
  result(accumulator: Acc): R;
}

/** What becomes of the records of a window: folded or not, and then emitted or given to a function of the job's own. One of the two is there. */
export interface WindowComputation<T, W extends Window, Out> {
  readonly fold: Fold<T, unknown, unknown> | null;
  readonly process: ProcessWindowFunction<unknown, unknown, Out, W> | null;
}

export function reduceFold<T>(reduce: Reducer<T>): Fold<T, unknown, unknown> {
  const add = reduce as (reduced: unknown, value: unknown) => unknown;
  return { first: (value) => value, add, merge: add, result: (reduced) => reduced };
}

export function aggregateFold<T, Acc, R>(aggregate: AggregateFunction<T, Acc, R>): Fold<T, unknown, unknown> {
  type Kept = DeepReadonly<Acc>;
  const { merge } = aggregate;
  return {
    first: (value) => aggregate.add(value, aggregate.createAccumulator() as Kept),
    add: (accumulator, value) => aggregate.add(value, accumulator as Kept),
    merge: merge === undefined ? null : (a, b) => merge.call(aggregate, a as Kept, b as Kept),
    result: (accumulator) => aggregate.getResult(accumulator as Kept),
  };
}
