import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  MapState,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
} from '../keyed-state.js';
import { StateFailure } from '../state-failure.js';
import { checkedTtl, type StateTtl } from '../ttl.js';
import { Unreadable } from '../value-reader.js';
import { checkedSerializer, readerOf, type ValueSerializer, type WrittenBy } from '../value-serializer.js';
import { Admission } from './admission.js';
import { converted, isSameForm } from './column-serializer.js';
import type { Cursor } from './cursor.js';
import { Expiry } from './expiry.js';
import { HeapAggregatingState, HeapReducingState } from './heap-appending-state.js';
import { HeapListState } from './heap-list-state.js';
import { HeapMapState } from './heap-map-state.js';
import { HeapTimers } from './heap-timers.js';
import { HeapValueState } from './heap-value-state.js';
import { TtlListState } from './ttl-list-state.js';
import { TtlMapState } from './ttl-map-state.js';
import { TtlValueState } from './ttl-value-state.js';

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'timers';

/** One state of an operator: declared by its code, found in a snapshot, or both. */
export interface StateColumn {
  readonly name: string;
  readonly kind: StateKind;
  /** What its slots hold is timed content: it has a TTL, which stands in the code and not in a snapshot. */
  readonly timed: boolean;
  /** Index in the slots of every entry. */
  readonly slot: number;
  readonly admission: Admission;
  /** The job's serializer that wrote what was restored; null for none, and for nothing. */
  written: WrittenBy | null;
  /** Something was restored: only then `written` says anything. */
  restored: boolean;
  /** Null for what is no timers. */
  readonly timers: HeapTimers | null;
  /** How the code uses it; null until it is declared. */
  handle: unknown;
  /** Null for what is not timed, and until it is declared. */
  expiry: Expiry | null;
}

type Handle<T> = (column: StateColumn) => T;
type Declared = Pick<StateDescriptor<Exclude<StateKind, 'timers'>, unknown>, 'name' | 'kind' | 'ttl' | 'serializer'>;

/**
 * The states of one operator by name. What a snapshot holds and the code no longer asks for is kept, and written again.
 */
export class StateTable {
  private readonly columns = new Map<string, StateColumn>();
  private readonly readAnew = new Set<StateColumn>();

  constructor(
    private readonly operator: string,
    private readonly development: boolean,
    private readonly cursor: Cursor,
    private readonly wallMs: () => number,
  ) {}

  value<T>(descriptor: StateDescriptor<'value', T>): ValueState<T> {
    return this.declared(descriptor, (column) => this.valueOf<T>(column));
  }

  list<T>(descriptor: StateDescriptor<'list', T>): ListState<T> {
    const { cursor, development } = this;
    return this.declared(descriptor, ({ slot, admission, expiry }) =>
      expiry === null
        ? new HeapListState<T>(cursor, slot, admission, development)
        : new TtlListState<T>(cursor, slot, admission, expiry, development),
    );
  }

  map<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T> {
    const { cursor, development } = this;
    return this.declared(descriptor, ({ slot, admission, expiry }) =>
      expiry === null
        ? new HeapMapState<K, T>(cursor, slot, admission, development)
        : new TtlMapState<K, T>(cursor, slot, admission, expiry, development),
    );
  }

  reducing<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.declared(descriptor, (column) => new HeapReducingState<T>(this.valueOf<T>(column), descriptor.reduce));
  }

  aggregating<In, Acc, Out>(descriptor: AggregatingStateDescriptor<In, Acc, Out>): AggregatingState<In, Out> {
    return this.declared(
      descriptor,
      (column) => new HeapAggregatingState<In, Acc, Out>(this.valueOf<Acc>(column), descriptor.aggregate),
    );
  }

  timers(name: string): HeapTimers {
    return this.column(name, 'timers', false).timers as HeapTimers;
  }

  /** The state of that name, made at its first mention. Throws STATE_CONFLICT when it is of another kind. */
  column(name: string, kind: StateKind, timed: boolean): StateColumn {
    const known = this.columns.get(name);
    if (known === undefined) return this.add(name, kind, timed);
    if (known.kind !== kind) {
      throw new StateFailure(
        'STATE_CONFLICT',
        'user',
        `state '${name}' of operator '${this.operator}' is used as ${kind} state and is ${known.kind} state ` +
          'already, in the code or in the checkpoint it was restored from; give one of the two another name',
      );
    }
    if (known.timed !== timed) this.refuseToggled(known);
    return known;
  }

  /** By name, so that the order in which code declares states has no influence on bytes. */
  sorted(): readonly StateColumn[] {
    return [...this.columns.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What a snapshot says of a state, before its key groups are read. Throws SERIALIZER_CHANGED. */
  found(column: StateColumn, written: WrittenBy | null): ((data: unknown) => unknown) | null {
    const { admission, handle } = column;
    if (handle !== null) {
      if (written?.version !== admission.serializer?.version) this.readAnew.add(column);
      return readerOf(admission.where, written, admission.serializer);
    }
    if (column.restored && (column.written?.name !== written?.name || column.written?.version !== written?.version)) {
      throw new Unreadable(`its state '${column.name}' was written by two serializers`);
    }
    column.restored = true;
    column.written = written;
    return null;
  }

  private declared<T>(descriptor: Declared, create: Handle<T>): T {
    const { name, kind, ttl } = descriptor;
    const serializer = descriptor.serializer ?? null;
    const column = this.column(name, kind, ttl !== null);
    if (column.handle !== null && !isSameForm(column.admission.serializer, serializer)) this.refuseForms(column);
    if (column.handle === null) {
      this.serialize(column, serializer);
      column.expiry = ttl === null ? null : this.expiryOf(column, ttl);
      column.handle = create(column);
    }
    return column.handle as T;
  }

  /** What was restored before the code asked for the state stands as it was written until now. */
  private serialize(column: StateColumn, serializer: ValueSerializer<unknown> | null): void {
    const { admission, slot, written } = column;
    if (serializer !== null) admission.serializer = checkedSerializer(admission.where, serializer);
    if (!column.restored) return;
    const read = readerOf(admission.where, written, serializer);
    if (read === null) return;
    const isNew = written?.version !== serializer?.version;
    const { interval, witness } = this.cursor;
    if (isNew && witness !== null) this.refuseLate(column);
    const convert = (data: unknown): unknown => admission.given(read(data));
    const change = (content: unknown): unknown =>
      converted(column, content, { convert, interval: isNew ? interval : 0 });
    this.cursor.convert(slot, change, isNew);
  }

  /** A snapshot under way would have values of both versions. */
  private refuseLate({ admission }: StateColumn): never {
    const what = 'is asked for while a checkpoint is written, and its serializer has another version than before';
    throw new StateFailure('SERIALIZER_LATE', 'user', `${admission.where} ${what}; ask for the state in open`);
  }

  /** After all is restored: what was read as another version than it will be written as is not what the checkpoint holds. */
  writeAnew(): void {
    const { interval } = this.cursor;
    for (const column of this.readAnew) {
      const asItIs = { convert: (value: unknown) => value, interval };
      this.cursor.convert(column.slot, (content) => converted(column, content, asItIs), true);
    }
    this.readAnew.clear();
  }

  private valueOf<T>({ slot, admission, expiry }: StateColumn): ValueState<T> {
    return expiry === null
      ? new HeapValueState<T>(this.cursor, slot, admission)
      : new TtlValueState<T>(this.cursor, slot, admission, expiry);
  }

  private expiryOf({ name, slot }: StateColumn, ttl: StateTtl): Expiry {
    return new Expiry(this.cursor, slot, checkedTtl(name, ttl), this.wallMs);
  }

  private add(name: string, kind: StateKind, timed: boolean): StateColumn {
    const slot = this.cursor.addSlot();
    const admission = new Admission(this.operator, name, this.development);
    const timers = kind === 'timers' ? new HeapTimers(this.cursor, slot, admission) : null;
    const unused = { written: null, restored: false, handle: null, expiry: null };
    const column: StateColumn = { name, kind, timed, slot, admission, timers, ...unused };
    this.columns.set(name, column);
    return column;
  }

  private refuseForms({ name }: StateColumn): never {
    const message =
      `state '${name}' of operator '${this.operator}' is used with two serializers, or with and without one; ` +
      'give each of its descriptors the same';
    throw new StateFailure('STATE_CONFLICT', 'user', message);
  }

  private refuseToggled({ name, timed }: StateColumn): never {
    throw new StateFailure(
      'STATE_TTL_TOGGLED',
      'user',
      `state '${name}' of operator '${this.operator}' ${timed ? 'has a TTL' : 'has no TTL'} already, in the code or in the ` +
        `checkpoint it was restored from, and is used ${timed ? 'without one' : 'with one'}; ` +
        'give the state another name, or leave it as it was',
    );
  }
}
