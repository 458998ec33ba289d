import { compositeKeyText } from '../canonical-key.js';
import { type KeyGroupRange, keyGroupOf, keyGroupOfText } from '../key-groups.js';
import { refuseForeignGroup, refuseNoKey } from '../key-refusals.js';
import { bitOf, Entry, KeyGroup } from './key-group.js';

/** A snapshot that is being written. */
export interface Witness {
  /** An entry is about to change for the first time since the snapshot began. */
  beforeChange(group: KeyGroup, key: unknown, entry: Entry): void;
  /** The number that stands for it among the intervals. */
  readonly stamp: number;
  /** What an entry of an earlier stamp holds is about to be handed out to code that might change it in place. */
  beforeUse(group: KeyGroup, key: unknown, entry: Entry): void;
}

/**
 * Stands at the current key: where it is in its key group is looked up once, when the key is set, and then serves every
 * state and every access. The only one who marks entries as changed, always before they are: a snapshot under way writes first what was there.
 */
export class Cursor {
  /** Numbers the times between snapshots, with odd numbers. The even number after it stands for the snapshot that ended it. */
  interval = 1;
  /** The snapshot under way. */
  witness: Witness | null = null;
  readonly groups: KeyGroup[] = [];
  private readonly operator: string;
  private readonly maxParallelism: number;
  private readonly range: KeyGroupRange;
  private slots = 0;
  private key: unknown;
  private group: KeyGroup | null = null;
  /** Null while the current key has no state: reading makes none. */
  private entry: Entry | null = null;
  /** How to take back what the current call has done, the last step last; null while nobody might want to. */
  private steps: (() => void)[] | null = null;

  constructor(operator: string, maxParallelism: number, range: KeyGroupRange, watermarkFloor: number) {
    this.operator = operator;
    this.maxParallelism = maxParallelism;
    this.range = range;
    for (let keyGroup = range.first; keyGroup <= range.last; keyGroup++) {
      this.groups.push(new KeyGroup(keyGroup, watermarkFloor));
    }
  }

  addSlot(): number {
    return this.slots++;
  }

  /** Throws KEY_UNSUPPORTED, and stays where it was. */
  moveTo(key: unknown): void {
    if (key === this.key && this.group !== null) return;
    if (typeof key === 'string' || (typeof key === 'number' && (key | 0) === key)) {
      const group = this.ownGroup(keyGroupOf(key, this.maxParallelism));
      this.entry = group.entries.getPrimitive(key) ?? null;
      this.group = group;
    } else {
      const text = compositeKeyText(key);
      const { maxParallelism } = this;
      const group = this.ownGroup(
        text === null ? keyGroupOf(key, maxParallelism) : keyGroupOfText(text, maxParallelism),
      );
      this.entry = group.entries.getBy(key, text) ?? null;
      this.group = group;
    }
    this.key = key === 0 ? 0 : key;
  }

  /** Where the current key is. It must have state. */
  place(): { readonly key: unknown; readonly group: KeyGroup; readonly entry: Entry } {
    if (this.group === null || this.entry === null) refuseNoKey(this.operator);
    return { key: this.key, group: this.group, entry: this.entry };
  }

  /** To a key whose place is known. It must have had state ever since. */
  moveBack({ key, group, entry }: { readonly key: unknown; readonly group: KeyGroup; readonly entry: Entry }): void {
    this.key = key;
    this.group = group;
    this.entry = entry;
  }

  leave(): void {
    this.key = undefined;
    this.group = null;
    this.entry = null;
  }

  get isAtKey(): boolean {
    return this.group !== null;
  }

  currentKey(): unknown {
    if (this.group === null) refuseNoKey(this.operator);
    return this.key;
  }

  watermarkFloor(): number {
    if (this.group === null) refuseNoKey(this.operator);
    return this.group.watermarkFloor;
  }

  /** While a snapshot is under way, what is handed out is written first: who folds into it in place, or has a method do that, tells only when it is done. */
  read(slot: number): unknown {
    const { entry, witness } = this;
    if (entry !== null) {
      if (witness !== null && entry.stamp < witness.stamp) witness.beforeUse(this.group as KeyGroup, this.key, entry);
      return entry.get(slot);
    }
    if (this.group === null) refuseNoKey(this.operator);
    return undefined;
  }

  /** `noted` is false for what notes itself how it is taken back. */
  write(slot: number, content: unknown, noted = true): void {
    const entry = this.entry ?? this.createEntry();
    if (noted && this.steps !== null) this.noteBefore(slot, entry.get(slot), content);
    if (entry.stamp !== this.interval) this.firstChange(this.group as KeyGroup, this.key, entry);
    entry.changes |= bitOf(slot);
    entry.set(slot, content);
  }

  /** What a slot of the current key holds is about to be changed in place. */
  changing(slot: number): void {
    const entry = this.entry as Entry;
    if (entry.stamp !== this.interval) this.firstChange(this.group as KeyGroup, this.key, entry);
    entry.changes |= bitOf(slot);
  }

  /** The same for any key. */
  changingOf(groupIndex: number, key: unknown, entry: Entry, slot: number): void {
    if (entry.stamp !== this.interval) this.firstChange(this.groups[groupIndex] as KeyGroup, key, entry);
    entry.changes |= bitOf(slot);
  }

  /** Empties the slot; a key without any state is forgotten. */
  empty(slot: number, noted = true): void {
    const before = this.read(slot);
    if (before === undefined) return;
    if (noted && this.steps !== null) this.noteBefore(slot, before, undefined);
    this.emptyIn(this.group as KeyGroup, this.key, this.entry as Entry, slot);
  }

  /** The same for any key. */
  emptyOf(groupIndex: number, key: unknown, entry: Entry, slot: number): void {
    this.emptyIn(this.groups[groupIndex] as KeyGroup, key, entry, slot);
  }

  /** From here on every change to the current key can be taken back, until `keep` or `takeBack`. */
  begin(): void {
    this.steps = [];
  }

  keep(): void {
    this.steps = null;
  }

  /** What the current key has is what it was at `begin`; only the order of map entries that were removed is lost. */
  takeBack(): void {
    const steps = this.steps ?? [];
    this.steps = null;
    for (const step of steps.reverse()) step();
  }

  /** Whether anybody might take back what is changed now. */
  get notes(): boolean {
    return this.steps !== null;
  }

  /** How to take back a change in place. Who changes much asks `notes` first. */
  note(step: () => void): void {
    this.steps?.push(step);
  }

  /** Puts something else in a slot of every key that has something there. Where `isNew` it is other bytes in a snapshot, and marked as changed. */
  convert(slot: number, change: (content: unknown) => unknown, isNew: boolean): void {
    for (const [index, group] of this.groups.entries()) {
      for (const [key, entry] of group.entries.entries()) {
        const content = entry.get(slot);
        if (content === undefined) continue;
        if (isNew) this.changingOf(index, key, entry, slot);
        entry.set(slot, change(content));
      }
    }
  }

  ownGroup(keyGroup: number): KeyGroup {
    const group = this.groups[keyGroup - this.range.first];
    if (group !== undefined) return group;
    return refuseForeignGroup(this.operator, keyGroup, this.range, this.maxParallelism);
  }

  /** Puts a restored group in the place of the empty one. */
  install(group: KeyGroup): void {
    this.groups[group.keyGroup - this.range.first] = group;
  }

  private noteBefore(slot: number, before: unknown, after: unknown): void {
    if (before === after) return;
    this.note(() => (before === undefined ? this.empty(slot) : this.write(slot, before)));
  }

  private emptyIn(group: KeyGroup, key: unknown, entry: Entry, slot: number): void {
    if (entry.stamp !== this.interval) this.firstChange(group, key, entry);
    entry.changes |= bitOf(slot);
    entry.set(slot, undefined);
    if (!entry.isEmpty) return;
    group.entries.delete(key);
    if (this.entry === entry) this.entry = null;
  }

  private firstChange(group: KeyGroup, key: unknown, entry: Entry): void {
    this.witness?.beforeChange(group, key, entry);
    entry.changes = 0;
    entry.since = entry.stamp;
    entry.stamp = this.interval;
    group.remember(key, entry, this.interval);
  }

  private createEntry(): Entry {
    const { group, key, interval } = this;
    if (group === null) refuseNoKey(this.operator);
    const entry = new Entry(interval);
    group.entries.set(key, entry);
    group.remember(key, entry, interval);
    this.entry = entry;
    return entry;
  }
}
