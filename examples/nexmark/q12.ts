import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  maxWatermark,
  type OnTimerContext,
} from 'weirflow';
import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface BidderCount {
  readonly bidder: number;
  readonly bids: number;
  readonly start: number;
}

export const windowMs = 10_000;

/** Processing-time windows: how many bids of each bidder came within 10 s of the clock. At the end of the input, windows end as they are. */
export const q12: Query<BidderCount> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ bidder }) => bidder)
    .process(new ClockWindows())
    .uid('clock-windows');

class ClockWindows implements KeyedProcessFunction<number, Bid, BidderCount> {
  private counts!: MapState<number, number>;

  open({ state }: KeyedInstance): void {
    this.counts = state(mapState<number, number>('counts'));
  }

  processElement(_bid: Bid, { timers }: KeyedProcessContext<number, BidderCount>): void {
    const now = timers.currentProcessingTime();
    const start = now - (now % windowMs);
    const count = this.counts.get(start);
    this.counts.put(start, (count ?? 0) + 1);
    if (count !== undefined) return;
    timers.setProcessingTime(start + windowMs - 1);
    timers.setEventTime(maxWatermark);
  }

  onTimer(time: number, { currentKey, emit }: OnTimerContext<number, BidderCount>): void {
    for (const [start, bids] of [...this.counts.entries()]) {
      if (start + windowMs - 1 > time) continue;
      emit({ bidder: currentKey, bids, start });
      this.counts.remove(start);
    }
  }
}

export default nexmarkJob('q12', q12);
