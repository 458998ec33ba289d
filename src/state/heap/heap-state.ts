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
import type { KeyGroupImage, SnapshotBase, StateSnapshot } from '../state-snapshot.js';
import type { TimerQueue } from '../timers.js';
import { serializer } from '../value-format.js';
import { Unreadable, ValueReader } from '../value-reader.js';
import { converted, identityOf, writtenBy } from './column-serializer.js';
import { Cursor } from './cursor.js';
import { applyDelta } from './delta-format.js';
import { readHead, readImage } from './group-format.js';
import { HeapSnapshot, type HeapSnapshotSetting } from './heap-snapshot.js';
import { KeyGroup } from './key-group.js';
import { type StateColumn, StateTable } from './state-table.js';

/** How values of states are read that are no plain data. */
type Conversions = Map<StateColumn, (data: unknown) => unknown>;

interface Loading {
  readonly isFirst: boolean;
  readonly serializers: readonly SerializerIdentity[];
  readonly conversions: Conversions;
}

type HeapStateOptions = Omit<KeyedStateOptions, 'wake' | 'memoryBytes'>;

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
    this.states = new StateTable(operator, development, this.cursor, () => {
      if (clock === undefined) throw new InvariantViolation('a state with a TTL has no clock', { operator });
      return clock.wallMs();
    });
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

  load({ keyGroup, watermark, parts }: KeyGroupImage, serializers: readonly SerializerIdentity[]): void {
    this.requireEmpty(keyGroup);
    for (const identity of serializers) this.requireReadable(identity);
    const group = new KeyGroup(keyGroup, watermark);
    const conversions: Conversions = new Map();
    try {
      for (const [index, bytes] of parts.entries()) {
        this.loadPart(group, bytes, { isFirst: index === 0, serializers, conversions });
      }
      for (const [column, read] of conversions) this.convert(group, column, read);
    } catch (error) {
      // A damaged key is refused where all keys are; here it says that the bytes are damaged.
      const isDamage =
        error instanceof Unreadable || (error instanceof StateFailure && error.code === 'KEY_UNSUPPORTED');
      if (isDamage) this.refuseUnreadable(`the bytes of key group ${keyGroup} cannot be read: ${error.message}`);
      throw error;
    }
    this.cursor.install(group);
    const queues = this.states.sorted().flatMap(({ timers }) => (timers === null ? [] : [timers]));
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

  /** Values of a state that the code has asked for before its key groups came. */
  private convert(group: KeyGroup, column: StateColumn, read: (data: unknown) => unknown): void {
    const change = (content: unknown): unknown =>
      converted(column, content, { convert: (data) => column.admission.given(read(data)), interval: 0 });
    for (const [, entry] of group.entries.entries()) {
      const content = entry.get(column.slot);
      if (content !== undefined) entry.set(column.slot, change(content));
    }
  }

  private loadPart(group: KeyGroup, bytes: Uint8Array, { isFirst, serializers, conversions }: Loading): void {
    const reader = new ValueReader(bytes);
    const { isDelta, states } = readHead(reader);
    if (isDelta === isFirst) throw new Unreadable('its parts are not an image first, and deltas then');
    const columns = states.map(([name, kind, timed]) => {
      const identity = serializers.find((each) => each.state === name && each.kind === kind);
      if (identity === undefined) {
        throw new Unreadable(`its ${kind} state '${name}' is not among the serializers of the snapshot`);
      }
      const column = this.states.column(name, kind, timed);
      const read = this.states.found(column, writtenBy(identity));
      if (read !== null) conversions.set(column, read);
      return column;
    });
    if (isDelta) applyDelta(reader, group, columns, this.maxParallelism);
    else readImage(reader, group, columns, this.maxParallelism);
    if (!reader.atEnd()) throw new Unreadable('bytes are left over');
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

  private requireReadable(identity: SerializerIdentity): void {
    const { state, kind, serializer: name, version } = identity;
    if (kind.startsWith('operator') || writtenBy(identity) !== null) return;
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
