import type { Failure } from '../../../actors/kernel/failure.js';
import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { checkpointText } from '../../../actors/protocol/ids.js';
import type { SerializerIdentity } from '../../../actors/protocol/manifest.js';
import { type KeyValueStore, StoreError, type StoreResult } from '../../ports/key-value-engine.js';
import { noTimestamp } from '../../time/timestamps.js';
import { deepFreeze } from '../deep-freeze.js';
import { converted, identityOf } from '../heap/column-serializer.js';
import { refuseLate } from '../heap/heap-states.js';
import { readGroup, refuseLoadedTwice } from '../heap/read-group.js';
import { type StateMaker, StateTable } from '../heap/state-table.js';
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
import { type KeyGroupImage, outgrown, type SnapshotBase, type StateSnapshot } from '../state-snapshot.js';
import type { TimerQueue } from '../timers.js';
import { Collections } from './collections.js';
import { budgetOf } from './disk-budget.js';
import { DiskCursor } from './disk-cursor.js';
import type { DiskExpiry } from './disk-expiry.js';
import { type DiskColumn, DiskRecords } from './disk-records.js';
import { DiskSnapshot, type GroupPlan } from './disk-snapshot.js';
import { diskStates } from './disk-states.js';
import type { DiskTimers } from './disk-timers.js';
import { EntryCache } from './entry-cache.js';
import { loadGroup } from './group-loader.js';
import { GroupWriter } from './group-writer.js';
import { WriteBehind } from './write-behind.js';

/** Before any watermark. Finite, because it stands in manifests, which are JSON-able. */
const noWatermark = Number.MIN_SAFE_INTEGER;

/**
 * Keyed state in a store of the task manager's disk, with live objects before it: what is used often is as in the heap, and what there is may be larger than memory.
 * What may be stored, and how it comes back, is as in the heap, and so are the bytes of its snapshots, but for the order of keys. The store is scratch: the truth is in
 * checkpoints.
 */
export function createDiskState(options: KeyedStateOptions): KeyedStateBackend {
  return new DiskState(options);
}

/** Groups that a delta would do for are written in full up to so many bytes a snapshot, so that not all of a large state is written anew at once. */
const rewriteBytesMax = 64 * 1_024 * 1_024;

class DiskState implements KeyedStateBackend {
  readonly range: KeyGroupRange;
  private readonly operator: string;
  private readonly maxParallelism: number;
  private readonly development: boolean;
  private readonly store: KeyValueStore;
  private readonly writes: WriteBehind;
  private readonly cache: EntryCache;
  private readonly collections: Collections;
  private readonly cursor: DiskCursor;
  private readonly states: StateTable<DiskTimers, DiskExpiry>;
  private readonly records: DiskRecords;
  /** By slot. */
  private readonly columns: DiskColumn[] = [];
  /** The interval that each snapshot ended, for those that may become a base. */
  private readonly taken = new Map<string, number>();
  private watermark = noWatermark;
  private isOpen = false;
  private closed = false;
  private failure: Failure | null = null;
  private underWay: DiskSnapshot | null = null;

  constructor(private readonly options: KeyedStateOptions) {
    const { operator, maxParallelism, range, development, clock, memoryBytes, stores } = options;
    this.operator = operator;
    this.maxParallelism = maxParallelism;
    this.range = range;
    this.development = development;
    const budget = budgetOf(memoryBytes);
    this.store = stores.open(budget.storeBytes, (result) => this.settled(result, () => this.opened()));
    const { store } = this;
    const wake = (): void => this.wake();
    const failed = (failure: Failure): void => this.fail(failure);
    this.writes = new WriteBehind({ store, pendingBytesMax: budget.pendingBytes, wake, failed });
    const { writes } = this;
    this.cache = new EntryCache(writes, budget.cacheBytes);
    const { cache } = this;
    const { changedKeysMax, windowMax } = budget;
    const place = { operator, maxParallelism, range, watermarkFloor: noWatermark };
    const format = {
      encode: this.encode.bind(this),
      decode: this.decode.bind(this),
    };
    this.cursor = new DiskCursor({ ...place, store, writes, cache, changedKeysMax }, format);
    const { cursor } = this;
    this.collections = new Collections({ cache, writes, store, stored: (key) => cursor.stored(key) });
    this.records = new DiskRecords(this.columns, this.collections);
    const settled: DiskState['settled'] = (result, use) => this.settled(result, use);
    const wallMs = (): number => {
      if (clock === undefined) throw new InvariantViolation('a state with a TTL has no clock', { operator });
      return clock.wallMs();
    };
    const convert: StateMaker<DiskTimers, DiskExpiry>['convert'] = (column, read, isNew) =>
      this.convert(column, read, isNew);
    const timers = { store, writes, windowMax, wake, settled, check: () => this.check() };
    const maker = diskStates({ cursor, collections: this.collections, development, timers, wallMs, convert });
    this.states = new StateTable(operator, development, maker, (column) => {
      this.columns[column.slot] = column;
    });
  }

  setCurrentKey(key: unknown): void {
    this.cursor.moveTo(key);
    if (this.development) deepFreeze(key);
  }

  get managedBytes(): number {
    return this.cache.heldBytes + this.writes.heldBytes;
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
    this.check();
    return this.writes.hasRoom;
  }

  snapshot(checkpoint: CheckpointId, base: SnapshotBase | null): StateSnapshot {
    const { cursor } = this;
    const baseInterval = base === null ? null : this.confirmed(base.checkpoint);
    const plans: GroupPlan[] = [];
    const unchanged: number[] = [];
    let rewriteBytesLeft = rewriteBytesMax;
    for (const group of cursor.groups) {
      if (group.keys === 0) continue;
      const partBytes = base?.partBytes(group.keyGroup) ?? [];
      if (baseInterval !== null && group.changedIn <= baseInterval && partBytes.length > 0) {
        unchanged.push(group.keyGroup);
        continue;
      }
      const watermark = Math.max(group.watermarkFloor, this.watermark);
      const isKnown = baseInterval !== null && partBytes.length > 0;
      let changes = isKnown ? cursor.changes.since(group, baseInterval) : null;
      if (changes !== null && rewriteBytesLeft > 0 && outgrown(partBytes)) {
        rewriteBytesLeft -= partBytes[0] as number;
        changes = null;
      }
      plans.push({ group, watermark, changes });
    }
    const text = checkpointText(checkpoint);
    // Asked twice for one checkpoint, nobody knows which answer counted: the older one makes more count as changed.
    if (!this.taken.has(text)) this.taken.set(text, cursor.interval);
    cursor.interval += 1;
    return this.begun(plans, unchanged);
  }

  fullSnapshot(): StateSnapshot {
    const groups = this.cursor.groups.filter(({ keys }) => keys > 0);
    const watermarkOf = (floor: number): number => Math.max(floor, this.watermark);
    const plans = groups.map((group) => ({ group, watermark: watermarkOf(group.watermarkFloor), changes: null }));
    return this.begun(plans, []);
  }

  aborted(checkpoint: CheckpointId): void {
    this.taken.delete(checkpointText(checkpoint));
  }

  serializers(): readonly SerializerIdentity[] {
    return this.states.sorted().map(identityOf);
  }

  load(image: KeyGroupImage, serializers: readonly SerializerIdentity[]): void {
    const group = this.cursor.ownGroup(image.keyGroup);
    if (group.keys > 0) refuseLoadedTwice(this.operator, image.keyGroup);
    const { operator, maxParallelism, columns, records, collections, writes } = this;
    const read = readGroup(image, { operator, maxParallelism, serializers, states: this.states });
    loadGroup(read, group, { columns, records, collections, writes });
  }

  ready(): boolean {
    this.check();
    return this.isOpen && this.writes.hasRoom;
  }

  restored(from: CheckpointId): void {
    // What it will be written as is not what the checkpoint holds.
    if (!this.states.writeAnew()) this.taken.set(checkpointText(from), 0);
  }

  close(): void {
    if (this.closed) return;
    this.underWay?.cancel();
    this.closed = true;
    this.store.close();
  }

  private begun(plans: readonly GroupPlan[], unchanged: readonly number[]): DiskSnapshot {
    const { operator, store, cache, records } = this;
    if (this.underWay !== null) throw new InvariantViolation('two snapshots at a time', { operator });
    const settled: DiskState['settled'] = (result, use) => this.settled(result, use);
    const writer = new GroupWriter({ records, columns: [...this.columns], settled });
    this.underWay = new DiskSnapshot(plans, unchanged, {
      store,
      cache,
      writer,
      settled,
      wake: () => this.wake(),
      check: () => this.check(),
      over: () => {
        this.underWay = null;
      },
    });
    return this.underWay;
  }

  /** What is in memory is turned into values now, what is in the store when it is read. */
  private convert(column: DiskColumn, read: (data: unknown) => unknown, isNew: boolean): void {
    const { cursor, records, cache } = this;
    // What has been written since it was restored may be of either version.
    if (isNew && cursor.interval + cache.written > 1) refuseLate(column);
    for (const { entries } of cursor.groups) {
      for (const [, entry] of entries.entries()) {
        const content = entry.get(column.slot);
        if (content !== undefined) entry.set(column.slot, converted(column, content, { convert: read, interval: 0 }));
      }
    }
    if (!isNew) return;
    records.readAnew(column, read);
    this.taken.clear();
  }

  /** The interval that `base` ended; null when it is not remembered. Nothing older will be a base again. */
  private confirmed(base: CheckpointId): number | null {
    const interval = this.taken.get(checkpointText(base));
    if (interval === undefined) return null;
    for (const [text, other] of this.taken) if (other < interval) this.taken.delete(text);
    this.cursor.changes.forgetThrough(interval);
    return interval;
  }

  private encode(...[entry]: Parameters<DiskRecords['encode']>): Uint8Array {
    return this.records.encode(entry);
  }

  private decode(...[bytes, entry]: Parameters<DiskRecords['decode']>): void {
    this.records.decode(bytes, entry);
  }

  private opened(): void {
    this.isOpen = true;
    this.writes.opened();
    this.wake();
  }

  private settled<T>(result: StoreResult<T>, use: (value: T) => void): void {
    if (this.closed) return;
    if (result.ok) use(result.value);
    else this.fail(result.failure);
  }

  private fail(failure: Failure): void {
    this.failure ??= failure;
    this.wake();
  }

  private check(): void {
    if (this.failure !== null) throw new StoreError(this.failure);
  }

  private wake(): void {
    if (!this.closed) this.options.wake();
  }
}
