import type { Trigger, TriggerContext, TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

/** Fires with a record that is further than `threshold` from the one that fired last; the first record is where it starts from. */
export class DeltaTrigger<in T> implements Trigger<T, Window> {
  readonly canMerge = false;

  constructor(
    private readonly threshold: number,
    private readonly delta: (from: T, to: T) => number,
  ) {}

  onElement(value: T, _timestamp: number, _window: Window, context: TriggerContext): TriggerResult {
    const last = context.state<T>('last');
    const from = last.value();
    if (from !== undefined && !(this.delta(from, value) > this.threshold)) return 'continue';
    last.update(value);
    return from === undefined ? 'continue' : 'fire';
  }

  onEventTime(): TriggerResult {
    return 'continue';
  }
  onProcessingTime(): TriggerResult {
    return 'continue';
  }
  clear(_window: Window, context: TriggerContext): void {
    context.state('last').clear();
  }
}
