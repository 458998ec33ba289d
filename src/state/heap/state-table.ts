import type { ListState, MapState, StateDescriptor, ValueState } from '../keyed-state.js';
import { StateFailure } from '../state-failure.js';
import { Admission } from './admission.js';
import type { Cursor } from './cursor.js';
import { HeapListState } from './heap-list-state.js';
import { HeapMapState } from './heap-map-state.js';
import { HeapTimers } from './heap-timers.js';
import { HeapValueState } from './heap-value-state.js';

export type StateKind = 'value' | 'list' | 'map' | 'timers';

/** One state of an operator: declared by its code, found in a snapshot, or both. */
export interface StateColumn {
  readonly name: string;
  readonly kind: StateKind;
  /** Index in the slots of every entry. */
  readonly slot: number;
  readonly admission: Admission;
  readonly handle: ValueState<unknown> | ListState<unknown> | MapState<unknown, unknown> | HeapTimers;
}

/**
 * The states of one operator by name. What a snapshot holds and the code no longer asks for is kept, and written again.
 */
export class StateTable {
  private readonly operator: string;
  private readonly development: boolean;
  private readonly cursor: Cursor;
  private readonly columns = new Map<string, StateColumn>();

  constructor(operator: string, development: boolean, cursor: Cursor) {
    this.operator = operator;
    this.development = development;
    this.cursor = cursor;
  }

  value<T>({ name }: StateDescriptor<'value', T>): ValueState<T> {
    return this.column(name, 'value').handle as ValueState<T>;
  }

  list<T>({ name }: StateDescriptor<'list', T>): ListState<T> {
    return this.column(name, 'list').handle as ListState<T>;
  }

  map<K, T>({ name }: StateDescriptor<'map', T, K>): MapState<K, T> {
    return this.column(name, 'map').handle as MapState<K, T>;
  }

  timers(name: string): HeapTimers {
    return this.column(name, 'timers').handle as HeapTimers;
  }

  /** The state of that name, made at its first mention. Throws STATE_CONFLICT when it is of another kind. */
  column(name: string, kind: StateKind): StateColumn {
    const known = this.columns.get(name);
    if (known === undefined) return this.add(name, kind);
    if (known.kind === kind) return known;
    throw new StateFailure(
      'STATE_CONFLICT',
      'user',
      `state '${name}' of operator '${this.operator}' is used as ${kind} state and is ${known.kind} state ` +
        'already, in the code or in the checkpoint it was restored from; give one of the two another name',
    );
  }

  /** By name, so that the order in which code declares states has no influence on bytes. */
  sorted(): readonly StateColumn[] {
    return [...this.columns.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private add(name: string, kind: StateKind): StateColumn {
    const { cursor, development } = this;
    const slot = cursor.addSlot();
    const admission = new Admission(this.operator, name, development);
    const handle = {
      value: () => new HeapValueState<unknown>(cursor, slot, admission),
      list: () => new HeapListState<unknown>(cursor, slot, admission, development),
      map: () => new HeapMapState<unknown, unknown>(cursor, slot, admission, development),
      timers: () => new HeapTimers(cursor, slot, admission),
    }[kind]();
    const column: StateColumn = { name, kind, slot, admission, handle };
    this.columns.set(name, column);
    return column;
  }
}
