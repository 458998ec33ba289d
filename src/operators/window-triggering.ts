import type { TriggerMergeContext, TriggerState } from '../window/trigger.js';
import type { WindowNamespace } from '../window/window.js';
import type { TimerService } from './timer-service.js';
import type { WindowTimes } from './window-results.js';
import type { WindowValues } from './window-values.js';

/** What the trigger meets: moved from window to window, so that none is made for each. */
export class Triggering implements TriggerMergeContext {
  /** When the window is over; its timer is not the trigger's to take back. */
  private cleanupTime = Number.POSITIVE_INFINITY;
  private merged: readonly WindowNamespace[] = [];

  constructor(
    private readonly times: WindowTimes,
    private readonly timers: TimerService<WindowNamespace>,
    private readonly values: WindowValues,
    private readonly cleansUpIn: 'eventTime' | 'processingTime',
  ) {}

  at(namespace: WindowNamespace, cleanupTime: number): this {
    this.values.namespace = namespace;
    this.cleanupTime = cleanupTime;
    return this;
  }

  /** As the window that those have become. */
  merging(namespace: WindowNamespace, cleanupTime: number, merged: readonly WindowNamespace[]): this {
    this.merged = merged;
    return this.at(namespace, cleanupTime);
  }

  get watermark(): number {
    return this.times.currentWatermark();
  }

  currentProcessingTime(): number {
    return this.times.currentProcessingTime();
  }

  setEventTime(time: number): void {
    this.timers.eventTime.set(time, this.values.namespace);
  }

  setProcessingTime(time: number): void {
    this.timers.setProcessingTime(time, this.values.namespace);
  }

  deleteEventTime(time: number): void {
    if (this.cleansUpIn === 'eventTime' && time === this.cleanupTime) return;
    this.timers.eventTime.remove(time, this.values.namespace);
  }

  deleteProcessingTime(time: number): void {
    if (this.cleansUpIn === 'processingTime' && time === this.cleanupTime) return;
    this.timers.processingTime.remove(time, this.values.namespace);
  }

  state<T>(name: string): TriggerState<T> {
    return this.values.of(name) as TriggerState<T>;
  }

  merge<T>(name: string, combine: (a: T, b: T) => T): T | undefined {
    const found = this.values.among(this.merged, name) as readonly T[];
    if (found.length === 0) return undefined;
    const all = found.reduce(combine);
    this.values.of(name).update(all);
    return all;
  }
}
