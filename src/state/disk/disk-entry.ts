import type { StoreKey } from '../../ports/key-value-engine.js';
import { CanonicalMap } from '../heap/canonical-map.js';
import { Entry } from '../heap/key-group.js';
import type { Cached } from './entry-cache.js';
import { memorySize } from './memory-size.js';
import { groupPrefix } from './store-keys.js';

/** How entries are written, and which one is in use. */
export interface EntryOwner {
  encode(entry: DiskEntry): Uint8Array | null;
  readonly entry: DiskEntry | null;
}

/** An entry, its place in the cache and in a Map, and its key twice. */
const entryBytes = 320;

/** All that one key has, while it is in memory. Empty, it stands for a key that is to be taken out of the store. */
export class DiskEntry extends Entry implements Cached {
  /** How many slots hold something. */
  filled = 0;
  bytes: number;
  at = -1;
  used = true;
  dirtyIn = 0;
  /** The interval between snapshots in which it was last changed, as far as it is remembered here. */
  changedIn = 0;
  /** Changes in place since its size was last taken. */
  grown = 0;

  constructor(
    readonly key: unknown,
    readonly group: DiskGroup,
    readonly storeKey: StoreKey,
    private readonly owner: EntryOwner,
  ) {
    super();
    this.bytes = entryBytes + 2 * storeKey.length;
  }

  override set(slot: number, content: unknown): void {
    this.filled += Number(content !== undefined) - Number(this.get(slot) !== undefined);
    super.set(slot, content);
  }

  encoded(): Uint8Array | null {
    return this.filled === 0 ? null : this.owner.encode(this);
  }

  isPinned(): boolean {
    return this.owner.entry === this;
  }

  evicted(): void {
    this.group.entries.delete(this.key);
  }

  size(slots: number): number {
    let bytes = entryBytes + 2 * this.storeKey.length;
    for (let slot = 0; slot < slots; slot++) {
      const content = this.get(slot);
      if (content !== undefined) bytes += memorySize(content);
    }
    return bytes;
  }
}

/** One key group: what of it is in memory, and what there is of it at all. */
export class DiskGroup {
  readonly prefix: StoreKey;
  /** The keys that are in memory. */
  readonly entries = new CanonicalMap<unknown, DiskEntry>();
  /** How many keys have state, wherever they are. */
  keys = 0;
  /** The interval between snapshots in which anything in it changed last. */
  changedIn = 0;

  constructor(
    readonly keyGroup: number,
    /** The watermark it was restored with: what it had purged by then must not come back. */
    public watermarkFloor: number,
  ) {
    this.prefix = groupPrefix(keyGroup);
  }
}
