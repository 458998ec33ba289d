import { slidingEventTimeWindows } from 'weirflow';
import { isBid } from './model.js';
import { type AuctionCount, MostBids } from './most-bids.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export const windowMs = 10_000;

/** Hot items: every 2 s the auctions that got the most bids in the last 10 s. */
export const q5: Query<AuctionCount> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ auction }) => auction)
    .window(slidingEventTimeWindows({ sizeMs: windowMs, slideMs: 2_000 }))
    .aggregate<number, number, AuctionCount>(
      {
        createAccumulator: () => 0,
        add: (_bid, count) => count + 1,
        getResult: (count) => count,
        merge: (a, b) => a + b,
      },
      {
        process: ([count = 0], { currentKey, window, emit }) =>
          emit({ auction: currentKey, windowEnd: window.end, count }),
      },
    )
    .uid('bids-of-auctions')
    .keyBy(({ windowEnd }) => windowEnd)
    .process(new MostBids())
    .uid('most-bids');

export default nexmarkJob('q5', q5);
