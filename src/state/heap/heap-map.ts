import { CanonicalMap } from './canonical-map.js';

/** Larger maps remember which of their keys changed; smaller ones are written whole. */
const wholeMax = 16;

/** What became of keys: `removed` ones may have come back since, and then stand behind what was set before. */
export type ChangedKeys<K> = CanonicalMap<K, 'set' | 'removed'>;

/**
 * What the slot of a map holds. A large one remembers the keys that changed in the interval of its last change, up to half of them, so that a delta holds these alone.
 */
export class HeapMap<K, V> extends CanonicalMap<K, V> {
  private changedIn = 0;
  private changed: ChangedKeys<K> | null = null;

  /** To be called before a key is set, and after the entry was marked as changed. */
  setting(key: K, interval: number): void {
    if (this.changedIn !== interval) this.open(interval);
    const { changed } = this;
    if (changed === null) return;
    const before = changed.get(key);
    if (before === 'removed' && !this.has(key)) {
      changed.delete(key);
      changed.set(key, 'removed');
    } else if (before === undefined) this.note(changed, key, 'set');
  }

  /** The same before a key is deleted. */
  removing(key: K, interval: number): void {
    if (this.changedIn !== interval) this.open(interval);
    if (this.changed !== null) this.note(this.changed, key, 'removed');
  }

  /**
   * The keys that changed since a base, if all did in the interval of its last change; null when they are not known. None where that was before the base, which
   * then has them in their order.
   */
  changedSince(base: number): ChangedKeys<K> | null {
    return this.changedIn > 0 && this.changedIn <= base ? new CanonicalMap() : this.changed;
  }

  private note(changed: ChangedKeys<K>, key: K, change: 'set' | 'removed'): void {
    changed.set(key, change);
    if (changed.size * 2 > this.size) this.changed = null;
  }

  private open(interval: number): void {
    this.changedIn = interval;
    this.changed = this.size > wholeMax ? new CanonicalMap() : null;
  }
}
