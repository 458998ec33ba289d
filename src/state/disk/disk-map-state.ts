import { deepFreeze } from '../deep-freeze.js';
import type { Admission } from '../heap/admission.js';
import type { CanonicalMap } from '../heap/canonical-map.js';
import { HeapMapState } from '../heap/heap-map-state.js';
import type { KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, MapState } from '../keyed-state.js';
import type { Collections } from './collections.js';
import { shortMax } from './disk-list-state.js';
import { LongMap } from './long-map.js';

/** A map for each key: in its entry while it is short. Of a long one an access reads what it needs, and `entries` a chunk at a time. */
export class DiskMapState<K, T> implements MapState<K, T> {
  private readonly short: HeapMapState<K, T>;

  constructor(
    private readonly cursor: KeyCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly development: boolean,
    private readonly collections: Collections,
  ) {
    this.short = new HeapMapState<K, T>(cursor, slot, admission, development);
  }

  get(key: K): DeepReadonly<T> | undefined {
    const long = this.long();
    return long === null ? this.short.get(key) : (long.get(key) as DeepReadonly<T> | undefined);
  }

  put(key: K, value: T | DeepReadonly<T>): void {
    const { cursor, slot } = this;
    const long = this.long();
    if (long === null) {
      this.short.put(key, value);
      const map = cursor.read(slot) as CanonicalMap<unknown, unknown>;
      if (map.size > shortMax) cursor.write(slot, longMapOf(this.collections, this.admission, map));
      return;
    }
    this.admission.admit(value);
    const before = cursor.notes ? long.get(key) : undefined;
    cursor.changing(slot);
    long.set(key, value);
    if (cursor.notes) cursor.note(() => (before === undefined ? long.delete(key) : long.set(key, before)));
    if (this.development) deepFreeze(key);
  }

  remove(key: K): void {
    const long = this.long();
    if (long === null) return this.short.remove(key);
    const { cursor, slot } = this;
    const before = long.get(key);
    if (before === undefined) return;
    cursor.changing(slot);
    long.delete(key);
    if (cursor.notes) cursor.note(() => long.set(key, before));
    if (long.count === 0) cursor.empty(slot);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** In the order of insertion; of a short map, tuples and objects come last. */
  entries(): Iterable<readonly [K, DeepReadonly<T>]> {
    const long = this.long();
    return long === null ? this.short.entries() : (long.entries() as Iterable<readonly [K, DeepReadonly<T>]>);
  }

  isEmpty(): boolean {
    return this.cursor.read(this.slot) === undefined;
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }

  private long(): LongMap | null {
    const content = this.cursor.read(this.slot);
    return content instanceof LongMap ? content : null;
  }
}

function longMapOf(collections: Collections, admission: Admission, pairs: CanonicalMap<unknown, unknown>): LongMap {
  const map = new LongMap(collections, admission, null);
  for (const [key, value] of pairs.entries()) map.set(key, value);
  return map;
}
