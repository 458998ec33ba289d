import type { Expiring, KeyCursor } from '../key-cursor.js';
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
import { checkedTtl, type Ttl } from '../ttl.js';
import { Unreadable } from '../value-reader.js';
import { checkedSerializer, readerOf, type ValueSerializer, type WrittenBy } from '../value-serializer.js';
import { Admission } from './admission.js';
import { isSameForm } from './column-serializer.js';
import type { Expiry } from './expiry.js';
import { HeapAggregatingState, HeapReducingState } from './heap-appending-state.js';
import type { HeapTimers } from './heap-timers.js';
import { HeapValueState } from './heap-value-state.js';
import { TtlValueState } from './ttl-value-state.js';

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'timers';

/** One state of an operator: declared by its code, found in a snapshot, or both. */
export interface StateColumn<Timers = HeapTimers, Expires extends Expiring = Expiry> {
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
  readonly timers: Timers | null;
  /** How the code uses it; null until it is declared. */
  handle: unknown;
  /** Null for what is not timed, and until it is declared. */
  expiry: Expires | null;
}

/** What the states of one backend are made of. */
export interface StateMaker<Timers, Expires extends Expiring> {
  readonly cursor: KeyCursor;
  addSlot(): number;
  list<T>(column: StateColumn<Timers, Expires>): ListState<T>;
  map<K, T>(column: StateColumn<Timers, Expires>): MapState<K, T>;
  timers(slot: number, admission: Admission): Timers;
  expiry(slot: number, ttl: Ttl): Expires;
  /** What was restored before the code asked for the state stands as it was written until now. `isNew`: it will be written in another version. */
  convert(column: StateColumn<Timers, Expires>, read: (data: unknown) => unknown, isNew: boolean): void;
  /** What was restored was read as another version than it will be written as. */
  writeAnew(column: StateColumn<Timers, Expires>): void;
}

type Declared = Pick<StateDescriptor<Exclude<StateKind, 'timers'>, unknown>, 'name' | 'kind' | 'ttl' | 'serializer'>;

/**
 * The states of one operator by name. What a snapshot holds and the code no longer asks for is kept, and written again.
 */
export class StateTable<Timers = HeapTimers, Expires extends Expiring = Expiry> {
  private readonly columns = new Map<string, StateColumn<Timers, Expires>>();
  private readonly readAnew = new Set<StateColumn<Timers, Expires>>();

  constructor(
    private readonly operator: string,
    private readonly development: boolean,
    private readonly maker: StateMaker<Timers, Expires>,
    private readonly made: (column: StateColumn<Timers, Expires>) => void = () => undefined,
  ) {}

  value<T>(descriptor: StateDescriptor<'value', T>): ValueState<T> {
    return this.declared(descriptor, (column) => this.valueOf<T>(column));
  }

  list<T>(descriptor: StateDescriptor<'list', T>): ListState<T> {
    return this.declared(descriptor, (column) => this.maker.list<T>(column));
  }

  map<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T> {
    return this.declared(descriptor, (column) => this.maker.map<K, T>(column));
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

  timers(name: string): Timers {
    return this.column(name, 'timers', false).timers as Timers;
  }

  /** The state of that name, made at its first mention. Throws STATE_CONFLICT when it is of another kind. */
  column(name: string, kind: StateKind, timed: boolean): StateColumn<Timers, Expires> {
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
  sorted(): readonly StateColumn<Timers, Expires>[] {
    return [...this.columns.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What a snapshot says of a state, before its key groups are read. Throws SERIALIZER_CHANGED. */
  found(column: StateColumn<Timers, Expires>, written: WrittenBy | null): ((data: unknown) => unknown) | null {
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

  private declared<T>(descriptor: Declared, create: (column: StateColumn<Timers, Expires>) => T): T {
    const { name, kind, ttl } = descriptor;
    const serializer = descriptor.serializer ?? null;
    const column = this.column(name, kind, ttl !== null);
    if (column.handle !== null && !isSameForm(column.admission.serializer, serializer)) this.refuseForms(column);
    if (column.handle === null) {
      this.serialize(column, serializer);
      column.expiry = ttl === null ? null : this.maker.expiry(column.slot, checkedTtl(name, ttl));
      column.handle = create(column);
    }
    return column.handle as T;
  }

  /** What was restored before the code asked for the state stands as it was written until now. */
  private serialize(column: StateColumn<Timers, Expires>, serializer: ValueSerializer<unknown> | null): void {
    const { admission, written } = column;
    if (serializer !== null) admission.serializer = checkedSerializer(admission.where, serializer);
    if (!column.restored) return;
    const read = readerOf(admission.where, written, serializer);
    if (read === null) return;
    this.maker.convert(column, (data) => admission.given(read(data)), written?.version !== serializer?.version);
  }

  /** After all is restored: what was read as another version than it will be written as is not what the checkpoint holds. True when there is such. */
  writeAnew(): boolean {
    const isAny = this.readAnew.size > 0;
    for (const column of this.readAnew) this.maker.writeAnew(column);
    this.readAnew.clear();
    return isAny;
  }

  private valueOf<T>({ slot, admission, expiry }: StateColumn<Timers, Expires>): ValueState<T> {
    const { cursor } = this.maker;
    return expiry === null
      ? new HeapValueState<T>(cursor, slot, admission)
      : new TtlValueState<T>(cursor, slot, admission, expiry);
  }

  private add(name: string, kind: StateKind, timed: boolean): StateColumn<Timers, Expires> {
    const slot = this.maker.addSlot();
    const admission = new Admission(this.operator, name, this.development);
    const timers = kind === 'timers' ? this.maker.timers(slot, admission) : null;
    const unused = { written: null, restored: false, handle: null, expiry: null };
    const column: StateColumn<Timers, Expires> = { name, kind, timed, slot, admission, timers, ...unused };
    this.columns.set(name, column);
    this.made(column);
    return column;
  }

  private refuseForms({ name }: Pick<StateColumn, 'name'>): never {
    const message =
      `state '${name}' of operator '${this.operator}' is used with two serializers, or with and without one; ` +
      'give each of its descriptors the same';
    throw new StateFailure('STATE_CONFLICT', 'user', message);
  }

  private refuseToggled({ name, timed }: Pick<StateColumn, 'name' | 'timed'>): never {
    throw new StateFailure(
      'STATE_TTL_TOGGLED',
      'user',
      `state '${name}' of operator '${this.operator}' ${timed ? 'has a TTL' : 'has no TTL'} already, in the code or in the ` +
        `checkpoint it was restored from, and is used ${timed ? 'without one' : 'with one'}; ` +
        'give the state another name, or leave it as it was',
    );
  }
}
