import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { SerializerIdentity } from '../../actors/protocol/manifest.js';
import type { TimerQueue } from './timers.js';

/** Values handed out by state, and records, are immutable to user code. */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export interface StateDescriptor<Kind extends 'value' | 'list' | 'map', T, K = never> {
  readonly kind: Kind;
  readonly name: string;
  /** Carries the types; never has a value. */
  readonly _types?: { readonly value: T; readonly key: K };
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
