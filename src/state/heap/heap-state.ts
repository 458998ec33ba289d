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
import { StateFailure } from '../state-failure.js';
import type { KeyGroupImage, KeyGroupPart, SnapshotBase, StateSnapshot } from '../state-snapshot.js';
import type { TimerQueue } from '../timers.js';
import { serializer } from '../value-format.js';
import { Unreadable, ValueReader } from '../value-reader.js';
import { ValueWriter } from '../value-writer.js';
import { Cursor } from './cursor.js';
import { readEntries, readStates, writeGroup } from './group-format.js';
import { heapStates } from './heap-states.js';
import { KeyGroup } from './key-group.js';
import { type StateColumn, StateTable } from './state-table.js';

type HeapStateOptions = Omit<KeyedStateOptions, 'wake' | 'memoryBytes'>;

/** Before any watermark. Finite, because it stands in manifests, which are JSON-able. */
const noWatermark = Number.MIN_SAFE_INTEGER;

/**
 * Keyed state in Maps, all of it in memory. Storable are strings, numbers, bigints, booleans, null, Uint8Array, and
 * plain objects and arrays of these; all come back from a snapshot exactly as they were, a field that is undefined too,
 * but an element of an array may not be. Values are kept as they were given: who gave a value must not change it. A
 * snapshot holds the thread while it writes the key groups that changed; what it returns is independent of all that
 * happens later.
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
  private readonly writer = new ValueWriter();
  /** The interval that each snapshot ended, for those that may become a base. */
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
    const baseInterval = this.confirmed(base?.checkpoint ?? null);
    const columns = this.states.sorted();
    const changed: KeyGroupPart[] = [];
    const unchanged: number[] = [];
    for (const [index, group] of this.cursor.groups.entries()) {
      if (group.entries.size === 0) continue;
      if (group.changedIn <= baseInterval) {
        unchanged.push(group.keyGroup);
        continue;
      }
      for (const { expiry } of columns) expiry?.beforeSnapshot(index);
      if (group.entries.size > 0) changed.push(this.bytesOf(group, columns));
    }
    this.ended(checkpoint);
    return { changed, unchanged, advance: () => 'done', cancel: () => undefined };
  }

  fullSnapshot(): StateSnapshot {
    const columns = this.states.sorted();
    const groups = this.cursor.groups.filter(({ entries }) => entries.size > 0);
    const changed = groups.map((group) => this.bytesOf(group, columns));
    return { changed, unchanged: [], advance: () => 'done', cancel: () => undefined };
  }

  aborted(checkpoint: CheckpointId): void {
    this.taken.delete(checkpointText(checkpoint));
  }

  serializers(): readonly SerializerIdentity[] {
    return this.states
      .sorted()
      .map(({ name, kind }) => ({ state: name, kind, serializer: serializer.name, version: serializer.version }));
  }

  load({ keyGroup, watermark, parts }: KeyGroupImage, serializers: readonly SerializerIdentity[]): void {
    this.requireEmpty(keyGroup);
    const [bytes, ...deltas] = parts;
    if (bytes === undefined || deltas.length > 0) {
      this.refuseUnreadable(`key group ${keyGroup} has ${parts.length} parts, and this version reads groups of one`);
    }
    for (const identity of serializers) this.requireReadable(identity);
    const group = new KeyGroup(keyGroup, watermark);
    try {
      const reader = new ValueReader(bytes);
      const columns = readStates(reader).map(([name, kind, timed]) => {
        if (!serializers.some((identity) => identity.state === name && identity.kind === kind)) {
          throw new Unreadable(`its ${kind} state '${name}' is not among the serializers of the snapshot`);
        }
        return this.states.column(name, kind, timed);
      });
      readEntries(reader, group, columns, this.maxParallelism);
    } catch (error) {
      // A damaged key is refused where all keys are; here it says that the bytes are damaged.
      const isDamage =
        error instanceof Unreadable ||
        (error instanceof StateFailure && (error.code === 'KEY_UNSUPPORTED' || error.code === 'TIMER_INVALID'));
      if (isDamage) this.refuseUnreadable(`the bytes of key group ${keyGroup} cannot be read: ${error.message}`);
      throw error;
    }
    this.cursor.install(group);
  }

  ready(): boolean {
    return true;
  }

  restored(from: CheckpointId): void {
    this.taken.set(checkpointText(from), 0);
  }

  close(): void {}

  /**
   * The interval that `base` ended; before all others when it is not remembered, and so everything counts as changed.
   */
  private confirmed(base: CheckpointId | null): number {
    const interval = base === null ? undefined : this.taken.get(checkpointText(base));
    if (interval === undefined) return -1;
    for (const [text, other] of this.taken) if (other < interval) this.taken.delete(text);
    return interval;
  }

  private ended(checkpoint: CheckpointId): void {
    const text = checkpointText(checkpoint);
    // Asked twice for one checkpoint, nobody knows which answer counted: the older one makes more count as changed.
    if (!this.taken.has(text)) this.taken.set(text, this.cursor.interval);
    this.cursor.interval++;
  }

  private bytesOf(group: KeyGroup, columns: readonly StateColumn[]): KeyGroupPart {
    return {
      keyGroup: group.keyGroup,
      kind: 'full',
      watermark: Math.max(group.watermarkFloor, this.watermark),
      bytes: writeGroup(this.writer, group, columns),
    };
  }

  private requireEmpty(keyGroup: number): void {
    if (this.cursor.ownGroup(keyGroup).entries.size === 0) return;
    throw new StateFailure(
      'KEY_GROUP_TWICE',
      'internal',
      `operator '${this.operator}': key group ${keyGroup} was loaded when it had state already; ` +
        'load each group once, before the first record',
    );
  }

  private requireReadable({ state, kind, serializer: name, version }: SerializerIdentity): void {
    if (kind.startsWith('operator')) return;
    if (name === serializer.name && version === serializer.version) return;
    this.refuseUnreadable(
      `state '${state}' was written by serializer ${name} version ${version}, and this version of Weirflow reads ` +
        `${serializer.name} version ${serializer.version}; restore it with the version that wrote it`,
    );
  }

  private refuseUnreadable(what: string): never {
    throw new StateFailure('STATE_UNREADABLE', 'internal', `operator '${this.operator}': ${what}`);
  }
}
