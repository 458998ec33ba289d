import { nexmarkJob, type Query } from './nexmark-job.js';
import { type WinningBid, winningBids } from './winning-bids.js';

/** Winning bids: every auction that got a bid, with the highest one, when it closes. */
export const q9: Query<WinningBid> = winningBids;

export default nexmarkJob('q9', q9);
