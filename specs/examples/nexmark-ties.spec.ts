import { describe, expect, it } from 'vitest';
import type { Auction, Bid, Event } from '../../examples/nexmark/model.js';
import { q7 } from '../../examples/nexmark/q7.js';
import { q9 } from '../../examples/nexmark/q9.js';
import { q11 } from '../../examples/nexmark/q11.js';
import { q18 } from '../../examples/nexmark/q18.js';
import { q19 } from '../../examples/nexmark/q19.js';
import { rowsOfGiven } from './nexmark-run.js';

// What generated events hardly ever do: meet in a price, a millisecond, or the very end of a pause.

const bid = (fields: Partial<Bid>): Bid => ({
  kind: 'bid',
  auction: 1,
  bidder: 1,
  price: 100,
  channel: 'Google',
  url: 'https://www.nexmark.com/',
  dateTime: 1_000,
  extra: '',
  ...fields,
});

const auction: Auction = {
  kind: 'auction',
  id: 1,
  itemName: 'clock',
  description: 'a clock',
  initialBid: 1,
  reserve: 2,
  dateTime: 1_000,
  expires: 2_000,
  seller: 1,
  category: 10,
  extra: '',
};

/** As they are, and the other way round. */
const eitherWay = (events: readonly Event[]): readonly (readonly Event[])[] => [events, events.toReversed()];

describe('NEXMark: ties', () => {
  it('q7: all bids of the highest price of a window, and none that only follows it', async () => {
    const highest = [bid({ price: 500, bidder: 1 }), bid({ price: 500, bidder: 2, dateTime: 9_999 })];
    const rows = await rowsOfGiven(q7, [...highest, bid({ price: 400, dateTime: 10_000 })]);
    expect(rows.map(({ price, bidder }) => [price, bidder])).toEqual([
      [500, 1],
      [500, 2],
      [400, 1],
    ]);
  });

  it('q9: of equal bids the earlier one wins; bids at the first and the last moment count', async () => {
    const first = bid({ price: 300, bidder: 7 });
    const events = [first, auction, bid({ price: 300, dateTime: 2_000 }), bid({ price: 900, dateTime: 2_001 })];
    expect(await rowsOfGiven(q9, events)).toEqual([{ auction, bid: first }]);
    const last = bid({ price: 301, dateTime: 2_000 });
    expect(await rowsOfGiven(q9, [first, auction, last])).toEqual([{ auction, bid: last }]);
  });

  it('q11: bids exactly 10 s apart are one session, and a millisecond more makes two', async () => {
    const counts = async (pauseMs: number): Promise<readonly number[]> =>
      (await rowsOfGiven(q11, [bid({}), bid({ dateTime: 1_000 + pauseMs })])).map(({ bids }) => bids);
    expect(await counts(10_000)).toEqual([2]);
    expect(await counts(10_001)).toEqual([1, 1]);
  });

  it('q18: of two bids in one millisecond the higher one is the last, and then one that does not hang on who came first', async () => {
    for (const events of eitherWay([bid({ price: 200 }), bid({ price: 300 })])) {
      expect((await rowsOfGiven(q18, events)).at(-1)?.price).toBe(300);
    }
    const lasts = await Promise.all(
      eitherWay([bid({ extra: 'a' }), bid({ extra: 'b' })]).map((events) => rowsOfGiven(q18, events)),
    );
    expect(lasts.map((rows) => rows.at(-1)?.extra)).toEqual(['a', 'a']);
  });

  it('q19: equal bids have ranks that do not hang on who came first', async () => {
    for (const events of eitherWay([bid({ bidder: 1 }), bid({ bidder: 2 })])) {
      const ranks = new Map((await rowsOfGiven(q19, events)).map((row) => [row.rank, row.bid.bidder]));
      expect(Object.fromEntries(ranks)).toEqual({ 1: 1, 2: 2 });
    }
  });
});
