import { isLater } from './bid-order.js';
import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

/** Find last bid: the last one of each bidder for each auction, again after each bid. */
export const q18: Query<Bid> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ bidder, auction }) => [bidder, auction])
    .reduce((last, bid) => (isLater(bid, last) ? bid : last))
    .uid('last-bids');

export default nexmarkJob('q18', q18);
