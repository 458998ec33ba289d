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
    const through = expiry.through(nowMs);
    if (expiry.ttl.updateOnRead || list.hasExpired(through)) cursor.changing(slot);
    const remains = list.dropExpired(through);
    if (remains === 'none') cursor.empty(slot);
    else if (expiry.ttl.updateOnRead) list.times = list.times.map(() => nowMs);
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
    cursor.changing(slot);
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
