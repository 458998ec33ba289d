import { alignedStart } from './aligned.js';
import type { WindowAssigner } from './assigner.js';
import type { Trigger } from './trigger.js';
import { eventTimeTrigger, processingTimeTrigger } from './triggers/time-trigger.js';
import { type TimeWindow, timeWindow, type Window, type WindowNamespace } from './window.js';

/** Windows of one size, one after the other: each record is in one. */
export class TumblingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly merges = false;
  readonly description: string;
  readonly defaultTrigger: Trigger<unknown, Window>;
  /** The answer before: most records are in the window of their predecessor. */
  private last: readonly [TimeWindow];

  constructor(
    readonly time: 'event' | 'processing',
    readonly sizeMs: number,
    readonly offsetMs: number,
  ) {
    this.description = `tumbling windows of ${sizeMs} ms, offset ${offsetMs}, in ${time} time`;
    this.defaultTrigger = time === 'event' ? eventTimeTrigger : processingTimeTrigger;
    this.last = [timeWindow(offsetMs, offsetMs + sizeMs)];
  }

  assign(_value: unknown, time: number): readonly [TimeWindow] {
    const start = alignedStart(time, this.sizeMs, this.offsetMs);
    if (this.last[0].start !== start) this.last = [timeWindow(start, start + this.sizeMs)];
    return this.last;
  }

  namespaceOf({ start }: TimeWindow): WindowNamespace {
    return start;
  }

  windowOf(namespace: WindowNamespace): TimeWindow {
    const start = namespace as number;
    return timeWindow(start, start + this.sizeMs);
  }
}
