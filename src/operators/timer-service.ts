import type { Timer } from '../ports/clock.js';
import type { DueTimer, TimerQueue } from '../state/timers.js';
import { keyedStateOf } from './keyed-input.js';
import { noTimestamp, type OperatorContext } from './operator.js';

/** What an operator does with timers that are due. The key of the timer is the current one. */
export interface Firing<N> {
  onEventTime(timer: DueTimer<N>): void;
  onProcessingTime(timer: DueTimer<N>): void;
}

/**
 * The timers of one keyed operator. Those in event time fire with the first watermark at or after their time, those in processing time when the wall
 * clock has passed it; both between records, and no more than receivers have room for. They are in every checkpoint: what was overdue
 * when the job failed fires as soon as it runs again.
 */
export class TimerService<N> {
  readonly eventTime: TimerQueue<N>;
  readonly processingTime: TimerQueue<N>;
  /** The newest that has come; the operator has fired what it made due before it passes it on. */
  watermark = noTimestamp;
  private watermarkOut = noTimestamp;
  /** A new watermark has come, and what it makes due has not all fired. What is set for the past waits for the next one. */
  private advances = false;
  /** Of an alarm that has rung, until all that it made due has fired. */
  private nowMs = noTimestamp;
  private alarm: { readonly atMs: number; readonly timer: Timer } | null = null;

  constructor(
    private readonly context: OperatorContext<never>,
    name: string,
    private readonly firing: Firing<N>,
  ) {
    const keyed = keyedStateOf(context);
    this.eventTime = keyed.timers<N>(`${name}/event-time`);
    this.processingTime = keyed.timers<N>(`${name}/processing-time`);
  }

  /** Wall-clock time in milliseconds since 1970: what timers in processing time are set against. */
  currentProcessingTime(): number {
    return this.context.clock.wallMs();
  }

  setProcessingTime(time: number, namespace: N): void {
    this.processingTime.set(time, namespace);
    this.setAlarm();
  }

  /** Waits for the earliest timer in processing time, if it does not wait already. */
  setAlarm(): void {
    const earliest = this.processingTime.earliest();
    if (earliest === Number.POSITIVE_INFINITY || (this.alarm !== null && this.alarm.atMs <= earliest)) return;
    this.alarm?.timer.cancel();
    const { clock } = this.context;
    // As a watermark passes a time only when nothing at that time is to come, so the clock has passed it a millisecond later.
    const delayMs = Math.max(0, Math.min(earliest + 1 - clock.wallMs(), delayMsMax));
    this.alarm = { atMs: earliest, timer: clock.setTimer(delayMs, () => this.rings()) };
  }

  /** For the operator's `watermark`: fires what it makes due and passes it on, or holds the operator until there is room. */
  advance(watermark: number): void {
    if (watermark > this.watermark) {
      this.watermark = watermark;
      this.advances = true;
    }
    if (!this.resume()) this.context.hold();
  }

  /** For the operator's `resume`. The watermark is passed on when all that it made due has fired. */
  resume(): boolean {
    if (!this.fire()) return false;
    keyedStateOf(this.context).clearCurrentKey();
    this.setAlarm();
    if (this.watermark > this.watermarkOut) {
      this.watermarkOut = this.watermark;
      this.context.output.watermark(this.watermark);
    }
    return true;
  }

  /** Fires what is due. False when it had to stop for want of room, or of timers that are being read: the operator then holds, and asks again when it is resumed. */
  private fire(): boolean {
    if (this.advances && !this.fireAll(this.eventTime, this.watermark, true)) return false;
    this.advances = false;
    if (!this.fireAll(this.processingTime, this.nowMs, false)) return false;
    this.nowMs = noTimestamp;
    return true;
  }

  close(): void {
    this.alarm?.timer.cancel();
  }

  private fireAll(queue: TimerQueue<N>, through: number, isEventTime: boolean): boolean {
    const { output } = this.context;
    for (;;) {
      if (output.blocked()) return queue.earliest() > through;
      const timer = queue.take(through);
      // What is not in memory yet is waited for as room is.
      if (timer === null) return queue.hasAll(through);
      if (isEventTime) this.firing.onEventTime(timer);
      else this.firing.onProcessingTime(timer);
    }
  }

  private rings(): void {
    this.alarm = null;
    this.nowMs = this.context.clock.wallMs() - 1;
    // What is due and has no room waits for `resume`, and for no alarm: that would ring at once, and again.
    if (!this.fire()) {
      this.context.hold();
      return;
    }
    keyedStateOf(this.context).clearCurrentKey();
    this.setAlarm();
  }
}

/** What clocks of Node can wait for at once. */
const delayMsMax = 2_147_483_647;
