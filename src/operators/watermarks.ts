import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Timer } from '../ports/clock.js';
import { StateFailure } from '../state/state-failure.js';
import type { WatermarkGenerator, WatermarkOutput, WatermarkSetting } from '../time/watermark-generator.js';
import {
  BasicOperator,
  type Lifecycle,
  maxWatermark,
  noTimestamp,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';

/**
 * Gives records their timestamps and the stream its watermarks. Those that come from upstream end here, but for the last one. The newest is part of a
 * snapshot: after a restore event time goes on from the least of the former subtasks, and not from the beginning.
 */
export class WatermarkOperator<T> extends BasicOperator<T, T> {
  private readonly generator: WatermarkGenerator<T>;
  private newest = noTimestamp;
  private restored = noTimestamp;
  private isIdle = false;
  private timer: Timer | null = null;
  private readonly said: WatermarkOutput = {
    watermark: (timestamp) => this.advance(timestamp),
    idle: () => this.setIdle(true),
  };

  constructor(
    private readonly setting: WatermarkSetting<T>,
    private readonly intervalMs: number,
  ) {
    super();
    this.generator = setting.createGenerator();
  }

  override open(context: OperatorContext<T>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    if (restored.items.length > 0) this.restored = Math.min(...(restored.items as readonly number[]));
    const opened = super.open(context, restored, settle);
    this.probeLater();
    return opened;
  }

  process(value: T, timestamp: number): void {
    const { assigner } = this.setting;
    const at = assigner === null ? timestamp : this.checked(assigner(value, timestamp));
    if (this.isIdle) this.setIdle(false);
    this.context.output.emit(value, at);
    this.generator.onEvent(value, at, this.said);
  }

  override watermark(timestamp: number): void {
    if (timestamp >= maxWatermark) this.advance(timestamp);
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    const newest = Math.max(this.newest, this.restored);
    return newest === noTimestamp ? [] : [newest];
  }

  override close(): void {
    this.timer?.cancel();
  }

  private probeLater(): void {
    const { clock } = this.context;
    this.timer = clock.setTimer(this.intervalMs, () => {
      this.probeLater();
      this.generator.onPeriodic(this.said, clock.monotonicMs());
      if (this.restored > this.newest) this.advance(this.restored);
    });
  }

  private advance(timestamp: number): void {
    if (!(timestamp > this.newest)) return;
    this.newest = timestamp;
    this.setIdle(false);
    this.context.output.watermark(timestamp);
  }

  private setIdle(isIdle: boolean): void {
    if (this.isIdle === isIdle) return;
    this.isIdle = isIdle;
    this.context.output.idle(isIdle);
  }

  private checked(timestamp: number): number {
    if (Number.isFinite(timestamp)) return timestamp;
    const message =
      `operator '${this.context.uid}' took ${timestamp} out of a record as its event time; ` +
      'a timestamp is a finite number of milliseconds';
    throw new StateFailure('TIMESTAMP_INVALID', 'user', message);
  }
}
