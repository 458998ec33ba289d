import type { DeepReadonly } from '../state/keyed-state.js';
import {
  type Alignment,
  BoundedOutOfOrderness,
  NoWatermarks,
  type WatermarkGenerator,
  WithIdleness,
} from '../time/watermark-generator.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/** Takes the event time out of a record, in milliseconds, of which a fraction is left out, so that it counts to the millisecond it lies in; `timestamp` is the one it has already. */
export type TimestampAssigner<in T> = (value: DeepReadonly<T>, timestamp: number) => number;

/**
 * How a stream gets its event time: timestamps of records, and watermarks that follow them. Immutable: each call gives another strategy.
 *
 * @example
 * ```ts
 * WatermarkStrategy.forBoundedOutOfOrderness<Flight>(5_000)
 *   .withTimestampAssigner((flight) => Date.parse(flight.date))
 *   .withIdleness(60_000);
 * ```
 */
export class WatermarkStrategy<in T> {
  private constructor(
    private readonly create: () => WatermarkGenerator<T>,
    /** Null: records keep the timestamp they come with. */
    readonly assigner: TimestampAssigner<T> | null,
    private readonly idleTimeoutMs: number | null,
    /** Null: its source waits for no other. */
    readonly alignment: Alignment | null,
  ) {}

  /** Records come at most `boundMs` later than any record of a later time; what is later still is late. */
  static forBoundedOutOfOrderness<T = unknown>(boundMs: number): WatermarkStrategy<T> {
    wholeNumber('forBoundedOutOfOrderness', boundMs, 0);
    return new WatermarkStrategy<T>(() => new BoundedOutOfOrderness(boundMs), null, null, null);
  }

  /** Timestamps never fall. */
  static forMonotonousTimestamps<T = unknown>(): WatermarkStrategy<T> {
    return WatermarkStrategy.forBoundedOutOfOrderness<T>(0);
  }

  /** Watermarks by a generator of the job's own; one that puts them out in `onEvent` is a punctuated one. `create` is called for each split of a source, or for each subtask. */
  static forGenerator<T>(create: () => WatermarkGenerator<T>): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>(create, null, null, null);
  }

  /** Event time does not go on before the end of the input: for jobs in processing time. */
  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>(() => new NoWatermarks(), null, null, null);
  }

  /** Records get the timestamp that `assign` takes out of them. It must be pure. */
  withTimestampAssigner<U extends T>(assign: TimestampAssigner<U>): WatermarkStrategy<U> {
    return new WatermarkStrategy<U>(this.create, assign, this.idleTimeoutMs, this.alignment);
  }

  /** A stream without a record for `timeoutMs` no longer holds back the event time of those it is joined with. */
  withIdleness(timeoutMs: number): WatermarkStrategy<T> {
    if (!(timeoutMs > 0)) {
      throw mistake('IDLENESS_INVALID', `withIdleness got ${timeoutMs}. Give it a number of milliseconds above 0.`);
    }
    return new WatermarkStrategy(this.create, this.assigner, timeoutMs, this.alignment);
  }

  /**
   * Sources of the job that name the same `group` wait for each other: a split that is more than `maxDriftMs` ahead of the least watermark of the group is
   * not read until the others have come closer, so that what is kept for them stays bounded. One that is idle or has ended holds nobody back. Each reader says
   * every `updateIntervalMs` (1,000) how far it is. Only for a strategy right behind a source, with nothing but map, filter and flatMap between
   * (ALIGNMENT_WITHOUT_SOURCE), whose readers can leave splits out (ALIGNMENT_UNSUPPORTED).
   *
   * @example
   * ```ts
   * WatermarkStrategy.forMonotonousTimestamps<Flight>().withAlignment('flights-and-weather', 60_000);
   * ```
   */
  withAlignment(group: string, maxDriftMs: number, updateIntervalMs = 1_000): WatermarkStrategy<T> {
    if (group === '') throw mistake('ALIGNMENT_INVALID', 'withAlignment got an empty group. Give the group a name.');
    wholeNumber('withAlignment: maxDriftMs', maxDriftMs, 0);
    wholeNumber('withAlignment: updateIntervalMs', updateIntervalMs, 1);
    const alignment = { group, maxDriftMs, updateIntervalMs };
    return new WatermarkStrategy(this.create, this.assigner, this.idleTimeoutMs, alignment);
  }

  /** @internal */
  createGenerator(): WatermarkGenerator<T> {
    const generator = this.create();
    return this.idleTimeoutMs === null ? generator : new WithIdleness(generator, this.idleTimeoutMs);
  }
}
