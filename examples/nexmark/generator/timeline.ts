/** What a generator is told. What is left out has the value that NEXMark gives it. */
export interface GeneratorOptions {
  /** The same seed gives the same events. Default 1. */
  readonly seed?: number;
  /** How many events there are in a second of event time. Default 10,000. */
  readonly eventsPerSecond?: number;
  /** Within groups of so many, events come out of order. Default 1: all are in order. No multiple of 953. */
  readonly outOfOrderGroupSize?: number;
  /** Event time of the first event. Default: the beginning of 2026, UTC. */
  readonly baseTimeMs?: number;
}

/** By how much a group is shuffled: a prime, so that each event of the group has a place of its own. */
const shuffle = 953;

/** When each event happens, and in which order they come. */
export class Timeline {
  private readonly delayUs: number;
  private readonly groupSize: number;
  private readonly baseTimeMs: number;

  constructor({ eventsPerSecond = 10_000, outOfOrderGroupSize = 1, baseTimeMs = Date.UTC(2026, 0) }: GeneratorOptions) {
    if (!(eventsPerSecond > 0)) throw new Error(`${eventsPerSecond} events a second: give a number above 0`);
    if (!Number.isInteger(outOfOrderGroupSize) || outOfOrderGroupSize < 1 || outOfOrderGroupSize % shuffle === 0) {
      throw new Error(
        `groups of ${outOfOrderGroupSize} events: give a whole number above 0 that is no multiple of ${shuffle}`,
      );
    }
    this.delayUs = 1_000_000 / eventsPerSecond;
    this.groupSize = outOfOrderGroupSize;
    this.baseTimeMs = baseTimeMs;
  }

  /** The number of the event that comes in place `index`. */
  numberAt(index: number): number {
    const { groupSize } = this;
    return groupSize === 1 ? index : index - (index % groupSize) + ((index * shuffle) % groupSize);
  }

  timeOf(event: number): number {
    return this.baseTimeMs + Math.floor(Math.floor(event * this.delayUs) / 1_000);
  }

  /** How much older than one before it an event can be, at most. */
  get outOfOrderMs(): number {
    return this.groupSize === 1 ? 0 : Math.ceil((this.groupSize * this.delayUs) / 1_000);
  }
}
