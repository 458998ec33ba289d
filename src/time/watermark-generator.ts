import { noTimestamp } from './timestamps.js';

/** Where a generator says how far event time has come. */
export interface WatermarkOutput {
  /** No later record has a timestamp at or below this one, save late ones. What is not greater than before changes nothing. */
  watermark(timestamp: number): void;
  /** Nothing is known of event time until the next record comes: others need not wait for it. */
  idle(): void;
}

/**
 * Follows the timestamps of one stream and says what watermark holds. Both calls may put out one; each subtask, or each split of a source, has a
 * generator of its own.
 */
export interface WatermarkGenerator<in T> {
  onEvent(value: T, timestamp: number, output: WatermarkOutput): void;
  /** Called every watermark interval, 200 ms unless set otherwise, whether records come or not; in an alignment group also after each batch. */
  onPeriodic(output: WatermarkOutput, nowMs: number): void;
  /** Plain data, kept in checkpoints with the position of the split; a generator without it begins anew, above the watermark that held. */
  state?(): unknown;
  /** Gets what `state` gave, before the first record. */
  restore?(state: unknown): void;
}

/** How sources of one group wait for each other. */
export interface Alignment {
  /** Sources of a job that name the same group are aligned with each other. */
  readonly group: string;
  /** How far a split may be ahead of the least watermark of the group. */
  readonly maxDriftMs: number;
  /** How often each subtask says how far it is, and hears how far it may go. */
  readonly updateIntervalMs: number;
}

/** The greatest timestamp so far less the bound, less one more: a record as late as the bound allows is not late. */
export class BoundedOutOfOrderness implements WatermarkGenerator<unknown> {
  private greatest = noTimestamp;

  constructor(private readonly boundMs: number) {}

  onEvent(_value: unknown, timestamp: number): void {
    if (timestamp > this.greatest) this.greatest = timestamp;
  }

  onPeriodic(output: WatermarkOutput): void {
    if (this.greatest !== noTimestamp) output.watermark(this.greatest - this.boundMs - 1);
  }

  state(): unknown {
    return this.greatest === noTimestamp ? null : this.greatest;
  }

  restore(greatest: unknown): void {
    if (typeof greatest === 'number') this.greatest = greatest;
  }
}

export class NoWatermarks implements WatermarkGenerator<unknown> {
  onEvent(): void {}
  onPeriodic(): void {}
}

/**
 * Another generator, that falls idle when no record has come for so long. The time counts from the first probe without a record, so that it is up to one
 * interval longer.
 */
export class WithIdleness<T> implements WatermarkGenerator<T> {
  private events = 0;
  private eventsAtProbe = 0;
  private quietSinceMs: number | null = null;
  private isIdle = false;

  constructor(
    private readonly inner: WatermarkGenerator<T>,
    private readonly timeoutMs: number,
  ) {}

  onEvent(value: T, timestamp: number, output: WatermarkOutput): void {
    this.events += 1;
    this.isIdle = false;
    this.inner.onEvent(value, timestamp, output);
  }

  onPeriodic(output: WatermarkOutput, nowMs: number): void {
    if (!this.hasGoneQuiet(nowMs)) this.inner.onPeriodic(output, nowMs);
    else if (!this.isIdle) {
      this.isIdle = true;
      output.idle();
    }
  }

  state(): unknown {
    return this.inner.state?.() ?? null;
  }

  restore(state: unknown): void {
    this.inner.restore?.(state);
  }

  private hasGoneQuiet(nowMs: number): boolean {
    if (this.events !== this.eventsAtProbe) {
      this.eventsAtProbe = this.events;
      this.quietSinceMs = null;
      return false;
    }
    this.quietSinceMs ??= nowMs;
    return nowMs - this.quietSinceMs > this.timeoutMs;
  }
}

/** How one stream gets its event time. */
export interface WatermarkSetting<in T> {
  /** Takes the event time out of a record; null: it keeps the one it comes with. */
  readonly assigner: ((value: T, timestamp: number) => number) | null;
  /** Null: its source waits for no other. */
  readonly alignment: Alignment | null;
  /** For one subtask, or for one split of a source. */
  createGenerator(): WatermarkGenerator<T>;
}
