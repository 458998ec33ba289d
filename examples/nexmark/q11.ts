import { sessionEventTimeWindows } from 'weirflow';
import { isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

/** From the first bid until 10 s after the last. */
export interface BidderSession {
  readonly bidder: number;
  readonly bids: number;
  readonly start: number;
  readonly end: number;
}

export const gapMs = 10_000;

/** User sessions: how many bids each bidder made before a pause of 10 s. */
export const q11: Query<BidderSession> = (events) =>
  events
    .filter(isBid)
    .keyBy(({ bidder }) => bidder)
    .window(sessionEventTimeWindows({ gapMs }))
    .aggregate<number, number, BidderSession>(
      {
        createAccumulator: () => 0,
        add: (_bid, count) => count + 1,
        getResult: (count) => count,
        merge: (a, b) => a + b,
      },
      {
        process: ([bids = 0], { currentKey, window, emit }) =>
          emit({ bidder: currentKey, bids, start: window.start, end: window.end }),
      },
    )
    .uid('sessions');

export default nexmarkJob('q11', q11);
