import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type OnTimerContext,
} from 'weirflow';
import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';
import type { PlainBid } from './q0.js';

export const windowMs = 10_000;

/** Highest bid: of every 10 s the bids of the highest price. */
export const q7: Query<PlainBid> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ dateTime }) => dateTime - (dateTime % windowMs))
    .process(new HighestBids())
    .uid('highest-bids');

/** The key is the window, so that all bids of 10 s meet in one place. */
class HighestBids implements KeyedProcessFunction<number, Bid, PlainBid> {
  private highest!: ListState<PlainBid>;

  open({ state }: KeyedInstance): void {
    this.highest = state(listState<PlainBid>('highest'));
  }

  processElement(bid: Bid, { currentKey, timers }: KeyedProcessContext<number, PlainBid>): void {
    const first = this.highest.get()[0];
    if (first === undefined) timers.setEventTime(currentKey + windowMs - 1);
    else if (bid.price < first.price) return;
    const { auction, bidder, price, dateTime, extra } = bid;
    const plain = { auction, bidder, price, dateTime, extra };
    if (first?.price === price) this.highest.add(plain);
    else this.highest.update([plain]);
  }

  onTimer(_time: number, { emit }: OnTimerContext<number, PlainBid>): void {
    for (const bid of this.highest.get()) emit(bid);
    this.highest.clear();
  }
}

export default nexmarkJob('q7', q7);
