import { CanonicalMap } from './canonical-map.js';

/** What is left when expired entries have gone. */
export type Remains = 'all' | 'some' | 'none';

/** What a slot of a state with a TTL holds. Times are wall-clock milliseconds of the last touch. */
export interface TimedContent {
  /** Whether anything in it was last touched at `through` or before. */
  hasExpired(through: number): boolean;
  /** What is left of it, in a content of its own when that is less; null when nothing is. */
  without(through: number): TimedContent | null;
  /** Lets go of what was last touched at `through` or before. */
  dropExpired(through: number): Remains;
}

/** One value: of value, reducing and aggregating state, and of a map under one of its keys. */
export class TimedCell implements TimedContent {
  constructor(
    readonly value: unknown,
    public atMs: number,
  ) {}

  hasExpired(through: number): boolean {
    return this.atMs <= through;
  }

  without(through: number): TimedCell | null {
    return this.atMs <= through ? null : this;
  }

  dropExpired(through: number): Remains {
    return this.atMs <= through ? 'none' : 'all';
  }
}

/** An array that was handed out is never changed again. Each value has its time at the same index. */
export class TimedList implements TimedContent {
  handedOut = false;

  constructor(
    public values: unknown[],
    public times: number[],
  ) {}

  hasExpired(through: number): boolean {
    return this.times.some((atMs) => atMs <= through);
  }

  without(through: number): TimedList | null {
    if (!this.hasExpired(through)) return this;
    const rest = new TimedList(this.values, this.times);
    return rest.dropExpired(through) === 'none' ? null : rest;
  }

  dropExpired(through: number): Remains {
    if (!this.hasExpired(through)) return 'all';
    const { times } = this;
    this.values = this.values.filter((_, index) => (times[index] as number) > through);
    this.times = times.filter((atMs) => atMs > through);
    this.handedOut = false;
    return this.values.length === 0 ? 'none' : 'some';
  }
}

export class TimedMap implements TimedContent {
  constructor(readonly cells: CanonicalMap<unknown, TimedCell>) {}

  hasExpired(through: number): boolean {
    for (const [, { atMs }] of this.cells.entries()) if (atMs <= through) return true;
    return false;
  }

  without(through: number): TimedMap | null {
    if (!this.hasExpired(through)) return this;
    const rest = new CanonicalMap<unknown, TimedCell>();
    for (const [key, cell] of this.cells.entries()) if (cell.atMs > through) rest.set(key, cell);
    return rest.size === 0 ? null : new TimedMap(rest);
  }

  dropExpired(through: number): Remains {
    const { cells } = this;
    const before = cells.size;
    for (const [key, { atMs }] of cells.entries()) if (atMs <= through) cells.delete(key);
    if (cells.size === before) return 'all';
    return cells.size === 0 ? 'none' : 'some';
  }
}
