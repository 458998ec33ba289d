import { CanonicalMap } from './canonical-map.js';

/**
 * What one key has in each state, by the slot of the state; undefined where it has nothing. The first slot is a field,
 * because most operators have one state, and an array for it would double the memory of a small value.
 */
export class Entry {
  filled = 0;
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

/** All keys of one key group: a Map each, so that none outgrows what one Map holds or stalls the task in one rehash. */
export class KeyGroup {
  readonly keyGroup: number;
  /** The watermark it was restored with: what it had purged by then must not come back. */
  readonly watermarkFloor: number;
  readonly entries = new CanonicalMap<unknown, Entry>();
  /** The interval between snapshots in which anything in it changed last. */
  changedIn = 0;

  constructor(keyGroup: number, watermarkFloor: number) {
    this.keyGroup = keyGroup;
    this.watermarkFloor = watermarkFloor;
  }
}
