import { failure } from '../../../actors/kernel/failure.js';
import type { Split } from '../../../actors/protocol/manifest.js';
import { noTimestamp } from '../../operators/operator.js';
import type { Batch, ReaderContext, SourceReader } from '../../operators/source.js';
import { checkedTimestamp } from '../checked-timestamp.js';
import { RateLimit } from '../rate-limit.js';
import type { GeneratorOptions } from './generator-source.js';
import { type Lane, laneOf, splitOf } from './lane.js';

/**
 * Makes the records of its lanes in the order of their indices. It begins when it has its share of the lanes, so that its event time
 * never has to go back for a lane that came late.
 */
export class GeneratorReader<T> implements SourceReader<T> {
  private lanes: Lane[] = [];
  private rate: RateLimit | null = null;
  private begun = false;
  private noMore = false;
  private watermark = noTimestamp;
  private leftOut: ReadonlySet<string> = new Set();

  constructor(
    private readonly options: GeneratorOptions<T>,
    private readonly lanesMax: number,
    private readonly context: ReaderContext,
  ) {}

  addSplits(splits: readonly Split[]): void {
    for (const split of splits) {
      const lane = laneOf(split);
      if (lane === null) this.context.fail(foreignSplit(this.context.uid, split.id));
      else this.lanes.push(lane);
    }
    this.shareRate();
  }

  noMoreSplits(): void {
    this.noMore = true;
  }

  poll(recordsMax: number): Batch<T> | 'idle' | 'needsSplit' | 'finished' {
    this.begun ||= this.noMore || this.lanes.length >= this.lanesMax;
    if (!this.begun) return 'needsSplit';
    if (this.lanes.length === 0) return this.noMore ? 'finished' : 'needsSplit';
    const lane = this.context.splitsApart ? this.leastLane() : null;
    if (this.context.splitsApart && lane === null) return 'idle';
    const allowed = this.rate === null ? recordsMax : this.rate.allowed(recordsMax);
    if (allowed === 0) return 'idle';
    const batch = lane === null ? this.batch(allowed) : this.batchOf(lane, allowed);
    this.rate?.spend(batch.values.length);
    return batch;
  }

  leaveOut(splits: ReadonlySet<string>): void {
    this.leftOut = splits;
  }

  snapshot(): readonly Split[] {
    return this.lanes.map(splitOf);
  }

  close(): void {
    this.rate?.close();
  }

  private batch(recordsMax: number): Batch<T> {
    const { generate, timestamp, outOfOrdernessMs = 0 } = this.options;
    // One more, because a later record may have the same time.
    const behind = outOfOrdernessMs + 1;
    const values: T[] = [];
    const timestamps: number[] = [];
    let latest = this.watermark;
    while (values.length < recordsMax && this.lanes.length > 0) {
      const index = this.nextIndex();
      const value = generate(index);
      const at = timestamp === undefined ? noTimestamp : checkedTimestamp(timestamp(value, index));
      values.push(value);
      timestamps.push(at);
      if (at - behind > latest) latest = at - behind;
    }
    const news = latest > this.watermark;
    this.watermark = latest;
    return { values, timestamps, watermark: news ? latest : null };
  }

  /** Records of one lane; watermarks are made elsewhere then. */
  private batchOf(lane: Lane, recordsMax: number): Batch<T> {
    const { generate, timestamp } = this.options;
    const values: T[] = [];
    const timestamps: number[] = [];
    let endsSplit = false;
    while (values.length < recordsMax && !endsSplit) {
      const index = lane.next;
      const value = generate(index);
      values.push(value);
      timestamps.push(timestamp === undefined ? noTimestamp : checkedTimestamp(timestamp(value, index)));
      endsSplit = this.advance(lane);
    }
    return { values, timestamps, watermark: null, split: lane.id, endsSplit };
  }

  /** The smallest index of all lanes. */
  private nextIndex(): number {
    const [first] = this.lanes;
    let least = first as Lane;
    for (const lane of this.lanes) if (lane.next < least.next) least = lane;
    const index = least.next;
    this.advance(least);
    return index;
  }

  /** The one with the smallest index of those that may be read. */
  private leastLane(): Lane | null {
    let least: Lane | null = null;
    for (const lane of this.lanes) {
      if (!this.leftOut.has(lane.id) && (least === null || lane.next < least.next)) least = lane;
    }
    return least;
  }

  /** A lane that has ended is let go; true then. */
  private advance(lane: Lane): boolean {
    lane.next += lane.lanes;
    const { count } = this.options;
    if (count === null || lane.next < count) return false;
    this.lanes = this.lanes.filter((each) => each !== lane);
    return true;
  }

  /** Each lane has its part of the rate, wherever it is read. */
  private shareRate(): void {
    const { ratePerSecond } = this.options;
    const lanes = this.lanes[0]?.lanes;
    if (ratePerSecond === undefined || lanes === undefined) return;
    this.rate?.close();
    this.rate = new RateLimit(this.context.clock, (ratePerSecond * this.lanes.length) / lanes, () =>
      this.context.wake(),
    );
  }
}

function foreignSplit(uid: string, id: string) {
  const message = `Source '${uid}' cannot go on with split '${id}': its data is none of a generator. Was another source under this uid before? Give this one a uid of its own.`;
  return failure('SPLIT_UNREADABLE', 'user', message, 'never');
}
