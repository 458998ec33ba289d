import type { KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, ValueState } from '../keyed-state.js';
import type { Admission } from './admission.js';

/** One value for each key; the slot holds it. */
export class HeapValueState<T> implements ValueState<T> {
  private readonly cursor: KeyCursor;
  private readonly slot: number;
  private readonly admission: Admission;

  constructor(cursor: KeyCursor, slot: number, admission: Admission) {
    this.cursor = cursor;
    this.slot = slot;
    this.admission = admission;
  }

  value(): DeepReadonly<T> | undefined {
    return this.cursor.read(this.slot) as DeepReadonly<T> | undefined;
  }

  update(value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    this.cursor.write(this.slot, value);
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }
}
