import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type ValueState,
  valueState,
} from 'weirflow';
import { type Auction, type Bid, isAuctionOrBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface ExpandedBid {
  readonly bid: Bid;
  readonly auction: Auction;
}

export const category = 10;

/** Expand bid with auction: every bid for an auction of category 10, with all that is known of the auction. */
export const q20: Query<ExpandedBid> = (events) =>
  events
    .filter(isAuctionOrBid)
    .keyBy((event) => (event.kind === 'auction' ? event.id : event.auction))
    .process(new BidsWithAuction())
    .uid('bids-with-auction');

/** Bids wait for their auction, and are kept no longer; an auction of another category is remembered by that alone. */
class BidsWithAuction implements KeyedProcessFunction<number, Auction | Bid, ExpandedBid> {
  private auction!: ValueState<Auction | 'other'>;
  private waiting!: ListState<Bid>;

  open({ state }: KeyedInstance): void {
    this.auction = state(valueState<Auction | 'other'>('auction'));
    this.waiting = state(listState<Bid>('waiting'));
  }

  processElement(event: Auction | Bid, { emit }: KeyedProcessContext<number, ExpandedBid>): void {
    if (event.kind === 'bid') {
      const auction = this.auction.value();
      if (auction === undefined) this.waiting.add(event);
      else if (auction !== 'other') emit({ bid: event, auction });
      return;
    }
    const isWanted = event.category === category;
    this.auction.update(isWanted ? event : 'other');
    if (isWanted) for (const bid of this.waiting.get()) emit({ bid, auction: event });
    this.waiting.clear();
  }
}

export default nexmarkJob('q20', q20);
