import { isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';
import type { PlainBid } from './q0.js';

/** Currency conversion: every bid with its price in euros. In thousandths, prices are whole numbers, so no digit is lost. */
export const q1: Query<PlainBid> = (events) =>
  events.filter(isBid).map(({ auction, bidder, price, dateTime, extra }) => ({
    auction,
    bidder,
    price: (price * 908) / 1_000,
    dateTime,
    extra,
  }));

export default nexmarkJob('q1', q1);
