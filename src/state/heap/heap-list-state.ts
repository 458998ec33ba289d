import type { KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, ListState } from '../keyed-state.js';
import type { Admission } from './admission.js';
import { HeapList } from './heap-list.js';

const noValues: readonly never[] = Object.freeze([]);

/** A list for each key. To add is cheap while nobody reads in between. */
export class HeapListState<T> implements ListState<T> {
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

  get(): readonly DeepReadonly<T>[] {
    const list = this.list();
    if (list === undefined) return noValues;
    list.handedOut = true;
    if (this.development) Object.freeze(list.values);
    return list.values as DeepReadonly<T>[];
  }

  add(value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    const list = this.list();
    if (list === undefined) {
      this.write([value]);
      return;
    }
    const { cursor, slot } = this;
    cursor.changing(slot);
    list.adding(cursor.interval);
    if (cursor.notes) {
      cursor.note(() => {
        list.values = list.values.slice(0, -1);
        list.handedOut = false;
      });
    }
    list.values.push(value);
  }

  update(values: readonly (T | DeepReadonly<T>)[]): void {
    for (const value of values) this.admission.admit(value);
    if (values.length === 0) this.clear();
    else this.write(values.slice());
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }

  private list(): HeapList | undefined {
    return this.cursor.read(this.slot) as HeapList | undefined;
  }

  private write(values: unknown[]): void {
    this.cursor.write(this.slot, new HeapList(values, this.cursor.interval));
  }
}
