import type { Trigger, TriggerContext, TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

/** Fires when the watermark passes the end of the window, and for each record that comes later and is still allowed. */
class EventTimeTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  onElement(_value: unknown, _timestamp: number, { maxTimestamp }: Window, context: TriggerContext): TriggerResult {
    if (maxTimestamp <= context.watermark) return 'fire';
    context.setEventTime(maxTimestamp);
    return 'continue';
  }

  onEventTime(time: number, { maxTimestamp }: Window): TriggerResult {
    return time === maxTimestamp ? 'fire' : 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  clear({ maxTimestamp }: Window, context: TriggerContext): void {
    context.deleteEventTime(maxTimestamp);
  }

  /** What is past already fires with the record that made windows merge. */
  onMerge({ maxTimestamp }: Window, context: TriggerContext): void {
    if (maxTimestamp > context.watermark) context.setEventTime(maxTimestamp);
  }
}

/** Fires when the wall clock passes the end of the window. */
class ProcessingTimeTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  onElement(_value: unknown, _timestamp: number, { maxTimestamp }: Window, context: TriggerContext): TriggerResult {
    context.setProcessingTime(maxTimestamp);
    return 'continue';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'fire';
  }

  clear({ maxTimestamp }: Window, context: TriggerContext): void {
    context.deleteProcessingTime(maxTimestamp);
  }

  onMerge({ maxTimestamp }: Window, context: TriggerContext): void {
    context.setProcessingTime(maxTimestamp);
  }
}

export const eventTimeTrigger: Trigger<unknown, Window> = new EventTimeTrigger();
export const processingTimeTrigger: Trigger<unknown, Window> = new ProcessingTimeTrigger();
