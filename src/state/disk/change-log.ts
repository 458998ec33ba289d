import type { StoreKey } from '../../ports/key-value-engine.js';
import type { DiskGroup } from './disk-entry.js';

/** The keys that were changed, by their keys in the store. */
type ChangedKeys = Map<StoreKey, unknown>;

interface GroupChanges {
  /** By the interval between snapshots. */
  readonly intervals: Map<number, ChangedKeys>;
  count: number;
  /** In this interval it was last forgotten what changed: only a full image says it. */
  lostIn: number;
}

/**
 * Which keys changed in which interval, for deltas. It remembers up to so many; beyond, it forgets the group that changed most, which is then written in full.
 */
export class ChangeLog {
  private readonly groups = new Map<DiskGroup, GroupChanges>();
  private count = 0;

  constructor(private readonly keysMax: number) {}

  note(group: DiskGroup, interval: number, storeKey: StoreKey, key: unknown): void {
    group.changedIn = interval;
    const changes = this.of(group);
    if (changes.lostIn === interval) return;
    let keys = changes.intervals.get(interval);
    if (keys === undefined) {
      keys = new Map();
      changes.intervals.set(interval, keys);
    }
    if (keys.has(storeKey)) return;
    keys.set(storeKey, key);
    changes.count += 1;
    this.count += 1;
    if (this.count > this.keysMax) this.forgetMost(interval);
  }

  /** What changed after that interval; null when that is not known. */
  since(group: DiskGroup, interval: number): ReadonlyMap<StoreKey, unknown> | null {
    const changes = this.of(group);
    if (changes.lostIn > interval) return null;
    const since: ChangedKeys = new Map();
    for (const [each, keys] of changes.intervals) {
      if (each > interval) for (const [storeKey, key] of keys) since.set(storeKey, key);
    }
    return since;
  }

  /** Nobody asks for what changed in that interval or before it any more. */
  forgetThrough(interval: number): void {
    for (const changes of this.groups.values()) {
      for (const [each, { size }] of changes.intervals) {
        if (each > interval) continue;
        changes.intervals.delete(each);
        changes.count -= size;
        this.count -= size;
      }
    }
  }

  private of(group: DiskGroup): GroupChanges {
    let changes = this.groups.get(group);
    if (changes === undefined) {
      changes = { intervals: new Map(), count: 0, lostIn: 0 };
      this.groups.set(group, changes);
    }
    return changes;
  }

  private forgetMost(interval: number): void {
    let most: GroupChanges | null = null;
    for (const changes of this.groups.values()) if (most === null || changes.count > most.count) most = changes;
    if (most === null) return;
    this.count -= most.count;
    most.count = 0;
    most.intervals.clear();
    most.lostIn = interval;
  }
}
