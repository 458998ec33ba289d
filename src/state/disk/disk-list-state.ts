import type { Admission } from '../heap/admission.js';
import type { HeapList } from '../heap/heap-list.js';
import { HeapListState } from '../heap/heap-list-state.js';
import type { KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, ListState } from '../keyed-state.js';
import type { Collections } from './collections.js';
import { LongList } from './long-list.js';

/** Up to so many elements a list or a map is one with the entry of its key. */
export const shortMax = 64;

/** A list for each key: in its entry while it is short. Adding to a long one costs what one chunk costs; reading it makes an array of all. */
export class DiskListState<T> implements ListState<T> {
  private readonly short: HeapListState<T>;

  constructor(
    private readonly cursor: KeyCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly development: boolean,
    private readonly collections: Collections,
  ) {
    this.short = new HeapListState<T>(cursor, slot, admission, development);
  }

  get(): readonly DeepReadonly<T>[] {
    const long = this.long();
    if (long === null) return this.short.get();
    const values = long.all() as DeepReadonly<T>[];
    return this.development ? Object.freeze(values) : values;
  }

  add(value: T | DeepReadonly<T>): void {
    const { cursor, slot } = this;
    const long = this.long();
    if (long === null) {
      this.short.add(value);
      const { values } = cursor.read(slot) as HeapList;
      if (values.length > shortMax) this.write(values);
      return;
    }
    this.admission.admit(value);
    cursor.changing(slot);
    long.add(value);
    if (cursor.notes) cursor.note(() => long.removeLast());
  }

  update(values: readonly (T | DeepReadonly<T>)[]): void {
    if (values.length <= shortMax) return this.short.update(values);
    for (const value of values) this.admission.admit(value);
    this.write(values);
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }

  private long(): LongList | null {
    const content = this.cursor.read(this.slot);
    return content instanceof LongList ? content : null;
  }

  private write(values: readonly unknown[]): void {
    this.cursor.write(this.slot, longListOf(this.collections, this.admission, values));
  }
}

function longListOf(collections: Collections, admission: Admission, values: readonly unknown[]): LongList {
  const list = new LongList(collections, admission, null);
  for (const value of values) list.add(value);
  return list;
}
