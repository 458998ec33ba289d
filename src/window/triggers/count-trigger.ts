import type { Trigger, TriggerContext, TriggerMergeContext, TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

/** Fires with every `count`-th record of a window. */
export class CountTrigger implements Trigger<unknown, Window> {
  readonly canMerge = true;

  constructor(private readonly count: number) {}

  onElement(_value: unknown, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const seen = context.state<number>('count');
    const count = (seen.value() ?? 0) + 1;
    if (count < this.count) {
      seen.update(count);
      return 'continue';
    }
    seen.clear();
    return 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }
  onProcessingTime(): TriggerResult {
    return 'continue';
  }
  clear(_window: Window, context: TriggerContext): void {
    context.state('count').clear();
  }

  onMerge(_window: Window, context: TriggerMergeContext): void {
    context.merge<number>('count', (a, b) => a + b);
  }
}
