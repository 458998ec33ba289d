import { deepFreeze } from '../deep-freeze.js';
import type { KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, MapState } from '../keyed-state.js';
import type { Admission } from './admission.js';
import { HeapMap } from './heap-map.js';

/**
 * A map for each key; its own keys are equal when their canonical bytes are. The slot holds a HeapMap that is not
 * empty.
 */
export class HeapMapState<K, T> implements MapState<K, T> {
  private readonly cursor: KeyCursor;
  private readonly slot: number;
  private readonly admission: Admission;
  private readonly development: boolean;

  constructor(cursor: KeyCursor, slot: number, admission: Admission, development: boolean) {
    this.cursor = cursor;
    this.slot = slot;
    this.admission = admission;
    this.development = development;
  }

  get(key: K): DeepReadonly<T> | undefined {
    return this.map()?.get(key);
  }

  put(key: K, value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    const { cursor, slot } = this;
    const known = this.map();
    const map = known ?? new HeapMap<K, DeepReadonly<T>>();
    if (cursor.notes) this.noteOf(map, key);
    if (known !== undefined) {
      cursor.changing(slot);
      known.setting(key, cursor.interval);
    }
    map.set(key, value as DeepReadonly<T>);
    if (this.development) deepFreeze(key);
    if (known === undefined) cursor.write(slot, map);
  }

  remove(key: K): void {
    const { cursor, slot } = this;
    const map = this.map();
    if (map === undefined || !map.has(key)) return;
    if (cursor.notes) this.noteOf(map, key);
    cursor.changing(slot);
    map.removing(key, cursor.interval);
    map.delete(key);
    if (map.size === 0) cursor.empty(slot);
  }

  has(key: K): boolean {
    return this.map()?.has(key) ?? false;
  }

  /** In the order of insertion; tuples and objects come last. */
  entries(): Iterable<readonly [K, DeepReadonly<T>]> {
    return this.map()?.entries() ?? [];
  }

  isEmpty(): boolean {
    return this.map() === undefined;
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }

  private noteOf(map: HeapMap<K, DeepReadonly<T>>, key: K): void {
    const before = map.get(key);
    this.cursor.note(() => (before === undefined ? map.delete(key) : map.set(key, before)));
  }

  private map(): HeapMap<K, DeepReadonly<T>> | undefined {
    return this.cursor.read(this.slot) as HeapMap<K, DeepReadonly<T>> | undefined;
  }
}
