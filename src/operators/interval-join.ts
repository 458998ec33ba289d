import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import { mapState } from '../state/descriptors.js';
import type { DeepReadonly, MapState } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import type { Instance, ProcessContext } from './function-operator.js';
import { type KeyedCoProcessFunction, KeyedCoProcessOperator } from './keyed-co-process.js';
import { keyedStateOf } from './keyed-input.js';
import type { KeyedInstance, KeyedProcessContext } from './keyed-process.js';
import {
  type Lifecycle,
  noTimestamp,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { isItemOf } from './operator-state.js';
import type { OutputTag } from './output-tag.js';

/** What a join function meets with a pair. It is one object that changes: do not keep it. */
export interface JoinContext<Out> extends Pick<ProcessContext<Out>, 'emit' | 'output'> {
  readonly leftTimestamp: number;
  readonly rightTimestamp: number;
  /** The greater of both: what is emitted has it unless another is given. */
  readonly timestamp: number;
}

/** The job's own code for the pairs of a join. Each subtask needs an instance of its own. */
export interface ProcessJoinFunction<Left, Right, Out> {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  processElement(left: Left, right: Right, context: JoinContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Which records are a pair: those of the right whose time is between `lowerMs` and `upperMs` from that of the left. */
export interface JoinInterval {
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly isLowerExclusive: boolean;
  readonly isUpperExclusive: boolean;
}

export interface IntervalJoinSetting<Left, Right, Out> {
  readonly interval: JoinInterval;
  readonly fn: ProcessJoinFunction<Left, Right, Out>;
  /** Where late records go; null: they are dropped and counted. */
  readonly lateLeft: OutputTag<Left> | null;
  readonly lateRight: OutputTag<Right> | null;
}

/** Operator state: how far event time had come, null for not at all. */
interface Restored {
  readonly watermark: number | null;
}

/**
 * Joins two keyed streams in event time: every pair of equal key whose times are in the interval, once, whichever of them comes first. A record
 * behind the watermark, or behind the one that the join was restored with, is late and joins nothing. Others wait until no record that is not late can be their pair.
 */
export class IntervalJoinOperator<K, Left, Right, Out> extends KeyedCoProcessOperator<K, Left, Right, Out> {
  /** At another parallelism each subtask goes on from the least watermark of all. */
  override get operatorStateKind(): OperatorStateKind {
    return 'operatorTime';
  }
  private readonly join: IntervalJoin<K, Left, Right, Out>;
  private restored = noTimestamp;

  constructor(setting: IntervalJoinSetting<Left, Right, Out>) {
    const join = new IntervalJoin<K, Left, Right, Out>(setting);
    super(join);
    this.join = join;
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const keyed = keyedStateOf(context);
    this.join.watermarkFloor = () => Math.max(this.restored, keyed.watermarkFloor());
    if (restored.items.length > 0) {
      this.restored = Math.min(
        ...(restored.items as readonly Restored[]).map(({ watermark }) => watermark ?? noTimestamp),
      );
    }
    return super.open(context, { ...restored, items: [] }, settle);
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    const watermark = Math.max(this.record.watermark, this.restored);
    return [{ watermark: watermark === noTimestamp ? null : watermark } satisfies Restored];
  }

  override takesItem(item: unknown): boolean {
    return isItemOf('joinTime', item);
  }

  get numLateRecordsDropped(): number {
    return this.join.dropped;
  }
}

/** Records of one side and key by their time. */
type Buffer<T> = MapState<number, readonly T[]>;

class IntervalJoin<K, Left, Right, Out> implements KeyedCoProcessFunction<K, Left, Right, Out> {
  dropped = 0;
  /** How far event time was when the join was restored, and the state around the current key: what was late then is late now. */
  watermarkFloor: () => number = () => noTimestamp;
  private left!: Buffer<Left>;
  private right!: Buffer<Right>;
  private readonly pair = new PairContext<Out>();

  constructor(private readonly setting: IntervalJoinSetting<Left, Right, Out>) {}

  open(instance: KeyedInstance): void {
    this.left = instance.state(mapState<number, readonly Left[]>('left'));
    this.right = instance.state(mapState<number, readonly Right[]>('right'));
    this.setting.fn.open?.(instance);
  }

  processElement1(value: Left, context: KeyedProcessContext<K, Out>): void {
    const { interval, fn, lateLeft } = this.setting;
    const { timestamp } = context;
    if (this.isLate(context)) return this.late(value, context, lateLeft);
    for (const [time, others] of this.right.entries()) {
      if (!isWithin(interval, time - timestamp)) continue;
      for (const other of others) fn.processElement(value, other as Right, this.pair.of(context, timestamp, time));
    }
    this.keep(this.left, value, timestamp + interval.upperMs, context);
  }

  processElement2(value: Right, context: KeyedProcessContext<K, Out>): void {
    const { interval, fn, lateRight } = this.setting;
    const { timestamp } = context;
    if (this.isLate(context)) return this.late(value, context, lateRight);
    for (const [time, others] of this.left.entries()) {
      if (!isWithin(interval, timestamp - time)) continue;
      for (const other of others) fn.processElement(other as Left, value, this.pair.of(context, time, timestamp));
    }
    this.keep(this.right, value, timestamp - interval.lowerMs, context);
  }

  /** Whichever side set it: what is that old on either side has no pair to come. */
  onTimer(time: number): void {
    const { lowerMs, upperMs } = this.setting.interval;
    this.left.remove(time - 1 - upperMs);
    this.right.remove(time - 1 + lowerMs);
  }

  close(): void {
    this.setting.fn.close?.();
  }

  private watermark({ watermark }: KeyedProcessContext<K, Out>): number {
    return Math.max(watermark, this.watermarkFloor());
  }

  private isLate(context: KeyedProcessContext<K, Out>): boolean {
    if (context.timestamp !== noTimestamp) return context.timestamp < this.watermark(context);
    const message = 'an interval join got a record without a timestamp; put assignTimestampsAndWatermarks before it';
    throw new StateFailure('TIMESTAMP_MISSING', 'user', message);
  }

  private late<T>(value: T, context: KeyedProcessContext<K, Out>, tag: OutputTag<T> | null): void {
    if (tag === null) this.dropped += 1;
    else context.output(tag, value);
  }

  /** Keeps a record until the watermark is behind `lastPair`, the time of the last record that could be its pair. */
  private keep<T>(buffer: Buffer<T>, value: T, lastPair: number, context: KeyedProcessContext<K, Out>): void {
    if (lastPair < this.watermark(context)) return;
    const { timestamp } = context;
    buffer.put(timestamp, [...(buffer.get(timestamp) ?? []), value as DeepReadonly<T>]);
    context.timers.setEventTime(lastPair + 1);
  }
}

function isWithin({ lowerMs, upperMs, isLowerExclusive, isUpperExclusive }: JoinInterval, distance: number): boolean {
  return (
    (isLowerExclusive ? distance > lowerMs : distance >= lowerMs) &&
    (isUpperExclusive ? distance < upperMs : distance <= upperMs)
  );
}

/** Moved from pair to pair, so that none is made for each. */
class PairContext<Out> implements JoinContext<Out> {
  leftTimestamp = noTimestamp;
  rightTimestamp = noTimestamp;
  timestamp = noTimestamp;
  private record!: ProcessContext<Out>;

  of(record: ProcessContext<Out>, leftTimestamp: number, rightTimestamp: number): this {
    this.record = record;
    this.leftTimestamp = leftTimestamp;
    this.rightTimestamp = rightTimestamp;
    this.timestamp = Math.max(leftTimestamp, rightTimestamp);
    return this;
  }

  readonly emit = (value: Out, timestamp: number = this.timestamp): void => this.record.emit(value, timestamp);

  readonly output = <T>(tag: OutputTag<T>, value: NoInfer<T>, timestamp: number = this.timestamp): void =>
    this.record.output(tag, value, timestamp);
}
