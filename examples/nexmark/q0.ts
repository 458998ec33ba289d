import { type Bid, isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export type PlainBid = Pick<Bid, 'auction' | 'bidder' | 'price' | 'dateTime' | 'extra'>;

/** Pass through: every bid as it is. What an engine costs that does nothing. */
export const q0: Query<PlainBid> = (events) =>
  events
    .filter(isBid)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }));

export default nexmarkJob('q0', q0);
