import type { Expiring, KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, ListState } from '../keyed-state.js';
import type { Admission } from './admission.js';
import { TimedList } from './timed-content.js';

const noValues: readonly never[] = Object.freeze([]);

/** A list for each key, each entry of it for a while. */
export class TtlListState<T> implements ListState<T> {
  constructor(
    private readonly cursor: KeyCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly expiry: Expiring,
    private readonly development: boolean,
  ) {}

  get(): readonly DeepReadonly<T>[] {
    const { cursor, slot, expiry } = this;
    const nowMs = expiry.access();
    const list = cursor.read(slot) as TimedList | undefined;
    if (list === undefined) return noValues;
    const all = list.values;
    const remains = list.dropExpired(expiry.through(nowMs));
    if (remains === 'none') cursor.empty(slot);
    else if (remains === 'some') cursor.changed();
    if (expiry.ttl.updateOnRead && remains !== 'none') {
      list.times = list.times.map(() => nowMs);
      cursor.changed();
    }
    const values = expiry.ttl.returnExpired ? all : list.values;
    list.handedOut = true;
    if (this.development) Object.freeze(values);
    return values as DeepReadonly<T>[];
  }

  add(value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    const { cursor, slot } = this;
    const nowMs = this.expiry.access();
    const list = cursor.read(slot) as TimedList | undefined;
    if (list === undefined) {
      cursor.write(slot, new TimedList([value], [nowMs]));
      return;
    }
    if (list.handedOut) {
      list.values = list.values.slice();
      list.handedOut = false;
    }
    list.values.push(value);
    list.times.push(nowMs);
    if (cursor.notes) {
      cursor.note(() => {
        list.values = list.values.slice(0, -1);
        list.times.pop();
      });
    }
    cursor.changed();
  }

  update(values: readonly (T | DeepReadonly<T>)[]): void {
    for (const value of values) this.admission.admit(value);
    const nowMs = this.expiry.access();
    if (values.length === 0) this.clear();
    else
      this.cursor.write(
        this.slot,
        new TimedList(
          values.slice(),
          values.map(() => nowMs),
        ),
      );
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }
}
