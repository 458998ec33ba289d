import type { StateMaker } from '../heap/state-table.js';
import { TtlListState } from '../heap/ttl-list-state.js';
import { TtlMapState } from '../heap/ttl-map-state.js';
import type { Collections } from './collections.js';
import type { DiskCursor } from './disk-cursor.js';
import { DiskExpiry } from './disk-expiry.js';
import { DiskListState } from './disk-list-state.js';
import { DiskMapState } from './disk-map-state.js';
import type { DiskColumn } from './disk-records.js';
import { DiskTimers, type DiskTimersSetting } from './disk-timers.js';

export interface DiskStatesSetting {
  readonly cursor: DiskCursor;
  readonly collections: Collections;
  readonly development: boolean;
  readonly timers: DiskTimersSetting;
  readonly convert: StateMaker<DiskTimers, DiskExpiry>['convert'];
  wallMs(): number;
}

type Column = Pick<DiskColumn, 'slot' | 'admission' | 'expiry'>;

/** The states of a disk backend. Lists and maps with a TTL are in the entry of their key, however long they are. */
export function diskStates(setting: DiskStatesSetting): StateMaker<DiskTimers, DiskExpiry> {
  const { cursor, collections, development, timers, wallMs } = setting;
  return {
    cursor,
    addSlot: () => cursor.addSlot(),
    list: <T>({ slot, admission, expiry }: Column) =>
      expiry === null
        ? new DiskListState<T>(cursor, slot, admission, development, collections)
        : new TtlListState<T>(cursor, slot, admission, expiry, development),
    map: <K, T>({ slot, admission, expiry }: Column) =>
      expiry === null
        ? new DiskMapState<K, T>(cursor, slot, admission, development, collections)
        : new TtlMapState<K, T>(cursor, slot, admission, expiry, development),
    timers: (slot, admission) => new DiskTimers(cursor, slot, admission, timers),
    expiry: (slot, ttl) => new DiskExpiry(cursor, slot, ttl, wallMs),
    convert: setting.convert,
    writeAnew: () => undefined,
  };
}
