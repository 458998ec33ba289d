import { tumblingEventTimeWindows } from 'weirflow';
import { isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';
import type { PlainBid } from './q0.js';

export const windowMs = 10_000;

/** Highest bid: of every 10 s the bids of the highest price. All bids have one key, so that they meet in one place. */
export const q7: Query<PlainBid> = (events) =>
  events
    .filter(isBid)
    .keyBy(() => 'all')
    .window(tumblingEventTimeWindows({ sizeMs: windowMs }))
    .aggregate<readonly PlainBid[], readonly PlainBid[], PlainBid>(
      {
        createAccumulator: () => [],
        add: ({ auction, bidder, price, dateTime, extra }, highest) => {
          const most = highest[0]?.price ?? 0;
          if (price < most) return highest;
          const bid = { auction, bidder, price, dateTime, extra };
          return price === most ? [...highest, bid] : [bid];
        },
        getResult: (highest) => highest,
      },
      {
        process: ([highest = []], { emit }) => {
          for (const bid of highest) emit(bid);
        },
      },
    )
    .uid('highest-bids');

export default nexmarkJob('q7', q7);
