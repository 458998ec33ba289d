import { isBid } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';
import type { PlainBid } from './q0.js';

export interface TimedBid extends PlainBid {
  readonly bidTimeType: 'dayTime' | 'nightTime' | 'otherTime';
  /** How often the letter c is in `extra`. */
  readonly cCount: number;
}

/** Calculation: bids within a range of prices, with the part of the day (UTC) they fall into, and a count of letters. */
export const q14: Query<TimedBid> = (events) =>
  events
    .filter(isBid)
    .map((bid) => ({ bid, price: (bid.price * 908) / 1_000 }))
    .filter(({ price }) => price > 1_000_000 && price < 50_000_000)
    .map(({ bid: { auction, bidder, dateTime, extra }, price }) => ({
      auction,
      bidder,
      price,
      bidTimeType: timeTypeOf(dateTime),
      dateTime,
      extra,
      cCount: occurrences(extra, 'c'),
    }));

const hourMs = 3_600_000;

function timeTypeOf(dateTime: number): TimedBid['bidTimeType'] {
  const hour = Math.floor(dateTime / hourMs) % 24;
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}

function occurrences(text: string, letter: string): number {
  let count = 0;
  for (let at = text.indexOf(letter); at >= 0; at = text.indexOf(letter, at + 1)) count += 1;
  return count;
}

export default nexmarkJob('q14', q14);
