import type { Clock, Timer } from '../ports/clock.js';

/** What may be saved up while nothing is taken, and so the longest burst. */
const burstMsMax = 100;
/** Waiting for this much at once keeps the number of timers independent of the rate. */
const waitMs = 10;

/**
 * Spreads records evenly over time: at most `perSecond`, with bursts of at most 100 ms worth. Time in which nothing was taken is not
 * made up for, so neither a pause nor a restore is followed by a flood.
 */
export class RateLimit {
  private readonly savedMax: number;
  private saved = 1;
  private atMs: number;
  private timer: Timer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly perSecond: number,
    private readonly wake: () => void,
  ) {
    this.savedMax = Math.max(1, (perSecond * burstMsMax) / 1_000);
    this.atMs = clock.monotonicMs();
  }

  /** How many records may go out now, at most `recordsMax`. When it is 0, `wake` is called once it no longer is. */
  allowed(recordsMax: number): number {
    const nowMs = this.clock.monotonicMs();
    this.saved = Math.min(this.savedMax, this.saved + ((nowMs - this.atMs) * this.perSecond) / 1_000);
    this.atMs = nowMs;
    const records = Math.min(recordsMax, Math.floor(this.saved));
    if (records === 0) this.wakeLater();
    return records;
  }

  spend(records: number): void {
    this.saved -= records;
  }

  close(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private wakeLater(): void {
    if (this.timer !== null) return;
    const wanted = Math.min(this.savedMax, Math.max(1, (this.perSecond * waitMs) / 1_000));
    const delayMs = Math.ceil(((wanted - this.saved) * 1_000) / this.perSecond);
    this.timer = this.clock.setTimer(delayMs, () => {
      this.timer = null;
      this.wake();
    });
  }
}
