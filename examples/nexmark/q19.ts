import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
} from 'weirflow';
import { beats } from './bid-order.js';
import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface RankedBid {
  /** 1 is the highest. */
  readonly rank: number;
  readonly bid: Bid;
}

export const ranks = 10;

/** Auction top 10: the ten highest bids for each auction; when one comes in, all ranks that change. */
export const q19: Query<RankedBid> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction)
    .process(new TopBids())
    .uid('top-bids');

class TopBids implements KeyedProcessFunction<number, Bid, RankedBid> {
  private top!: ListState<Bid>;

  open({ state }: KeyedInstance): void {
    this.top = state(listState<Bid>('top'));
  }

  processElement(bid: Bid, { emit }: KeyedProcessContext<number, RankedBid>): void {
    const top = this.top.get();
    let place = top.length;
    while (place > 0 && beats(bid, top[place - 1] as Bid)) place -= 1;
    if (place >= ranks) return;
    const changed = [bid, ...top.slice(place, ranks - 1)];
    this.top.update([...top.slice(0, place), ...changed]);
    for (const [index, each] of changed.entries()) emit({ rank: place + index + 1, bid: each });
  }
}

export default nexmarkJob('q19', q19);
