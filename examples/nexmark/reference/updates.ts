import { beats, isLater } from '../bid-order.js';
import type { Bid } from '../model.js';
import type { AuctionReport } from '../q17.js';
import { type RankedBid, ranks } from '../q19.js';
import { entryOf, type Reference } from './reference.js';

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export const q17: Reference<AuctionReport> = (events, emit) => {
  const reports = new Map<string, Mutable<AuctionReport>>();
  let [dayStart, day] = [Number.NaN, ''];
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const { auction, price, dateTime } = event;
    const start = dateTime - (dateTime % 86_400_000);
    if (start !== dayStart) [dayStart, day] = [start, new Date(start).toISOString().slice(0, 10)];
    const report = entryOf(reports, `${auction} ${day}`, () => ({ ...unseen, auction, day }));
    report.bids += 1;
    if (price < 10_000) report.low += 1;
    else if (price < 1_000_000) report.middle += 1;
    else report.high += 1;
    report.minPrice = Math.min(report.minPrice, price);
    report.maxPrice = Math.max(report.maxPrice, price);
    report.sumPrice += price;
    report.averagePrice = Math.floor(report.sumPrice / report.bids);
    emit({ ...report });
  }
};

const unseen = {
  bids: 0,
  low: 0,
  middle: 0,
  high: 0,
  minPrice: Number.POSITIVE_INFINITY,
  maxPrice: 0,
  sumPrice: 0,
  averagePrice: 0,
} as const;

export const q18: Reference<Bid> = (events, emit) => {
  const last = new Map<string, Bid>();
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const key = `${event.bidder} ${event.auction}`;
    const before = last.get(key);
    const now = before === undefined || isLater(event, before) ? event : before;
    last.set(key, now);
    emit(now);
  }
};

export const q19: Reference<RankedBid> = (events, emit) => {
  const tops = new Map<number, Bid[]>();
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const top = entryOf<number, Bid[]>(tops, event.auction, () => []);
    const at = top.findIndex((other) => beats(event, other));
    const place = at < 0 ? top.length : at;
    if (place >= ranks) continue;
    top.splice(place, 0, event);
    if (top.length > ranks) top.pop();
    for (let index = place; index < top.length; index += 1) {
      const { kind: _, ...bid } = top[index] as Bid;
      emit({ ...bid, rank: index + 1 });
    }
  }
};
