import { StateFailure } from '../state-failure.js';
import { converted } from './column-serializer.js';
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
    convert: (column, convert, isNew) => {
      const { interval, witness } = cursor;
      if (isNew && witness !== null) refuseLate(column);
      const change = (content: unknown): unknown =>
        converted(column, content, { convert, interval: isNew ? interval : 0 });
      cursor.convert(column.slot, change, isNew);
    },
    writeAnew: (column) => {
      const asItIs = { convert: (value: unknown) => value, interval: cursor.interval };
      cursor.convert(column.slot, (content) => converted(column, content, asItIs), true);
    },
  };
}

/** What is written already would have values of both versions. */
export function refuseLate({ admission }: Pick<StateColumn, 'admission'>): never {
  const what = 'is asked for while a checkpoint is written, and its serializer has another version than before';
  throw new StateFailure('SERIALIZER_LATE', 'user', `${admission.where} ${what}; ask for the state in open`);
}
