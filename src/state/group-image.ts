import { Admission } from './heap/admission.js';
import { CanonicalMap } from './heap/canonical-map.js';
import { applyDelta } from './heap/delta-format.js';
import { readHead, readImage, writeContent, writeEntry, writeHead } from './heap/group-format.js';
import { HeapList } from './heap/heap-list.js';
import { HeapMap } from './heap/heap-map.js';
import { Entry, KeyGroup } from './heap/key-group.js';
import { KeyTimers } from './heap/key-timers.js';
import type { StateColumn, StateKind } from './heap/state-table.js';
import { TimedCell, type TimedContent, TimedList, TimedMap } from './heap/timed-content.js';
import { StateFailure } from './state-failure.js';
import type { KeyGroupImage } from './state-snapshot.js';
import { Unreadable, ValueReader } from './value-reader.js';
import { stateText } from './value-serializer.js';
import { ValueWriter } from './value-writer.js';

/** A state of an operator, as the bytes of key groups tell of it. */
export interface StoredState {
  readonly name: string;
  readonly kind: StateKind;
  /** It has a TTL: each value stands beside the wall-clock milliseconds at which it was last touched. */
  readonly timed: boolean;
}

/** What one key has in one state: values as they stand in bytes, so that what a serializer of the job made of them is not turned back. */
export type StoredContent =
  | { readonly kind: 'value' | 'reducing' | 'aggregating'; readonly value: unknown; readonly atMs: number | null }
  | { readonly kind: 'list'; readonly values: readonly unknown[]; readonly times: readonly number[] | null }
  | {
      readonly kind: 'map';
      readonly entries: readonly (readonly [key: unknown, value: unknown])[];
      readonly times: readonly number[] | null;
    }
  | { readonly kind: 'timers'; readonly timers: readonly { readonly time: number; readonly namespace: unknown }[] };

/** To which operator an image belongs, and how many key groups it has. */
export interface ImageSetting {
  readonly operator: string;
  readonly maxParallelism: number;
}

/** One key group outside of a running job: what its bytes hold, to be looked at and changed, and the bytes of that again. */
export class GroupImage {
  private readonly columns = new Map<string, StateColumn>();
  private readonly group: KeyGroup;

  constructor(
    private readonly setting: ImageSetting,
    readonly keyGroup: number,
    watermark: number,
  ) {
    this.group = new KeyGroup(keyGroup, watermark);
  }

  /** Throws a StateFailure, STATE_UNREADABLE, for bytes that are damaged or of another version. */
  static read(setting: ImageSetting, { keyGroup, watermark, parts }: KeyGroupImage): GroupImage {
    const image = new GroupImage(setting, keyGroup, watermark);
    try {
      for (const [index, bytes] of parts.entries()) image.readPart(bytes, index === 0);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const what = `the bytes of key group ${keyGroup} of operator '${setting.operator}' cannot be read: ${error.message}`;
      throw new StateFailure('STATE_UNREADABLE', 'internal', what);
    }
    return image;
  }

  get watermark(): number {
    return this.group.watermarkFloor;
  }

  get states(): readonly StoredState[] {
    return this.sorted();
  }

  /** All that it holds, key by key. */
  *entries(): Generator<{ readonly key: unknown; readonly state: StoredState; readonly content: StoredContent }> {
    const columns = this.sorted();
    for (const [key, entry] of this.group.entries.entries()) {
      for (const column of columns) {
        const content = entry.get(column.slot);
        if (content !== undefined) yield { key, state: column, content: storedOf(column, content) };
      }
    }
  }

  /** The contents of one state, key by key. */
  *contentsOf(name: string): Generator<readonly [key: unknown, content: StoredContent]> {
    const column = this.columns.get(name);
    if (column === undefined) return;
    for (const [key, entry] of this.group.entries.entries()) {
      const content = entry.get(column.slot);
      if (content !== undefined) yield [key, storedOf(column, content)];
    }
  }

  get(key: unknown, name: string): StoredContent | null {
    const column = this.columns.get(name);
    const content = column === undefined ? undefined : this.group.entries.get(key)?.get(column.slot);
    return column === undefined || content === undefined ? null : storedOf(column, content);
  }

  /** How many bytes the content takes, without its key. */
  bytesOf(key: unknown, name: string): number {
    const column = this.columns.get(name);
    const content = column === undefined ? undefined : this.group.entries.get(key)?.get(column.slot);
    if (column === undefined || content === undefined) return 0;
    const writer = new ValueWriter();
    writeContent(writer, column, content);
    return writer.size;
  }

  /** Throws STATE_CONFLICT when the state is of another kind, or has a TTL and `state` has none. */
  set(key: unknown, state: StoredState, content: StoredContent): void {
    const column = this.column(state);
    const entry = this.group.entries.get(key) ?? new Entry();
    entry.set(column.slot, heapOf(column, content));
    if (entry.isEmpty) this.group.entries.delete(key);
    else this.group.entries.set(key, entry);
  }

  /** What the key has in one state is gone; without a name, all that it has. */
  delete(key: unknown, name: string | null): void {
    const entry = this.group.entries.get(key);
    if (entry === undefined) return;
    if (name === null) {
      this.group.entries.delete(key);
      return;
    }
    const column = this.columns.get(name);
    if (column !== undefined) entry.set(column.slot, undefined);
    if (entry.isEmpty) this.group.entries.delete(key);
  }

  /** The state, and what all keys have in it. */
  dropState(name: string): void {
    for (const [key] of [...this.group.entries.entries()]) this.delete(key, name);
    this.columns.delete(name);
  }

  /** Null when no key has anything. Throws STATE_UNSUPPORTED for a value that cannot be stored. */
  bytes(): Uint8Array | null {
    const columns = this.sorted();
    const { entries } = this.group;
    if (entries.size === 0) return null;
    const writer = new ValueWriter();
    writeHead(writer, columns, false);
    writer.write(entries.size);
    for (const [key, entry] of entries.entries()) writeEntry(writer, key, entry, columns);
    return writer.copy();
  }

  private readPart(bytes: Uint8Array, isFirst: boolean): void {
    const reader = new ValueReader(bytes);
    const { isDelta, states } = readHead(reader);
    if (isDelta === isFirst) throw new Unreadable('its parts are not an image first, and deltas then');
    const columns = states.map(([name, kind, timed]) => this.column({ name, kind, timed }));
    const { maxParallelism } = this.setting;
    if (isDelta) applyDelta(reader, this.group, columns, maxParallelism);
    else readImage(reader, this.group, columns, maxParallelism);
    if (!reader.atEnd()) throw new Unreadable('bytes are left over');
  }

  private column({ name, kind, timed }: StoredState): StateColumn {
    const known = this.columns.get(name);
    if (known === undefined) {
      const admission = new Admission(this.setting.operator, name, false);
      const unused = { written: null, restored: false, timers: null, handle: null, expiry: null };
      const column: StateColumn = { name, kind, timed, slot: this.columns.size, admission, ...unused };
      this.columns.set(name, column);
      return column;
    }
    if (known.kind === kind && known.timed === timed) return known;
    const formOf = (state: StoredState): string => `${state.kind} state ${state.timed ? 'with' : 'without'} a TTL`;
    const where = stateText(this.setting.operator, name);
    throw new StateFailure(
      'STATE_CONFLICT',
      'user',
      `${where} is ${formOf(known)}, and is used as ${formOf({ name, kind, timed })}`,
    );
  }

  /** As a job writes them. */
  private sorted(): readonly StateColumn[] {
    return [...this.columns.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function storedOf({ kind, timed }: StateColumn, content: unknown): StoredContent {
  if (kind === 'timers') {
    return { kind, timers: (content as KeyTimers).list.map(({ time, namespace }) => ({ time, namespace })) };
  }
  if (timed) return timedOf(kind, content as TimedContent);
  if (kind === 'list') return { kind, values: (content as HeapList).values, times: null };
  if (kind === 'map') return { kind, entries: [...(content as HeapMap<unknown, unknown>).entries()], times: null };
  return { kind, value: content, atMs: null };
}

function timedOf(kind: Exclude<StateKind, 'timers'>, content: TimedContent): StoredContent {
  if (kind === 'list') {
    const { values, times } = content as TimedList;
    return { kind, values, times };
  }
  if (kind === 'map') {
    const cells = [...(content as TimedMap).cells.entries()];
    return { kind, entries: cells.map(([key, { value }]) => [key, value]), times: cells.map(([, { atMs }]) => atMs) };
  }
  const { value, atMs } = content as TimedCell;
  return { kind, value, atMs };
}

/** Undefined for an empty list or map: a key has nothing there then. */
function heapOf(column: StateColumn, content: StoredContent): unknown {
  const { timed, admission } = column;
  switch (content.kind) {
    case 'timers': {
      const timers = new KeyTimers();
      for (const { time, namespace } of content.timers) timers.add(time, namespace);
      return timers.list.length === 0 ? undefined : timers;
    }
    case 'list': {
      if (content.values.length === 0) return undefined;
      return timed
        ? new TimedList([...content.values], [...(content.times ?? [])])
        : new HeapList([...content.values], 0);
    }
    case 'map': {
      if (content.entries.length === 0) return undefined;
      if (timed) {
        const cells = new CanonicalMap<unknown, TimedCell>();
        for (const [at, [key, value]] of content.entries.entries())
          cells.set(key, new TimedCell(value, content.times?.[at] ?? 0));
        return new TimedMap(cells);
      }
      const map = new HeapMap<unknown, unknown>();
      for (const [key, value] of content.entries) map.set(key, value);
      return map;
    }
    default:
      if (content.value === undefined) admission.refuse('value is undefined; delete the key to have no value');
      return timed ? new TimedCell(content.value, content.atMs ?? 0) : content.value;
  }
}
