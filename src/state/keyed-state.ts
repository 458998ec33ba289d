import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import type { AggregateFunction, ReduceFunction } from './aggregates.js';
import type { KeyGroupImage, SnapshotBase, StateSnapshot } from './state-snapshot.js';
import type { TimerQueue } from './timers.js';
import type { StateTtl } from './ttl.js';
import type { ValueSerializer } from './value-serializer.js';

/**
 * Values handed out by state, and records, are immutable to user code. What is changed in place all the same counts only once it is given back by `update`, `put` or `add`: until then
 * no checkpoint need hold it.
 */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export interface StateDescriptor<Kind extends 'value' | 'list' | 'map' | 'reducing' | 'aggregating', T, K = never> {
  readonly kind: Kind;
  readonly name: string;
  /** Null: it lives until it is cleared. */
  readonly ttl: StateTtl | null;
  /** Absent: values are plain data. */
  readonly serializer?: ValueSerializer<unknown>;
  /** Carries the types; never has a value. */
  readonly _types?: { readonly value: T; readonly key: K };
}

export interface ReducingStateDescriptor<T> extends StateDescriptor<'reducing', T> {
  readonly reduce: ReduceFunction<T>;
}

export interface AggregatingStateDescriptor<In, Acc, Out> extends StateDescriptor<'aggregating', Out> {
  readonly aggregate: AggregateFunction<In, Acc, Out>;
}

export type AnyStateDescriptor =
  | StateDescriptor<'value', unknown>
  | StateDescriptor<'list', unknown>
  | StateDescriptor<'map', unknown, unknown>
  | ReducingStateDescriptor<unknown>
  | AggregatingStateDescriptor<unknown, unknown, unknown>;

export interface ValueState<T> {
  value(): DeepReadonly<T> | undefined;
  update(value: T | DeepReadonly<T>): void;
  clear(): void;
}
export interface ListState<T> {
  get(): readonly DeepReadonly<T>[];
  add(value: T | DeepReadonly<T>): void;
  update(values: readonly (T | DeepReadonly<T>)[]): void;
  clear(): void;
}
export interface MapState<K, T> {
  get(key: K): DeepReadonly<T> | undefined;
  put(key: K, value: T | DeepReadonly<T>): void;
  remove(key: K): void;
  has(key: K): boolean;
  entries(): Iterable<readonly [K, DeepReadonly<T>]>;
  isEmpty(): boolean;
  clear(): void;
}

/** What adds up: `get` gives undefined before the first `add`. */
export interface AppendingState<In, Out> {
  get(): Out | undefined;
  add(value: In | DeepReadonly<In>): void;
  clear(): void;
}
export type ReducingState<T> = AppendingState<T, DeepReadonly<T>>;
export type AggregatingState<In, Out> = AppendingState<In, Out>;

/** Keyed state of one operator of one subtask, as the operator sees it: every access is to the current key. */
export interface KeyedState {
  /** Set by the engine before each record; throws KEY_UNSUPPORTED for NaN and for kinds that cannot be keys. */
  setCurrentKey(key: unknown): void;
  /** From here until the next key is set, every use of state throws STATE_WITHOUT_KEY, as before the first one. */
  clearCurrentKey(): void;
  currentKey(): unknown;
  /** The watermark with which the state around the current key was restored: what was over by then must not begin again. `noTimestamp` when there was none. */
  watermarkFloor(): number;
  value<T>(descriptor: StateDescriptor<'value', T>): ValueState<T>;
  list<T>(descriptor: StateDescriptor<'list', T>): ListState<T>;
  map<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T>;
  reducing<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  aggregating<In, Acc, Out>(descriptor: AggregatingStateDescriptor<In, Acc, Out>): AggregatingState<In, Out>;
  /** Timers of that name, in a snapshot with the state of their keys. Namespaces are plain data. */
  timers<N>(name: string): TimerQueue<N>;
}

/**
 * The same state as the engine sees it. A backend belongs to one operator of one attempt and is used by its tasklet alone, between records; nothing
 * here is called from within a call of user code, and nothing waits: what takes long says so and is asked again.
 *
 * The order is: `load` for each group that is restored, `ready` until it is true, `restored`; then records, with snapshots between them; `close` at the
 * end, from any point.
 *
 * How a backend knows what to write: an interval ends with each `snapshot`. An entry that is changed is remembered with the interval in which that last
 * happened, one that is removed leaves a tombstone. A snapshot writes what was changed after the interval that its base ended, so a checkpoint in
 * between that was aborted loses nothing; what is older than a base is forgotten when that base is named.
 */
export interface KeyedStateBackend extends KeyedState {
  /** Groups this subtask owns, inclusive; nothing outside is ever loaded or written. */
  readonly range: { readonly first: number; readonly last: number };
  currentWatermark(watermark: number): void;
  /** What it holds of the managed memory it was given; 0 for one that needs none. */
  readonly managedBytes: number;
  /** False between keys, and at records without one. */
  readonly hasCurrentKey: boolean;
  /** From here on what happens to the state and the timers of the current key can be taken back, until one of the next two. */
  begin(): void;
  keep(): void;
  /** It is again what it was at `begin`, except that map entries that were removed stand last. What was changed and taken back may count as changed. */
  takeBack(): void;
  /**
   * Asked before records are taken. False when changes outrun what the backend can write back: the tasklet then says `blocked` until `wake` is
   * called and this is true again. It may go on accepting, for what is on its way already.
   */
  admits(): boolean;
  /**
   * Ends the interval, and does nothing else now: what has changed since `base` (null, or one that is not remembered: everything) is written by
   * `advance` while records go on. One at a time: the one before is done or cancelled. Of one checkpoint there may be two, after each other; nobody
   * knows which of them counted. Each changed group is written as a delta, or in full where that is better (see `outgrown`).
   */
  snapshot(checkpoint: CheckpointId, base: SnapshotBase | null): StateSnapshot;
  /**
   * All that there is, every group as one full image in the form that each backend reads (see heap/group-format.ts), for what outlives checkpoints. It is
   * no base of anything and confirms nothing: the next `snapshot` says as much as it would have said without it.
   */
  fullSnapshot(): StateSnapshot;
  /** Forgets the bookkeeping of a snapshot that will never be a base; one that is under way is cancelled by its holder first. */
  aborted(checkpoint: CheckpointId): void;
  serializers(): readonly SerializerIdentity[];
  /** Loads one group before the first record; refuses groups outside the range and unknown serializers. May go on after it returns: see `ready`. */
  load(group: KeyGroupImage, serializers: readonly SerializerIdentity[]): void;
  /** Whether all that was to be loaded is; `wake` is called when asking again is worth it. Throws what went wrong. Not asked while more is to be loaded. */
  ready(): boolean;
  /** What was loaded is all of this checkpoint that falls to the range: it may be the base of the first snapshot, without a change in between. */
  restored(from: CheckpointId): void;
  /** Lets go of files and memory outside; also after a failure and while something is under way. Nothing is called any more, `wake` neither. */
  close(): void;
}
