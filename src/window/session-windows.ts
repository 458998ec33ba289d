import type { WindowAssigner } from './assigner.js';
import type { Trigger } from './trigger.js';
import { eventTimeTrigger, processingTimeTrigger } from './triggers/time-trigger.js';
import { type TimeWindow, timeWindow, type Window, type WindowNamespace } from './window.js';

/**
 * A window for each stretch of time in which records follow each other by no more than a gap. Each record begins as a window of its own, as
 * long as its gap; windows that touch become one.
 */
export class SessionWindows<in T> implements WindowAssigner<T, TimeWindow> {
  readonly merges = true;
  readonly description: string;
  readonly defaultTrigger: Trigger<unknown, Window>;

  constructor(
    readonly time: 'event' | 'processing',
    private readonly gapMs: number | ((value: T) => number),
  ) {
    this.description = `sessions in ${time} time`;
    this.defaultTrigger = time === 'event' ? eventTimeTrigger : processingTimeTrigger;
  }

  assign(value: T, time: number): readonly [TimeWindow] {
    const { gapMs } = this;
    return [timeWindow(time, time + (typeof gapMs === 'number' ? gapMs : gapMs(value)))];
  }

  namespaceOf({ start, end }: TimeWindow): WindowNamespace {
    return [start, end];
  }

  windowOf(namespace: WindowNamespace): TimeWindow {
    const [start, end] = namespace as readonly [number, number];
    return timeWindow(start, end);
  }
}
