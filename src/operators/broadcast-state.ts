import { deepFreeze } from '../state/deep-freeze.js';
import { Admission } from '../state/heap/admission.js';
import { CanonicalMap } from '../state/heap/canonical-map.js';
import type { DeepReadonly, MapState, StateDescriptor } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';

/** Broadcast state as the side sees it that is not broadcast. */
export type ReadOnlyMapState<K, T> = Pick<MapState<K, T>, 'get' | 'has' | 'entries' | 'isEmpty'>;

export type BroadcastDescriptor = StateDescriptor<'map', unknown, unknown>;

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
    for (const { name } of descriptors) this.add(name);
    for (const item of items) {
      const [name, key, value] = item as readonly [string, unknown, unknown];
      // A descriptor that the job has dropped keeps its state, in case the next version has it again.
      (this.maps.get(name) ?? this.add(name)).restore(key, value);
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
    return [...this.maps].flatMap(([name, map]) => [...map.entries()].map(([key, value]) => [name, key, value]));
  }

  private add(name: string): BroadcastMap<unknown, unknown> {
    const map = new BroadcastMap<unknown, unknown>(this, this.uid, name);
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
  ) {
    // Little is broadcast: each value is checked where it is written, and frozen, outside development too.
    this.admission = new Admission(uid, name, true);
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

  restore(key: K, value: T): void {
    this.admission.restored(value);
    this.map.set(deepFreeze(key), value as DeepReadonly<T>);
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
