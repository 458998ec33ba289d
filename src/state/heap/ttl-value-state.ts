import type { Expiring, KeyCursor } from '../key-cursor.js';
import type { DeepReadonly, ValueState } from '../keyed-state.js';
import type { Admission } from './admission.js';
import { TimedCell } from './timed-content.js';

/** One value for each key, for a while. */
export class TtlValueState<T> implements ValueState<T> {
  constructor(
    private readonly cursor: KeyCursor,
    private readonly slot: number,
    private readonly admission: Admission,
    private readonly expiry: Expiring,
  ) {}

  value(): DeepReadonly<T> | undefined {
    const { cursor, slot, expiry } = this;
    const nowMs = expiry.access();
    const cell = cursor.read(slot) as TimedCell | undefined;
    if (cell === undefined) return undefined;
    if (cell.atMs <= expiry.through(nowMs)) {
      cursor.empty(slot);
      if (!expiry.ttl.returnExpired) return undefined;
    } else if (expiry.ttl.updateOnRead) {
      cursor.changing(slot);
      cell.atMs = nowMs;
    }
    return cell.value as DeepReadonly<T>;
  }

  update(value: T | DeepReadonly<T>): void {
    this.admission.admit(value);
    this.cursor.write(this.slot, new TimedCell(value, this.expiry.access()));
  }

  clear(): void {
    this.cursor.empty(this.slot);
  }
}
