import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

/** The bids for an auction on one day, UTC: how many, how many in each of three ranges of prices, and their prices. */
export interface AuctionDay {
  readonly auction: number;
  /** When the day begins. */
  readonly day: number;
  readonly bids: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly minPrice: number;
  readonly maxPrice: number;
  readonly sumPrice: number;
  /** In whole cents. */
  readonly averagePrice: number;
}

const dayMs = 86_400_000;

/** Auction statistics report: what is known of an auction and day, again after each bid. */
export const q17: Query<AuctionDay> = (events) =>
  events
    .filter(isBid)
    .map(ofOneBid)
    .keyBy(({ auction, day }) => [auction, day])
    .reduce((a, b) => ({
      auction: a.auction,
      day: a.day,
      bids: a.bids + b.bids,
      low: a.low + b.low,
      middle: a.middle + b.middle,
      high: a.high + b.high,
      minPrice: Math.min(a.minPrice, b.minPrice),
      maxPrice: Math.max(a.maxPrice, b.maxPrice),
      sumPrice: a.sumPrice + b.sumPrice,
      averagePrice: Math.floor((a.sumPrice + b.sumPrice) / (a.bids + b.bids)),
    }))
    .uid('auction-days');

function ofOneBid({ auction, price, dateTime }: Bid): AuctionDay {
  return {
    auction,
    day: dateTime - (dateTime % dayMs),
    bids: 1,
    low: price < 10_000 ? 1 : 0,
    middle: price >= 10_000 && price < 1_000_000 ? 1 : 0,
    high: price >= 1_000_000 ? 1 : 0,
    minPrice: price,
    maxPrice: price,
    sumPrice: price,
    averagePrice: price,
  };
}

export default nexmarkJob('q17', q17);
