import { isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface Offer {
  readonly auction: number;
  readonly price: number;
}

/** Selection: the bids for one auction in 123. */
export const q2: Query<Offer> = (events) =>
  events
    .filter(isBid)
    .filter(({ auction }) => auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price }));

export default nexmarkJob('q2', q2);
