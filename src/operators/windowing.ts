import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { KeyedState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { DueTimer } from '../state/timers.js';
import { maxWatermark } from '../time/timestamps.js';
import type { Window, WindowNamespace } from '../window/window.js';
import { keyedStateOf } from './keyed-input.js';
import {
  BasicOperator,
  type Lifecycle,
  noTimestamp,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { TimerService } from './timer-service.js';
import { PlainResults, ProcessedResults, type WindowResults } from './window-results.js';
import type { WindowSetting } from './window-setting.js';

/**
 * What all operators on windows have in common: time, lateness, and where results go. The watermark is part of a snapshot, so that a window that was over
 * before a failure is over after it.
 */
export abstract class Windowing<T, W extends Window, Out> extends BasicOperator<T, Out> {
  /** Records that were too late for each of their windows, and that nobody wanted. */
  numLateRecordsDropped = 0;
  protected keyed!: KeyedState;
  protected timers!: TimerService<WindowNamespace>;
  protected results!: WindowResults<W>;
  protected readonly isEventTime: boolean;

  constructor(protected readonly setting: WindowSetting<T, W, Out>) {
    super();
    this.isEventTime = setting.assigner.time === 'event';
  }

  protected abstract onTimer(timer: DueTimer<WindowNamespace>, isEventTime: boolean): void;

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.keyed = keyedStateOf(context);
    this.timers = new TimerService<WindowNamespace>(context, 'window', {
      onEventTime: (timer) => this.onTimer(timer, true),
      onProcessingTime: (timer) => this.onTimer(timer, false),
    });
    if (restored.items.length > 0) this.timers.watermark = Math.min(...(restored.items as readonly number[]));
    const { assigner, computation } = this.setting;
    const { process } = computation;
    this.results =
      process === null
        ? new PlainResults<W, Out>(context)
        : new ProcessedResults(context, this.keyed, this, assigner.merges, process);
    this.timers.setAlarm();
    return super.open(context, restored, settle);
  }

  override watermark(timestamp: number): void {
    this.timers.advance(timestamp);
  }

  override resume(): boolean {
    return this.timers.resume();
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    return this.timers.watermark === noTimestamp ? [] : [this.timers.watermark];
  }

  override finish(_settle: Settle): Lifecycle {
    this.keyed.clearCurrentKey();
    return 'done';
  }

  override close(): void {
    this.timers?.close();
    this.results?.close();
  }

  /** Of the current key: after a change of parallelism its state may be ahead of this subtask. */
  currentWatermark(): number {
    return Math.max(this.timers.watermark, this.keyed.watermarkFloor());
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  /** The time by which a record is put into windows. */
  protected timeOf(timestamp: number): number {
    if (!this.isEventTime) return this.setting.assigner.time === 'none' ? timestamp : this.currentProcessingTime();
    if (timestamp !== noTimestamp) return timestamp;
    const message = `operator '${this.context.uid}' has windows in event time and got a record without a timestamp; put assignTimestampsAndWatermarks before it`;
    throw new StateFailure('TIMESTAMP_MISSING', 'user', message);
  }

  /** When a window takes no more records and all of it goes; infinite when that is never. */
  protected cleanupTime({ maxTimestamp }: Window): number {
    const time = this.isEventTime ? maxTimestamp + this.setting.allowedLatenessMs : maxTimestamp;
    return time >= maxWatermark ? Number.POSITIVE_INFINITY : time;
  }

  protected setCleanup(window: W, namespace: WindowNamespace): void {
    const time = this.cleanupTime(window);
    if (time === Number.POSITIVE_INFINITY) return;
    if (this.isEventTime) this.timers.eventTime.set(time, namespace);
    else this.timers.setProcessingTime(time, namespace);
  }

  protected isLate(window: W): boolean {
    return this.isEventTime && this.cleanupTime(window) <= this.currentWatermark();
  }

  /** For a record that no window took. Records between windows are not late. */
  protected skipped(value: T, timestamp: number): void {
    const { late, allowedLatenessMs } = this.setting;
    if (!this.isEventTime || timestamp + allowedLatenessMs > this.currentWatermark()) return;
    if (late !== null) late(value, timestamp);
    else this.numLateRecordsDropped += 1;
  }
}
