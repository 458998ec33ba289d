import type { Ttl } from '../ttl.js';
import type { CanonicalMap } from './canonical-map.js';
import type { Cursor } from './cursor.js';
import type { Entry } from './key-group.js';
import type { TimedContent } from './timed-content.js';

/** Tells what of one state has expired, and gives its memory back bit by bit. */
export class Expiry {
  /** The group that is being looked through, and where in it. */
  private group = 0;
  private keys: Iterator<readonly [unknown, Entry]> | null = null;
  /** What was last touched then, or before, is left out of the snapshot under way. */
  private leftOutThrough = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly cursor: Cursor,
    private readonly slot: number,
    readonly ttl: Ttl,
    private readonly wallMs: () => number,
  ) {}

  /** To be called at each access, before it: returns the time, and looks at the next keys. */
  access(): number {
    const nowMs = this.wallMs();
    if (this.ttl.incrementalKeys > 0) this.lookAt(this.ttl.incrementalKeys, nowMs - this.ttl.ttlMs);
    return nowMs;
  }

  /** What was last touched then has expired. */
  through(nowMs: number): number {
    return nowMs - this.ttl.ttlMs;
  }

  /** A snapshot begins. Time stands still for all of it: what it counts is there when it comes to be written. */
  snapshotBegins(): void {
    if (this.ttl.inFullSnapshot) this.leftOutThrough = this.through(this.wallMs());
  }

  /** What of a content goes into the snapshot; undefined when nothing does. */
  stored(content: TimedContent): TimedContent | undefined {
    return this.ttl.inFullSnapshot ? (content.without(this.leftOutThrough) ?? undefined) : content;
  }

  /** After a key was written in full: what did not go into the snapshot gives its memory back. */
  afterImage(group: number, key: unknown, entry: Entry): void {
    if (this.ttl.inFullSnapshot) this.drop(group, key, entry, this.leftOutThrough);
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
        // Everything there is has been looked at.
        if (groupsLeft < 0) return;
        continue;
      }
      keysLeft -= 1;
      this.drop(this.group, next[0], next[1], through);
    }
  }

  private nextOf(entries: CanonicalMap<unknown, Entry>): readonly [unknown, Entry] | undefined {
    this.keys ??= entries.entries();
    const next = this.keys.next();
    return next.done === true ? undefined : next.value;
  }

  private drop(group: number, key: unknown, entry: Entry, through: number): void {
    const content = entry.get(this.slot) as TimedContent | undefined;
    if (content === undefined || !content.hasExpired(through)) return;
    this.cursor.changingOf(group, key, entry, this.slot);
    if (content.dropExpired(through) === 'none') this.cursor.emptyOf(group, key, entry, this.slot);
  }
}
