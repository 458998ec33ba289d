import { fires, type Trigger, type TriggerContext, type TriggerResult } from '../trigger.js';
import type { Window } from '../window.js';

export interface TimeoutBehaviour {
  readonly timeoutMs: number;
  /** The time begins again with each record. */
  readonly restartsWithRecords: boolean;
  /** After a timeout the other trigger begins from anew. */
  readonly clearsOnTimeout: boolean;
}

/** What is remembered of a window: when it times out. */
const timeout = 'timeout';

/** As another trigger, which is helped out when the wall clock has gone on for long enough after the first record since it fired last. */
export class ProcessingTimeoutTrigger<in T, in W extends Window> implements Trigger<T, W> {
  readonly canMerge = false;

  constructor(
    private readonly inner: Trigger<T, W>,
    private readonly behaviour: TimeoutBehaviour,
  ) {}

  onElement(value: T, timestamp: number, window: W, context: TriggerContext): TriggerResult {
    const result = this.inner.onElement(value, timestamp, window, context);
    if (fires(result)) {
      this.clear(window, context);
      return result;
    }
    const set = context.state<number>(timeout).value();
    if (set !== undefined && !this.behaviour.restartsWithRecords) return result;
    if (set !== undefined) context.deleteProcessingTime(set);
    const due = context.currentProcessingTime() + this.behaviour.timeoutMs;
    context.state<number>(timeout).update(due);
    context.setProcessingTime(due);
    return result;
  }

  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult {
    const result = this.inner.onEventTime(time, window, context);
    if (fires(result)) this.forget(context);
    return result;
  }

  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult {
    const result = this.inner.onProcessingTime(time, window, context);
    if (time !== context.state<number>(timeout).value()) {
      if (fires(result)) this.forget(context);
      return result;
    }
    context.state(timeout).clear();
    if (this.behaviour.clearsOnTimeout) this.inner.clear(window, context);
    return result === 'purge' || result === 'fireAndPurge' ? 'fireAndPurge' : 'fire';
  }

  clear(window: W, context: TriggerContext): void {
    this.forget(context);
    this.inner.clear(window, context);
  }

  private forget(context: TriggerContext): void {
    const set = context.state<number>(timeout).value();
    if (set !== undefined) context.deleteProcessingTime(set);
    context.state(timeout).clear();
  }
}
