import { alignedStart } from './aligned.js';
import type { WindowAssigner } from './assigner.js';
import type { Trigger } from './trigger.js';
import { eventTimeTrigger, processingTimeTrigger } from './triggers/time-trigger.js';
import { type TimeWindow, timeWindow, type Window, type WindowNamespace } from './window.js';

export interface SlidingSizes {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/** Windows of one size, a new one with each slide: a record is in several, or in none when the slide is longer than the size. */
export class SlidingWindows implements WindowAssigner<unknown, TimeWindow> {
  readonly merges = false;
  readonly description: string;
  readonly defaultTrigger: Trigger<unknown, Window>;

  constructor(
    readonly time: 'event' | 'processing',
    readonly sizes: SlidingSizes,
  ) {
    const { sizeMs, slideMs, offsetMs } = sizes;
    this.description = `sliding windows of ${sizeMs} ms every ${slideMs} ms, offset ${offsetMs}, in ${time} time`;
    this.defaultTrigger = time === 'event' ? eventTimeTrigger : processingTimeTrigger;
  }

  assign(_value: unknown, time: number): readonly TimeWindow[] {
    const { sizeMs, slideMs, offsetMs } = this.sizes;
    const last = alignedStart(time, slideMs, offsetMs);
    const windows: TimeWindow[] = [];
    for (let back = Math.ceil((last + sizeMs - time) / slideMs) - 1; back >= 0; back--) {
      const start = last - back * slideMs;
      windows.push(timeWindow(start, start + sizeMs));
    }
    return windows;
  }

  namespaceOf({ start }: TimeWindow): WindowNamespace {
    return start;
  }

  windowOf(namespace: WindowNamespace): TimeWindow {
    const start = namespace as number;
    return timeWindow(start, start + this.sizes.sizeMs);
  }
}
