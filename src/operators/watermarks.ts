import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Timer } from '../ports/clock.js';
import { StateFailure } from '../state/state-failure.js';
import { SplitWatermarks } from '../time/split-watermarks.js';
import type { WatermarkSetting } from '../time/watermark-generator.js';
import {
  BasicOperator,
  type Lifecycle,
  maxWatermark,
  noTimestamp,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { isItemOf } from './operator-state.js';

/**
 * Gives records their timestamps and the stream its watermarks. Those that come from upstream end here, but for the last one. Right behind a source
 * each split has a generator of its own; the head of the task says whose records come. The newest watermark is part of a
 * snapshot: after a restore event time goes on from the least of the former subtasks, and not from the beginning.
 */
export class WatermarkOperator<T> extends BasicOperator<T, T> {
  readonly splits: SplitWatermarks<T>;
  private newest = noTimestamp;
  private restored = noTimestamp;
  private timer: Timer | null = null;
  /** How much later than they were due probes have come, all together: while its receivers hold a task up, none comes. */
  private heldUpMs = 0;
  private probeDueMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly setting: WatermarkSetting<T>,
    private readonly intervalMs: number,
  ) {
    super();
    this.splits = new SplitWatermarks(() => setting.createGenerator(), {
      watermark: (timestamp) => this.advance(timestamp),
      idle: (isIdle) => this.context.output.idle(isIdle),
    });
  }

  override open(context: OperatorContext<T>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const items = restored.items as readonly (number | null)[];
    if (items.length > 0) this.restored = Math.min(...items.map((watermark) => watermark ?? noTimestamp));
    const opened = super.open(context, restored, settle);
    this.probeLater();
    return opened;
  }

  process(value: T, timestamp: number): void {
    const { assigner } = this.setting;
    const at = assigner === null ? timestamp : this.checked(assigner(value, timestamp));
    const { current } = this.splits;
    if (current.isIdle) current.wake();
    this.context.output.emit(value, at);
    current.generator.onEvent(value, at, current);
  }

  override watermark(timestamp: number): void {
    if (timestamp >= maxWatermark) this.advance(timestamp);
  }

  /** At another parallelism each subtask goes on from the least of all. */
  readonly operatorStateKind = 'operatorTime';

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    const newest = Math.max(this.newest, this.restored);
    return [newest === noTimestamp ? null : newest];
  }

  takesItem(item: unknown): boolean {
    return isItemOf('watermark', item);
  }

  override close(): void {
    this.timer?.cancel();
  }

  /** Time as generators count it: it stands still while a probe is overdue, because a stream that is held up is not quiet. */
  flowingMs(): number {
    return Math.min(this.context.clock.monotonicMs(), this.probeDueMs) - this.heldUpMs;
  }

  private probeLater(): void {
    const { clock } = this.context;
    this.probeDueMs = clock.monotonicMs() + this.intervalMs;
    this.timer = clock.setTimer(this.intervalMs, () => {
      this.heldUpMs += Math.max(0, clock.monotonicMs() - this.probeDueMs);
      this.probeLater();
      this.splits.probe(this.flowingMs());
      if (this.restored > this.newest) this.advance(this.restored);
    });
  }

  private advance(timestamp: number): void {
    if (!(timestamp > this.newest)) return;
    this.newest = timestamp;
    this.context.output.watermark(timestamp);
  }

  private checked(timestamp: number): number {
    if (Number.isFinite(timestamp)) return Math.floor(timestamp);
    const message =
      `operator '${this.context.uid}' took ${timestamp} out of a record as its event time; ` +
      'a timestamp is a finite number of milliseconds';
    throw new StateFailure('TIMESTAMP_INVALID', 'user', message);
  }
}
