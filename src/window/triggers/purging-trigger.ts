import { fires, type Trigger, type TriggerContext, type TriggerMergeContext, type TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

/** As another trigger, but what fires is emptied. */
export class PurgingTrigger<in T, in W extends Window> implements Trigger<T, W> {
  readonly canMerge: boolean;

  constructor(private readonly inner: Trigger<T, W>) {
    this.canMerge = inner.canMerge;
  }

  onElement(value: T, timestamp: number, window: W, context: TriggerContext): TriggerResult {
    return purged(this.inner.onElement(value, timestamp, window, context));
  }

  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purged(this.inner.onEventTime(time, window, context));
  }

  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult {
    return purged(this.inner.onProcessingTime(time, window, context));
  }

  clear(window: W, context: TriggerContext): void {
    this.inner.clear(window, context);
  }

  onMerge(window: W, context: TriggerMergeContext): void {
    this.inner.onMerge?.(window, context);
  }
}

function purged(result: TriggerResult): TriggerResult {
  return fires(result) ? 'fireAndPurge' : result;
}
