import type { Entry } from '../heap/key-group.js';
import type { TimedContent } from '../heap/timed-content.js';
import type { Expiring } from '../key-cursor.js';
import type { Ttl } from '../ttl.js';
import type { DiskCursor } from './disk-cursor.js';
import type { DiskEntry } from './disk-entry.js';

/** Tells what of one state has expired. Gives back bit by bit what keys in memory hold; what is in the store goes when its key is used, or with a full image that leaves it out. */
export class DiskExpiry implements Expiring {
  /** The group that is being looked through, and where in it. */
  private group = 0;
  private keys: Iterator<readonly [unknown, DiskEntry]> | null = null;

  constructor(
    private readonly cursor: DiskCursor,
    private readonly slot: number,
    readonly ttl: Ttl,
    private readonly wallMs: () => number,
  ) {}

  access(): number {
    const nowMs = this.wallMs();
    if (this.ttl.incrementalKeys > 0) this.lookAt(this.ttl.incrementalKeys, nowMs - this.ttl.ttlMs);
    return nowMs;
  }

  through(nowMs: number): number {
    return nowMs - this.ttl.ttlMs;
  }

  /** Whether full images leave out what has expired. */
  get cleansImages(): boolean {
    return this.ttl.inFullSnapshot;
  }

  /** Of an entry that was read for an image, and is nobody else's. */
  clean(entry: Entry): void {
    const content = entry.get(this.slot) as TimedContent | undefined;
    if (content?.dropExpired(this.through(this.wallMs())) === 'none') entry.set(this.slot, undefined);
  }

  private lookAt(keysMax: number, through: number): void {
    const { groups } = this.cursor;
    let groupsLeft = groups.length;
    for (let keysLeft = keysMax; keysLeft > 0; ) {
      const entries = groups[this.group]?.entries;
      const next = entries === undefined || entries.size === 0 ? undefined : this.nextOf(entries);
      if (next === undefined) {
        this.keys = null;
        this.group = (this.group + 1) % groups.length;
        groupsLeft -= 1;
        // Everything in memory has been looked at.
        if (groupsLeft < 0) return;
        continue;
      }
      keysLeft -= 1;
      const [, entry] = next;
      if (entry.get(this.slot) === undefined) continue;
      this.cursor.changeOther(entry, () => {
        const content = entry.get(this.slot) as TimedContent;
        const remains = content.dropExpired(through);
        if (remains === 'none') entry.set(this.slot, undefined);
        return remains !== 'all';
      });
    }
  }

  private nextOf(entries: {
    entries(): Iterator<readonly [unknown, DiskEntry]>;
  }): readonly [unknown, DiskEntry] | undefined {
    this.keys ??= entries.entries();
    const next = this.keys.next();
    return next.done === true ? undefined : next.value;
  }
}
