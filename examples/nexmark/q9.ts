import type { Auction } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';
import { winningBids } from './winning-bids.js';

/** An auction with the bid that has won it. */
export interface SoldAuction extends Omit<Auction, 'kind'> {
  readonly bidder: number;
  readonly price: number;
  readonly bidTime: number;
  readonly bidExtra: string;
}

/** Winning bids: every auction that got a bid, with the highest one, when it closes. */
export const q9: Query<SoldAuction> = (events) =>
  winningBids(events).map(({ auction: { kind: _, ...auction }, bid }) => ({
    ...auction,
    bidder: bid.bidder,
    price: bid.price,
    bidTime: bid.dateTime,
    bidExtra: bid.extra,
  }));

export default nexmarkJob('q9', q9);
