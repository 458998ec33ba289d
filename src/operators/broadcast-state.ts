import { deepFreeze } from '../state/deep-freeze.js';
import { Admission } from '../state/heap/admission.js';
import { CanonicalMap } from '../state/heap/canonical-map.js';
import type { DeepReadonly, MapState, StateDescriptor } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import { checkedSerializer, readerOf, type ValueSerializer, type WrittenBy } from '../state/value-serializer.js';

/** Broadcast state as the side sees it that is not broadcast. */
export type ReadOnlyMapState<K, T> = Pick<MapState<K, T>, 'get' | 'has' | 'entries' | 'isEmpty'>;

export type BroadcastDescriptor = StateDescriptor<'map', unknown, unknown>;

/** The last two stand there for a serializer of the job alone. */
type Item = readonly [name: string, key: unknown, data: unknown, serializer?: string, version?: number];

/** Keeps what nobody reads in the form in which it was written. */
const asWritten = ({ name, version }: WrittenBy): ValueSerializer<unknown> => ({
  name,
  version,
  encode: (data) => data,
  decode: (data) => data,
});

/**
 * The broadcast state of one subtask: a map for each descriptor, without keys of records. Every subtask gets the same records of the broadcast
 * side and so has the same state, although in an order of its own.
 */
export class BroadcastStates {
  /** Only while a record of the broadcast side is processed: what others wrote, other subtasks would not have. */
  mayWrite = false;
  private readonly maps = new Map<string, BroadcastMap<unknown, unknown>>();

  constructor(
    private readonly uid: string,
    descriptors: readonly BroadcastDescriptor[],
    items: readonly unknown[],
  ) {
    for (const { name, serializer = null } of descriptors) this.add(name, serializer);
    for (const item of items) {
      const [name, key, value, writer, version] = item as Item;
      const written = writer === undefined || version === undefined ? null : { name: writer, version };
      // A descriptor that the job has dropped keeps its state, in case the next version has it again.
      const map = this.maps.get(name) ?? this.add(name, written === null ? null : asWritten(written));
      map.restore(key, value, written);
    }
  }

  /** Does what the broadcast side does to a record. However that ends, nobody else may write afterwards: under an error policy the operator goes on. */
  written(process: () => void): void {
    this.mayWrite = true;
    try {
      process();
    } finally {
      this.mayWrite = false;
    }
  }

  /** Throws BROADCAST_STATE_UNKNOWN for what broadcast() was not given. */
  readonly state = <K, T>({ name }: StateDescriptor<'map', T, K>): MapState<K, T> => {
    const map = this.maps.get(name);
    if (map !== undefined) return map as unknown as MapState<K, T>;
    throw new StateFailure(
      'BROADCAST_STATE_UNKNOWN',
      'user',
      `operator '${this.uid}' has no broadcast state '${name}'; give its descriptor to broadcast()`,
    );
  };

  snapshot(): readonly unknown[] {
    return [...this.maps].flatMap(([name, map]) =>
      [...map.entries()].map(([key, value]): Item => [name, key, ...map.stored(value)]),
    );
  }

  private add(name: string, serializer: ValueSerializer<unknown> | null): BroadcastMap<unknown, unknown> {
    const map = new BroadcastMap<unknown, unknown>(this, this.uid, name, serializer);
    this.maps.set(name, map);
    return map;
  }
}

class BroadcastMap<K, T> implements MapState<K, T> {
  private map = new CanonicalMap<K, DeepReadonly<T>>();
  private readonly admission: Admission;

  constructor(
    private readonly states: Pick<BroadcastStates, 'mayWrite'>,
    private readonly uid: string,
    private readonly name: string,
    serializer: ValueSerializer<unknown> | null,
  ) {
    // Little is broadcast: each value is checked where it is written, and frozen, outside development too.
    this.admission = new Admission(uid, name, true);
    if (serializer !== null) this.admission.serializer = checkedSerializer(this.admission.where, serializer);
  }

  get(key: K): DeepReadonly<T> | undefined {
    return this.map.get(key);
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  entries(): Iterable<readonly [K, DeepReadonly<T>]> {
    return this.map.entries();
  }

  isEmpty(): boolean {
    return this.map.size === 0;
  }

  put(key: K, value: T | DeepReadonly<T>): void {
    this.requireWrite();
    this.admission.admit(value);
    this.map.set(deepFreeze(key), value as DeepReadonly<T>);
  }

  remove(key: K): void {
    this.requireWrite();
    this.map.delete(key);
  }

  clear(): void {
    this.requireWrite();
    this.map = new CanonicalMap();
  }

  restore(key: K, data: unknown, written: WrittenBy | null): void {
    const { admission } = this;
    const read = readerOf(admission.where, written, admission.serializer);
    const value = admission.given(read === null ? data : read(data));
    this.map.set(deepFreeze(key), value as DeepReadonly<T>);
  }

  stored(value: unknown): readonly [data: unknown, serializer?: string, version?: number] {
    const { serializer } = this.admission;
    return serializer === null ? [value] : [this.admission.stored(value), serializer.name, serializer.version];
  }

  private requireWrite(): void {
    if (this.states.mayWrite) return;
    throw new StateFailure(
      'BROADCAST_STATE_READ_ONLY',
      'user',
      `operator '${this.uid}' writes broadcast state '${this.name}' outside of processBroadcastElement, where only this subtask would; ` +
        'write it there, where every subtask does the same',
    );
  }
}
