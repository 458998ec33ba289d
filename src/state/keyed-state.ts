import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import type { AggregateFunction, ReduceFunction } from './aggregates.js';
import type { TimerQueue } from './timers.js';
import type { StateTtl } from './ttl.js';

/** Values handed out by state, and records, are immutable to user code. */
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
  /** Carries the types; never has a value. */
  readonly _types?: { readonly value: T; readonly key: K };
}

export interface ReducingStateDescriptor<T> extends StateDescriptor<'reducing', T> {
  readonly reduce: ReduceFunction<T>;
}

export interface AggregatingStateDescriptor<In, Acc, Out> extends StateDescriptor<'aggregating', Out> {
  readonly aggregate: AggregateFunction<In, Acc, Out>;
}

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

/** One key group as bytes, with the watermark that was current in it. */
export interface KeyGroupBytes {
  readonly keyGroup: number;
  readonly watermark: number;
  readonly bytes: Uint8Array;
}

/** The same state as the engine sees it. */
export interface KeyedStateBackend extends KeyedState {
  /** Groups this subtask owns, inclusive; nothing outside is ever loaded or written. */
  readonly range: { readonly first: number; readonly last: number };
  currentWatermark(watermark: number): void;
  /** False between keys, and at records without one. */
  readonly hasCurrentKey: boolean;
  /** From here on what happens to the state and the timers of the current key can be taken back, until one of the next two. */
  begin(): void;
  keep(): void;
  /** It is again what it was at `begin`, except that map entries that were removed stand last. */
  takeBack(): void;
  /**
   * Serialises what changed since the snapshot `base` (null: everything that is not empty). `unchanged` names groups whose bytes of
   * `base` still hold; groups in neither are empty. What changed stays remembered until a later base confirms it.
   */
  snapshot(
    checkpoint: CheckpointId,
    base: CheckpointId | null,
  ): { readonly changed: readonly KeyGroupBytes[]; readonly unchanged: readonly number[] };
  /** Forgets the bookkeeping of a snapshot that will never be a base. */
  aborted(checkpoint: CheckpointId): void;
  serializers(): readonly SerializerIdentity[];
  /** Loads one group before the first record; refuses groups outside the range and unknown serializers. */
  load(group: KeyGroupBytes, serializers: readonly SerializerIdentity[]): void;
}
