import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { KeyedState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { DueTimer } from '../state/timers.js';
import { maxWatermark } from '../time/timestamps.js';
import type { Window, WindowNamespace } from '../window/window.js';
import { attemptedAt } from './attempted.js';
import { keyedStateOf } from './keyed-input.js';
import {
  BasicOperator,
  type Lifecycle,
  noTimestamp,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { isItemOf } from './operator-state.js';
import { TimerService } from './timer-service.js';
import { PlainResults, ProcessedResults, type WindowResults } from './window-results.js';
import type { WindowSetting } from './window-setting.js';

/** Operator state: how far event time had come, null for not at all, and how state was laid out. */
interface Restored {
  readonly watermark: number | null;
  readonly layout: string;
}

/**
 * What all operators on windows have in common: time, lateness, and where results go. The watermark is part of a snapshot, so that a window that was over
 * before a failure is over after it.
 */
export abstract class Windowing<T, W extends Window, Out> extends BasicOperator<T, Out> {
  /** After a change of parallelism nobody's watermark is one's own: each subtask goes on from the least of all, and none from the beginning. */
  readonly operatorStateKind = 'operatorTime';
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

  /** What windows hold, as messages say it. */
  protected abstract readonly holding: string;
  protected abstract onTimer(timer: DueTimer<WindowNamespace>, isEventTime: boolean): void;

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.keyed = keyedStateOf(context);
    this.timers = new TimerService<WindowNamespace>(context, 'window', {
      onEventTime: (timer) => this.onTimer(timer, true),
      onProcessingTime: (timer) => this.onTimer(timer, false),
    });
    this.restore(context, restored.items as readonly Restored[]);
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
    const { watermark } = this.timers;
    return [{ watermark: watermark === noTimestamp ? null : watermark, layout: this.layout() } satisfies Restored];
  }

  takesItem(item: unknown): boolean {
    return isItemOf('windowTime', item);
  }

  override finish(_settle: Settle): Lifecycle {
    this.keyed.clearCurrentKey();
    return 'done';
  }

  override close(): void {
    this.timers?.close();
    this.results?.close();
  }

  private layout(): string {
    return `${this.setting.assigner.description}, ${this.holding}`;
  }

  /** State speaks of windows by what their assigner makes of them: read by another one, it would give results that nobody asked for. */
  private restore({ uid }: OperatorContext<Out>, items: readonly Restored[]): void {
    for (const { layout } of items) {
      if (layout !== this.layout()) {
        const message =
          `operator '${uid}' was restored with ${layout}, and has ${this.layout()} now; ` +
          'give it another uid, and it begins without the windows of before';
        throw new StateFailure('WINDOWS_CHANGED', 'user', message);
      }
    }
    if (items.length > 0) this.timers.watermark = Math.min(...items.map(({ watermark }) => watermark ?? noTimestamp));
  }

  /** Of the current key: after a change of parallelism its state may be ahead of this subtask. */
  currentWatermark(): number {
    return Math.max(this.timers.watermark, this.keyed.watermarkFloor());
  }

  currentProcessingTime(): number {
    return this.timers.currentProcessingTime();
  }

  /** Runs code of the job for a timer, at which no record is to be left out. */
  protected attempt(time: number, work: () => void): void {
    attemptedAt(this.context, time, work);
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
    if (late !== null) this.context.output.side(late.name, value, timestamp);
    else this.numLateRecordsDropped += 1;
  }
}
