import { beats, isLater } from '../bid-order.js';
import type { Bid } from '../model.js';
import type { AuctionDay } from '../q17.js';
import { type RankedBid, ranks } from '../q19.js';
import { entryOf, type Reference } from './reference.js';

export const q17: Reference<AuctionDay> = (events, emit) => {
  let reports = new Map<number, AuctionDay>();
  let day = Number.NaN;
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const { auction, price, dateTime } = event;
    if (dateTime - (dateTime % 86_400_000) !== day) {
      day = dateTime - (dateTime % 86_400_000);
      reports = new Map();
    }
    const before = reports.get(auction) ?? unseen;
    const [bids, sumPrice] = [before.bids + 1, before.sumPrice + price];
    const report = {
      auction,
      day,
      bids,
      low: price < 10_000 ? before.low + 1 : before.low,
      middle: price >= 10_000 && price < 1_000_000 ? before.middle + 1 : before.middle,
      high: price >= 1_000_000 ? before.high + 1 : before.high,
      minPrice: bids === 1 ? price : Math.min(before.minPrice, price),
      maxPrice: Math.max(before.maxPrice, price),
      sumPrice,
      averagePrice: Math.floor(sumPrice / bids),
    };
    reports.set(auction, report);
    emit(report);
  }
};

const counts = { bids: 0, low: 0, middle: 0, high: 0 } as const;
const prices = { minPrice: 0, maxPrice: 0, sumPrice: 0, averagePrice: 0 } as const;
const unseen: AuctionDay = { auction: 0, day: 0, ...counts, ...prices };

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
      emit({ rank: index + 1, bid: top[index] as Bid });
    }
  }
};
