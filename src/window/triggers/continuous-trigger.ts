import { alignedStart } from '../aligned.js';
import type { Trigger, TriggerContext, TriggerMergeContext, TriggerResult } from '../trigger.js';
import type { TimeWindow, Window } from '../window.js';

/** What is remembered of a window: when it fires next. */
const next = 'next';

const sooner = (a: number, b: number): number => Math.min(a, b);

/** The first moment after `time` that is whole intervals after the start of the window; after 1970 when the window has none. */
function momentAfter(time: number, intervalMs: number, window: Window | TimeWindow): number {
  return alignedStart(time, intervalMs, 'start' in window ? window.start : 0) + intervalMs;
}

/**
 * Fires every interval of event time while records are in the window, and at its end as windows in event time do. A watermark that passes several
 * intervals fires once: the last one passes more of them than could ever be counted.
 */
export class ContinuousEventTimeTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  constructor(private readonly intervalMs: number) {}

  onElement(_value: unknown, timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (window.maxTimestamp <= context.watermark) return 'fire';
    context.setEventTime(window.maxTimestamp);
    if (context.state<number>(next).value() === undefined) this.fireAfter(timestamp, window, context);
    return 'continue';
  }

  onEventTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    if (time === window.maxTimestamp) return 'fire';
    if (context.state<number>(next).value() !== time) return 'continue';
    this.fireAfter(Math.max(time, context.watermark), window, context);
    return 'fire';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  clear({ maxTimestamp }: Window, context: TriggerContext): void {
    context.deleteEventTime(maxTimestamp);
    const due = context.state<number>(next).value();
    if (due !== undefined) context.deleteEventTime(due);
    context.state(next).clear();
  }

  onMerge(window: Window, context: TriggerMergeContext): void {
    const due = context.merge(next, sooner);
    if (due !== undefined) context.setEventTime(due);
    if (window.maxTimestamp > context.watermark) context.setEventTime(window.maxTimestamp);
  }

  private fireAfter(time: number, window: Window, context: TriggerContext): void {
    const due = Math.min(momentAfter(time, this.intervalMs, window), window.maxTimestamp);
    context.state<number>(next).update(due);
    context.setEventTime(due);
  }
}

/** Fires every interval of the wall clock, from the first record of the window until it is over; once for those that passed while the job was down. */
export class ContinuousProcessingTimeTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  constructor(private readonly intervalMs: number) {}

  onElement(_value: unknown, _timestamp: number, window: Window, context: TriggerContext): TriggerResult {
    if (context.state(next).value() === undefined) this.fireAfter(context.currentProcessingTime(), window, context);
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(time: number, window: Window, context: TriggerContext): TriggerResult {
    if (context.state(next).value() !== time) return 'continue';
    this.fireAfter(Math.max(time, context.currentProcessingTime() - 1), window, context);
    return 'fire';
  }

  clear(_window: Window, context: TriggerContext): void {
    const due = context.state<number>(next).value();
    if (due !== undefined) context.deleteProcessingTime(due);
    context.state(next).clear();
  }

  onMerge(_window: Window, context: TriggerMergeContext): void {
    const due = context.merge(next, sooner);
    if (due !== undefined) context.setProcessingTime(due);
  }

  /** The end of a window that is still to come counts too: in processing time it is the last moment at which it can fire. */
  private fireAfter(time: number, window: Window, context: TriggerContext): void {
    const moment = momentAfter(time, this.intervalMs, window);
    const due = window.maxTimestamp > time ? Math.min(moment, window.maxTimestamp) : moment;
    context.state<number>(next).update(due);
    context.setProcessingTime(due);
  }
}
