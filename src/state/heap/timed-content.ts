import type { CanonicalMap } from './canonical-map.js';

/** What is left when expired entries have gone. */
export type Remains = 'all' | 'some' | 'none';

/** What a slot of a state with a TTL holds. Times are wall-clock milliseconds of the last touch. */
export interface TimedContent {
  /** Lets go of what was last touched at `through` or before. */
  dropExpired(through: number): Remains;
}

/** One value: of value, reducing and aggregating state, and of a map under one of its keys. */
export class TimedCell implements TimedContent {
  constructor(
    readonly value: unknown,
    public atMs: number,
  ) {}

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

  dropExpired(through: number): Remains {
    if (!this.times.some((atMs) => atMs <= through)) return 'all';
    const { times } = this;
    this.values = this.values.filter((_, index) => (times[index] as number) > through);
    this.times = times.filter((atMs) => atMs > through);
    this.handedOut = false;
    return this.values.length === 0 ? 'none' : 'some';
  }
}

export class TimedMap implements TimedContent {
  constructor(readonly cells: CanonicalMap<unknown, TimedCell>) {}

  dropExpired(through: number): Remains {
    const { cells } = this;
    const before = cells.size;
    for (const [key, { atMs }] of cells.entries()) if (atMs <= through) cells.delete(key);
    if (cells.size === before) return 'all';
    return cells.size === 0 ? 'none' : 'some';
  }
}
