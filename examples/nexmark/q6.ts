import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type MapState,
  mapState,
  type OnTimerContext,
} from 'weirflow';
import { nexmarkJob, type Query } from './nexmark-job.js';
import { type WinningBid, winningBids } from './winning-bids.js';

/** What a seller has got for the last 10 auctions, on average, in whole cents. */
export interface SellerPrice {
  readonly seller: number;
  readonly average: number;
}

interface Sale {
  readonly auction: number;
  readonly price: number;
}

export const salesMax = 10;

/** Average selling price by seller, after each auction that closes; those of one millisecond in the order of their ids. */
export const q6: Query<SellerPrice> = (events) => {
  const sold = winningBids(events).keyBy(({ auction }) => auction.seller);
  return sold.process(new LastSales()).uid('last-sales');
};

class LastSales implements KeyedProcessFunction<number, WinningBid, SellerPrice> {
  private prices!: ListState<number>;
  private closing!: MapState<number, readonly Sale[]>;

  open({ state }: KeyedInstance): void {
    this.prices = state(listState<number>('prices'));
    this.closing = state(mapState<number, readonly Sale[]>('closing'));
  }

  processElement({ auction, bid }: WinningBid, { timers }: KeyedProcessContext<number, SellerPrice>): void {
    const others = this.closing.get(auction.expires) ?? [];
    this.closing.put(auction.expires, [...others, { auction: auction.id, price: bid.price }]);
    timers.setEventTime(auction.expires);
  }

  onTimer(time: number, { currentKey, emit }: OnTimerContext<number, SellerPrice>): void {
    for (const { price } of (this.closing.get(time) ?? []).toSorted((a, b) => a.auction - b.auction)) {
      const prices = [...this.prices.get(), price].slice(-salesMax);
      this.prices.update(prices);
      const sum = prices.reduce((total, each) => total + each);
      emit({ seller: currentKey, average: Math.floor(sum / prices.length) });
    }
    this.closing.remove(time);
  }
}

export default nexmarkJob('q6', q6);
