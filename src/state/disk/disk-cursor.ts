import type { KeyValueStore, StoreKey } from '../../ports/key-value-engine.js';
import { canonicalKeyText, compositeKeyText } from '../canonical-key.js';
import type { KeyCursor } from '../key-cursor.js';
import { type KeyGroupRange, keyGroupOf, keyGroupOfText } from '../key-groups.js';
import { refuseForeignGroup, refuseNoKey } from '../key-refusals.js';
import { ChangeLog } from './change-log.js';
import { DiskEntry, DiskGroup, type EntryOwner } from './disk-entry.js';
import type { EntryCache } from './entry-cache.js';
import { memorySize } from './memory-size.js';
import { recordKey } from './store-keys.js';
import type { WriteBehind } from './write-behind.js';

/** What the entry of a key is made from and turned into. */
export interface RecordFormat {
  encode(entry: DiskEntry): Uint8Array;
  /** Fills an empty entry. */
  decode(bytes: Uint8Array, entry: DiskEntry): void;
}

/** What a slot holds instead of all its content, because that is long: it has keys of its own in the store. */
export interface OutsideContent {
  readonly isOutside: true;
  /** Nobody will read it any more. */
  discard(): void;
}

export interface DiskCursorSetting {
  readonly operator: string;
  readonly maxParallelism: number;
  readonly range: KeyGroupRange;
  readonly watermarkFloor: number;
  readonly store: KeyValueStore;
  readonly writes: WriteBehind;
  readonly cache: EntryCache;
  /** How many changed keys are remembered for deltas. */
  readonly changedKeysMax: number;
}

/** After so many changes in place the size of an entry is taken anew; until then each counts for so much. */
const changesMax = 32;
const changeBytes = 48;

/**
 * Stands at the current key. Its entry is looked for when it is first used: in the cache, then among what is on its way to the store, then in the store.
 * The only one who says that keys have changed.
 */
export class DiskCursor implements KeyCursor, EntryOwner {
  /** Numbers the times between snapshots; raised by each snapshot. */
  interval = 1;
  readonly groups: DiskGroup[] = [];
  readonly changes: ChangeLog;
  slots = 0;
  /** Null while the current key has no state, and until it is asked for. */
  entry: DiskEntry | null = null;
  private key: unknown;
  private group: DiskGroup | null = null;
  /** Whether `entry` is what there is of the current key. */
  private isFound = false;
  /** How to take back what the current call has done, the last step last; null while nobody might want to. */
  private steps: (() => void)[] | null = null;
  /** Taken out of their slots, which may yet be taken back. */
  private discarded: OutsideContent[] = [];

  constructor(
    private readonly setting: DiskCursorSetting,
    private readonly format: RecordFormat,
  ) {
    this.changes = new ChangeLog(setting.changedKeysMax);
    const { range, watermarkFloor } = setting;
    for (let keyGroup = range.first; keyGroup <= range.last; keyGroup++) {
      this.groups.push(new DiskGroup(keyGroup, watermarkFloor));
    }
  }

  addSlot(): number {
    return this.slots++;
  }

  /** Throws KEY_UNSUPPORTED, and stays where it was. */
  moveTo(key: unknown): void {
    if (key === this.key && this.group !== null) return;
    const { cache } = this.setting;
    if (cache.isOver) this.makeRoom();
    let group: DiskGroup;
    let entry: DiskEntry | undefined;
    if (typeof key === 'string' || (typeof key === 'number' && (key | 0) === key)) {
      group = this.ownGroup(keyGroupOf(key, this.setting.maxParallelism));
      entry = group.entries.getPrimitive(key);
    } else {
      const text = compositeKeyText(key);
      const { maxParallelism } = this.setting;
      group = this.ownGroup(text === null ? keyGroupOf(key, maxParallelism) : keyGroupOfText(text, maxParallelism));
      entry = group.entries.getBy(key, text);
    }
    this.key = key === 0 ? 0 : key;
    this.group = group;
    this.isFound = entry !== undefined;
    this.entry = entry ?? null;
    if (entry !== undefined) entry.used = true;
  }

  leave(): void {
    this.key = undefined;
    this.group = null;
    this.entry = null;
    this.isFound = false;
  }

  get isAtKey(): boolean {
    return this.group !== null;
  }

  currentKey(): unknown {
    return this.placed().group === null ? undefined : this.key;
  }

  watermarkFloor(): number {
    return this.placed().group.watermarkFloor;
  }

  /** A snapshot under way takes what is handed out first, as in the heap: it may be changed in place before that is said. */
  read(slot: number): unknown {
    const entry = this.found();
    if (entry === null) return undefined;
    this.setting.cache.beforeChange(entry);
    return entry.get(slot);
  }

  write(slot: number, content: unknown, noted = true): void {
    const entry = this.found() ?? this.create();
    const before = entry.get(slot);
    if (noted && this.steps !== null) this.noteBefore(slot, before, content);
    this.setting.cache.beforeChange(entry);
    this.letGo(before, content);
    if (entry.filled === 0) entry.group.keys += 1;
    entry.set(slot, content);
    const grownBytes = memorySize(content) - (before === undefined ? 0 : memorySize(before));
    if (grownBytes !== 0) this.setting.cache.resized(entry, entry.bytes + grownBytes);
    this.noteChanged(entry);
  }

  changing(): void {
    const entry = this.entry as DiskEntry;
    const { cache } = this.setting;
    cache.beforeChange(entry);
    entry.grown += 1;
    if (entry.grown < changesMax) cache.resized(entry, entry.bytes + changeBytes);
    else {
      entry.grown = 0;
      cache.resized(entry, entry.size(this.slots));
    }
    this.noteChanged(entry);
  }

  empty(slot: number, noted = true): void {
    const entry = this.found();
    const before = entry?.get(slot);
    if (entry === null || before === undefined) return;
    if (noted && this.steps !== null) this.noteBefore(slot, before, undefined);
    this.setting.cache.beforeChange(entry);
    this.letGo(before, undefined);
    entry.set(slot, undefined);
    if (entry.filled === 0) entry.group.keys -= 1;
    this.setting.cache.resized(entry, entry.bytes - memorySize(before));
    this.noteChanged(entry);
  }

  /** From here on every change to the current key can be taken back, until `keep` or `takeBack`. */
  begin(): void {
    this.steps = [];
  }

  keep(): void {
    this.steps = null;
    const { discarded } = this;
    if (discarded.length === 0) return;
    this.discarded = [];
    for (const content of discarded) content.discard();
  }

  /** What the current key has is what it was at `begin`; only the order of map entries that were removed is lost. */
  takeBack(): void {
    const steps = this.steps ?? [];
    this.steps = null;
    this.discarded = [];
    for (const step of steps.reverse()) step();
  }

  get notes(): boolean {
    return this.steps !== null;
  }

  note(step: () => void): void {
    this.steps?.push(step);
  }

  encode(entry: DiskEntry): Uint8Array {
    return this.format.encode(entry);
  }

  ownGroup(keyGroup: number): DiskGroup {
    const { range, operator, maxParallelism } = this.setting;
    return this.groups[keyGroup - range.first] ?? refuseForeignGroup(operator, keyGroup, range, maxParallelism);
  }

  /** What is stored under a key, as far as it is known here. */
  stored(storeKey: StoreKey): Uint8Array | undefined {
    const { writes, store } = this.setting;
    const written = writes.get(storeKey);
    return written === undefined ? store.get(storeKey) : (written ?? undefined);
  }

  /** Between two keys nothing is in use. */
  private makeRoom(): void {
    const { entry } = this;
    this.entry = null;
    this.setting.cache.makeRoom();
    // It may be gone, and is looked for again.
    if (entry !== null && entry.at < 0) this.isFound = false;
    else this.entry = entry;
  }

  /** Of a key in memory that is not the current one, or is. `change` says whether it changed anything. */
  changeOther(entry: DiskEntry, change: () => boolean): void {
    this.setting.cache.beforeChange(entry);
    if (!change()) return;
    if (entry.filled === 0) entry.group.keys -= 1;
    this.noteChanged(entry);
  }

  private placed(): { readonly group: DiskGroup } {
    return { group: this.group ?? refuseNoKey(this.setting.operator) };
  }

  private found(): DiskEntry | null {
    return this.isFound ? this.entry : this.find();
  }

  private find(): DiskEntry | null {
    const { group } = this.placed();
    const storeKey = recordKey(group.prefix, canonicalKeyText(this.key));
    const bytes = this.stored(storeKey);
    this.isFound = true;
    if (bytes === undefined) return null;
    const entry = new DiskEntry(this.key, group, storeKey, this);
    this.format.decode(bytes, entry);
    // Live objects are about twice as large as their bytes; the first changes in place take their size.
    entry.bytes += 2 * bytes.length;
    return this.add(entry);
  }

  private create(): DiskEntry {
    const { group } = this.placed();
    return this.add(new DiskEntry(this.key, group, recordKey(group.prefix, canonicalKeyText(this.key)), this));
  }

  private add(entry: DiskEntry): DiskEntry {
    this.entry = entry;
    entry.group.entries.set(entry.key, entry);
    this.setting.cache.add(entry);
    return entry;
  }

  private noteBefore(slot: number, before: unknown, after: unknown): void {
    if (before === after) return;
    this.note(() => (before === undefined ? this.empty(slot) : this.write(slot, before)));
  }

  private noteChanged(entry: DiskEntry): void {
    if (entry.changedIn !== this.interval) {
      entry.changedIn = this.interval;
      this.changes.note(entry.group, this.interval, entry.storeKey, entry.key);
    }
    this.setting.cache.changed(entry);
  }

  private letGo(before: unknown, after: unknown): void {
    if (before === after || !isOutside(before)) return;
    if (this.steps === null) before.discard();
    else this.discarded.push(before);
  }
}

const isOutside = (content: unknown): content is OutsideContent =>
  typeof content === 'object' && content !== null && 'isOutside' in content;
