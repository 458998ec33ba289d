import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  type OnTimerContext,
} from 'weirflow';
import { type Bid, isBid } from './model.js';
import { type AuctionCount, MostBids } from './most-bids.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

const slideMs = 2_000;
export const windowMs = 10_000;

/** Hot items: every 2 s the auctions that got the most bids in the last 10 s. */
export const q5: Query<AuctionCount> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction)
    .process(new SlidingCount())
    .uid('sliding-count')
    .keyBy(({ windowEnd }) => windowEnd)
    .process(new MostBids())
    .uid('most-bids');

/** Counts by slices of 2 s; a window is the sum of five, each counted once. */
class SlidingCount implements KeyedProcessFunction<number, Bid, AuctionCount> {
  private slices!: MapState<number, number>;

  open({ state }: KeyedInstance): void {
    this.slices = state(mapState<number, number>('slices'));
  }

  processElement(_bid: Bid, { timestamp, timers }: KeyedProcessContext<number, AuctionCount>): void {
    const from = timestamp - (timestamp % slideMs);
    const count = this.slices.get(from);
    this.slices.put(from, (count ?? 0) + 1);
    if (count !== undefined) return;
    for (let end = from + slideMs; end <= from + windowMs; end += slideMs) timers.setEventTime(end - 1);
  }

  onTimer(time: number, { currentKey, emit }: OnTimerContext<number, AuctionCount>): void {
    const windowEnd = time + 1;
    const oldest = windowEnd - windowMs;
    let count = 0;
    for (let from = oldest; from < windowEnd; from += slideMs) count += this.slices.get(from) ?? 0;
    emit({ auction: currentKey, windowEnd, count });
    this.slices.remove(oldest);
  }
}

export default nexmarkJob('q5', q5);
