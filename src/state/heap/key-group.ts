import { CanonicalMap } from './canonical-map.js';

/**
 * What one key has in each state, by the slot of the state; undefined where it has nothing. The first slot is a field,
 * because most operators have one state, and an array for it would double the memory of a small value.
 */
export class Entry {
  /** The slots that changed in the interval of the last change, a bit for each. */
  changes = 0;
  private first: unknown = undefined;
  /** Slots from 1 on, at index slot − 1. */
  private others: unknown[] | null = null;

  /**
   * `stamp`: the interval in which it changed last, or what stands for the snapshot that wrote it last, whichever is later. `since`: its stamp before that change;
   * nothing but `changes` has changed since then. Both are the interval in which it is made, or zero for what is restored.
   */
  constructor(
    public stamp = 0,
    public since = stamp,
  ) {}

  get(slot: number): unknown {
    return slot === 0 ? this.first : this.others?.[slot - 1];
  }

  set(slot: number, content: unknown): void {
    if (slot === 0) this.first = content;
    else this.setOther(slot - 1, content);
  }

  get isEmpty(): boolean {
    return this.first === undefined && (this.others === null || this.others.every((content) => content === undefined));
  }

  private setOther(index: number, content: unknown): void {
    this.others ??= [];
    while (this.others.length < index) this.others.push(undefined);
    this.others[index] = content;
  }
}

/** The last bit that stands for a slot; slots beyond share it. */
const lastBit = 29;

export const bitOf = (slot: number): number => 1 << Math.min(slot, lastBit);

/** Keys and entries that changed in one interval, in turns, in the order of their first change; also those that were emptied. */
export interface IntervalChanges {
  readonly interval: number;
  readonly keysAndEntries: unknown[];
}

/** So many changes are remembered however small the group is. */
const rememberedMin = 32;

/**
 * All keys of one key group: a Map each, so that none outgrows what one Map holds or stalls the task in one rehash. Remembers what has changed, interval by
 * interval, up to half of what it holds: if it is more, a delta would gain nothing, and the group is written in full.
 */
export class KeyGroup {
  readonly keyGroup: number;
  /** The watermark it was restored with: what it had purged by then must not come back. */
  readonly watermarkFloor: number;
  readonly entries = new CanonicalMap<unknown, Entry>();
  /** The interval between snapshots in which anything in it changed last. */
  changedIn = 0;
  /** All that changed after this interval, or the base that ended it, is remembered. */
  private completeSince = 1;
  private remembered: IntervalChanges[] = [];
  private rememberedCount = 0;

  constructor(keyGroup: number, watermarkFloor: number) {
    this.keyGroup = keyGroup;
    this.watermarkFloor = watermarkFloor;
  }

  /** At its first change in the interval. */
  remember(key: unknown, entry: Entry, interval: number): void {
    this.changedIn = interval;
    if (this.completeSince === interval) return;
    let changes = this.remembered.at(-1);
    if (changes?.interval !== interval) {
      changes = { interval, keysAndEntries: [] };
      this.remembered.push(changes);
    }
    changes.keysAndEntries.push(key, entry);
    this.rememberedCount += 1;
    if (this.rememberedCount <= (this.entries.size >> 1) + rememberedMin) return;
    this.completeSince = interval;
    this.remembered = [];
    this.rememberedCount = 0;
  }

  /** What changed up to this base is confirmed. */
  forgetThrough(base: number): void {
    while (this.remembered[0] !== undefined && this.remembered[0].interval <= base) {
      this.rememberedCount -= (this.remembered.shift() as IntervalChanges).keysAndEntries.length / 2;
    }
  }

  /** What it was restored from is a base: all that changes from now on is remembered. */
  isBase(): void {
    this.completeSince = 0;
  }

  /** What changed since the base; null when not all of it is remembered. What is returned does not grow once its intervals are over. */
  changesSince(base: number): readonly IntervalChanges[] | null {
    return this.completeSince > base ? null : this.remembered.filter(({ interval }) => interval > base);
  }
}
