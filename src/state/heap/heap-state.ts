import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText } from '../../../actors/protocol/ids.js';
import type { SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { noTimestamp } from '../../time/timestamps.js';
import { deepFreeze } from '../deep-freeze.js';
import type { KeyGroupRange } from '../key-groups.js';
import type {
  AggregatingState,
  AggregatingStateDescriptor,
  KeyedStateBackend,
  ListState,
  MapState,
  ReducingState,
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
} from '../keyed-state.js';
import type { KeyedStateOptions } from '../state-backends.js';
import type { KeyGroupImage, SnapshotBase, StateSnapshot } from '../state-snapshot.js';
import type { TimerQueue } from '../timers.js';
import { identityOf } from './column-serializer.js';
import { Cursor } from './cursor.js';
import { HeapSnapshot, type HeapSnapshotSetting } from './heap-snapshot.js';
import { heapStates } from './heap-states.js';
import { readGroup, refuseLoadedTwice } from './read-group.js';
import { StateTable } from './state-table.js';

type HeapStateOptions = Omit<KeyedStateOptions, 'wake' | 'memoryBytes' | 'stores'>;

/** Before any watermark. Finite, because it stands in manifests, which are JSON-able. */
const noWatermark = Number.MIN_SAFE_INTEGER;

/**
 * Keyed state in Maps, all of it in memory. Storable are strings, numbers, bigints, booleans, null, Uint8Array, and
 * plain objects and arrays of these; all come back from a snapshot exactly as they were, a field that is undefined too,
 * but an element of an array may not be. Values are kept as they were given: who gave a value must not change it.
 */
export function createHeapState(options: HeapStateOptions): KeyedStateBackend {
  return new HeapState(options);
}

class HeapState implements KeyedStateBackend {
  readonly range: KeyGroupRange;
  private readonly operator: string;
  private readonly maxParallelism: number;
  private readonly development: boolean;
  private readonly cursor: Cursor;
  private readonly states: StateTable;
  /** What stands for each snapshot among the intervals, for those that may become a base. */
  private readonly taken = new Map<string, number>();
  private watermark = noWatermark;

  constructor({ operator, maxParallelism, range, development, clock }: HeapStateOptions) {
    this.operator = operator;
    this.maxParallelism = maxParallelism;
    this.range = range;
    this.development = development;
    this.cursor = new Cursor(operator, maxParallelism, range, noWatermark);
    const wallMs = (): number => {
      if (clock === undefined) throw new InvariantViolation('a state with a TTL has no clock', { operator });
      return clock.wallMs();
    };
    this.states = new StateTable(operator, development, heapStates(this.cursor, development, wallMs));
  }

  setCurrentKey(key: unknown): void {
    this.cursor.moveTo(key);
    if (this.development) deepFreeze(key);
  }

  clearCurrentKey(): void {
    this.cursor.leave();
  }

  currentKey(): unknown {
    return this.cursor.currentKey();
  }

  watermarkFloor(): number {
    const floor = this.cursor.watermarkFloor();
    return floor === noWatermark ? noTimestamp : floor;
  }

  value<T>(descriptor: StateDescriptor<'value', T>): ValueState<T> {
    return this.states.value(descriptor);
  }

  list<T>(descriptor: StateDescriptor<'list', T>): ListState<T> {
    return this.states.list(descriptor);
  }

  map<K, T>(descriptor: StateDescriptor<'map', T, K>): MapState<K, T> {
    return this.states.map(descriptor);
  }

  reducing<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T> {
    return this.states.reducing(descriptor);
  }

  aggregating<In, Acc, Out>(descriptor: AggregatingStateDescriptor<In, Acc, Out>): AggregatingState<In, Out> {
    return this.states.aggregating(descriptor);
  }

  timers<N>(name: string): TimerQueue<N> {
    return this.states.timers(name) as TimerQueue<N>;
  }

  get hasCurrentKey(): boolean {
    return this.cursor.isAtKey;
  }

  begin(): void {
    this.cursor.begin();
  }

  keep(): void {
    this.cursor.keep();
  }

  takeBack(): void {
    this.cursor.takeBack();
  }

  currentWatermark(watermark: number): void {
    this.watermark = Math.max(this.watermark, watermark);
  }

  admits(): boolean {
    return true;
  }

  snapshot(checkpoint: CheckpointId, base: SnapshotBase | null): StateSnapshot {
    const interval = base === null ? null : this.confirmed(base.checkpoint);
    const snapshot = this.begun(base === null || interval === null ? null : { interval, parts: base });
    const text = checkpointText(checkpoint);
    // Asked twice for one checkpoint, nobody knows which answer counted: the older one makes more count as changed.
    if (!this.taken.has(text)) this.taken.set(text, snapshot.stamp);
    return snapshot;
  }

  fullSnapshot(): StateSnapshot {
    return this.begun(null);
  }

  aborted(checkpoint: CheckpointId): void {
    this.taken.delete(checkpointText(checkpoint));
  }

  serializers(): readonly SerializerIdentity[] {
    return this.states.sorted().map(identityOf);
  }

  load(image: KeyGroupImage, serializers: readonly SerializerIdentity[]): void {
    const { operator, maxParallelism, states, cursor } = this;
    if (cursor.ownGroup(image.keyGroup).entries.size > 0) refuseLoadedTwice(operator, image.keyGroup);
    const group = readGroup(image, { operator, maxParallelism, serializers, states });
    cursor.install(group);
    const queues = states.sorted().flatMap(({ timers }) => (timers === null ? [] : [timers]));
    if (queues.length === 0) return;
    for (const [, entry] of group.entries.entries()) for (const timers of queues) timers.restored(entry);
  }

  ready(): boolean {
    return true;
  }

  restored(from: CheckpointId): void {
    this.taken.set(checkpointText(from), 0);
    for (const group of this.cursor.groups) group.isBase();
    this.states.writeAnew();
  }

  close(): void {
    this.cursor.witness = null;
  }

  private begun(base: HeapSnapshotSetting['base']): HeapSnapshot {
    const { cursor, states, watermark } = this;
    if (cursor.witness !== null) throw new InvariantViolation('two snapshots at a time', { operator: this.operator });
    return new HeapSnapshot({ cursor, columns: states.sorted(), watermark, base });
  }

  /** The snapshot that `base` is; null when it is not remembered. Nothing older will be a base again. */
  private confirmed(base: CheckpointId): number | null {
    const stamp = this.taken.get(checkpointText(base));
    if (stamp === undefined) return null;
    for (const [text, other] of this.taken) if (other < stamp) this.taken.delete(text);
    for (const group of this.cursor.groups) group.forgetThrough(stamp);
    return stamp;
  }
}
