import type { Cursor } from './cursor.js';
import { Expiry } from './expiry.js';
import { HeapListState } from './heap-list-state.js';
import { HeapMapState } from './heap-map-state.js';
import { HeapTimers } from './heap-timers.js';
import type { StateColumn, StateMaker } from './state-table.js';
import { TtlListState } from './ttl-list-state.js';
import { TtlMapState } from './ttl-map-state.js';

type Column = Pick<StateColumn, 'slot' | 'admission' | 'expiry'>;

/** The states of a heap backend, which all keep everything in the slots of their key. */
export function heapStates(cursor: Cursor, development: boolean, wallMs: () => number): StateMaker<HeapTimers, Expiry> {
  return {
    cursor,
    addSlot: () => cursor.addSlot(),
    list: <T>({ slot, admission, expiry }: Column) =>
      expiry === null
        ? new HeapListState<T>(cursor, slot, admission, development)
        : new TtlListState<T>(cursor, slot, admission, expiry, development),
    map: <K, T>({ slot, admission, expiry }: Column) =>
      expiry === null
        ? new HeapMapState<K, T>(cursor, slot, admission, development)
        : new TtlMapState<K, T>(cursor, slot, admission, expiry, development),
    timers: (slot, admission) => new HeapTimers(cursor, slot, admission),
    expiry: (slot, ttl) => new Expiry(cursor, slot, ttl, wallMs),
  };
}
