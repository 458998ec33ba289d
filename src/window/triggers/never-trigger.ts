import { maxWatermark } from '../../time/timestamps.js';
import type { Trigger, TriggerContext, TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

class NeverTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  onElement(): TriggerResult {
    return 'continue';
  }
  onEventTime(): TriggerResult {
    return 'continue';
  }
  onProcessingTime(): TriggerResult {
    return 'continue';
  }
  clear(): void {}
  onMerge(): void {}
}

/** Fires when a bounded input has ended, which is when the last watermark comes. For windows that are not over before. */
class EndOfStreamTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  onElement(_value: unknown, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    context.setEventTime(maxWatermark);
    return 'continue';
  }

  onEventTime(time: number): TriggerResult {
    return time === maxWatermark ? 'fire' : 'continue';
  }

  onProcessingTime(): TriggerResult {
    return 'continue';
  }

  clear(_window: Window, context: TriggerContext): void {
    context.deleteEventTime(maxWatermark);
  }

  onMerge(_window: Window, context: TriggerContext): void {
    context.setEventTime(maxWatermark);
  }
}

export const neverTrigger: Trigger<unknown, Window> = new NeverTrigger();
export const endOfStreamTrigger: Trigger<unknown, Window> = new EndOfStreamTrigger();
