import type { StoreKey } from '../../ports/key-value-engine.js';
import type { Moment, WriteBehind } from './write-behind.js';

/** Live objects that stand for one key of the store. */
export interface Cached {
  readonly storeKey: StoreKey;
  /** About what it takes of memory. */
  bytes: number;
  /** Where it stands in the cache; below zero when it is not in it. */
  at: number;
  /** Since the cache last came by. */
  used: boolean;
  /** The epoch in which it was last changed and not written since; 0 when it is as what is below has it. */
  dirtyIn: number;
  /** As bytes, or null when nothing of it is left. Throws for what cannot be stored. */
  encoded(): Uint8Array | null;
  /** It is in use just now, and stays. */
  isPinned(): boolean;
  /** It is out of the cache: whoever finds it by its key must not any more. */
  evicted(): void;
}

/** Steps past what is clean cost little, but not nothing. */
const stepsPerEntry = 16;

/**
 * Live objects by their size, up to a budget: over it, those go that were not used for a round of the clock hand. What was changed is written when it goes, or when a
 * snapshot wants it. A snapshot freezes what is dirty at its moment: each is encoded before it is changed again, or leaves, or when its turn comes.
 */
export class EntryCache {
  private readonly ring: Cached[] = [];
  private hand = 0;
  private bytes = 0;
  private epoch = 1;
  /** How many entries it has put out. */
  written = 0;
  private freeze: { readonly moment: Moment; left: number } | null = null;

  constructor(
    private readonly writes: WriteBehind,
    private readonly bytesMax: number,
  ) {}

  add(entry: Cached): void {
    entry.at = this.ring.length;
    entry.used = true;
    this.ring.push(entry);
    this.bytes += entry.bytes;
  }

  /** Over its budget: to be answered with `makeRoom` as soon as nothing is in use that is not pinned. */
  get isOver(): boolean {
    return this.bytes > this.bytesMax;
  }

  resized(entry: Cached, bytes: number): void {
    this.bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  /** It is nothing any more, and what is below knows nothing of it or may keep it. */
  drop(entry: Cached): void {
    const { ring } = this;
    const last = ring.pop() as Cached;
    if (last !== entry) {
      ring[entry.at] = last;
      last.at = entry.at;
    }
    entry.at = -1;
    this.bytes -= entry.bytes;
  }

  /** To be called before what is in it is changed: the snapshot under way still needs it as it is. */
  beforeChange(entry: Cached): void {
    if (this.freeze !== null && entry.dirtyIn !== 0 && entry.dirtyIn !== this.epoch) this.capture(entry);
  }

  /** It was changed, or is about to be, and `beforeChange` was called. */
  changed(entry: Cached): void {
    entry.dirtyIn = this.epoch;
  }

  makeRoom(): void {
    const { ring } = this;
    for (let stepsLeft = 2 * ring.length; this.bytes > this.bytesMax && stepsLeft > 0; stepsLeft--) {
      if (this.hand >= ring.length) this.hand = 0;
      const entry = ring[this.hand] as Cached;
      if (entry.isPinned() || entry.used) {
        entry.used = false;
        this.hand += 1;
      } else this.evict(entry);
    }
  }

  /** From here on what is dirty now is kept for the moment. */
  freezeDirty(): void {
    this.freeze = { moment: this.writes.fixMoment(), left: this.ring.length };
    this.epoch += 1;
  }

  /** Encodes so many of what is frozen; true when that was all. */
  captureSome(entriesMax: number, reached: () => void): boolean {
    const { freeze, ring, epoch } = this;
    if (freeze === null) return true;
    let left = entriesMax;
    let steps = entriesMax * stepsPerEntry;
    // From the end to the start: what takes the place of one that goes comes from the end, and was seen.
    freeze.left = Math.min(freeze.left, ring.length);
    for (; freeze.left > 0; freeze.left -= 1) {
      if (left <= 0 || steps <= 0) return false;
      steps -= 1;
      const entry = ring[freeze.left - 1] as Cached;
      if (entry.dirtyIn === 0 || entry.dirtyIn === epoch) continue;
      left -= 1;
      this.capture(entry);
    }
    this.freeze = null;
    freeze.moment.complete(reached);
    return true;
  }

  cancelFreeze(): void {
    this.freeze?.moment.cancel();
    this.freeze = null;
  }

  private capture(entry: Cached): void {
    this.written += 1;
    (this.freeze as { moment: Moment }).moment.put(entry.storeKey, entry.encoded());
    entry.dirtyIn = 0;
  }

  private evict(entry: Cached): void {
    if (entry.dirtyIn !== 0) {
      if (this.freeze !== null && entry.dirtyIn !== this.epoch) this.capture(entry);
      else {
        this.written += 1;
        this.writes.put(entry.storeKey, entry.encoded());
      }
      entry.dirtyIn = 0;
    }
    this.drop(entry);
    entry.evicted();
  }
}
