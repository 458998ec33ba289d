import { CanonicalMap } from './canonical-map.js';

/**
 * What one key has in each state, by the slot of the state; undefined where it has nothing. The first slot is a field,
 * because most operators have one state, and an array for it would double the memory of a small value.
 */
export class Entry {
  filled = 0;
  /** The interval in which it changed last, or the end of the interval with which it was last written by a snapshot, whichever is later. */
  stamp = 0;
  /** What has changed since the newest confirmed base, or earlier: a bit for each slot, and `born`. */
  changes = 0;
  private first: unknown = undefined;
  /** Slots from 1 on, at index slot − 1. */
  private others: unknown[] | null = null;

  get(slot: number): unknown {
    return slot === 0 ? this.first : this.others?.[slot - 1];
  }

  /** Counts what is filled. */
  set(slot: number, content: unknown): void {
    this.filled += Number(content !== undefined) - Number(this.get(slot) !== undefined);
    if (slot === 0) this.first = content;
    else this.setOther(slot - 1, content);
  }

  private setOther(index: number, content: unknown): void {
    this.others ??= [];
    while (this.others.length < index) this.others.push(undefined);
    this.others[index] = content;
  }
}

/** The last bit that stands for a slot; slots beyond share it. */
const lastBit = 28;

/** Among the changes of an entry: the base may know its key from before, with content that is not what this entry grew from. */
export const born = 1 << 29;

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
