import { beats } from '../bid-order.js';
import type { Auction, Bid, Event } from '../model.js';
import type { CategoryPrice } from '../q4.js';
import { type SellerPrice, salesMax } from '../q6.js';
import type { WinningBid } from '../winning-bids.js';
import { entryOf, type Reference } from './reference.js';

export const q4: Reference<CategoryPrice> = (events, emit) => {
  const totals = new Map<number, { count: number; sum: number }>();
  const sold = closed(events);
  for (const [index, { auction, bid }] of sold.entries()) {
    const { category, expires } = auction;
    const total = entryOf(totals, category, () => ({ count: 0, sum: 0 }));
    total.count += 1;
    total.sum += bid.price;
    if (closesAgain(sold, index + 1, expires, category)) continue;
    emit({ category, average: Math.floor(total.sum / total.count) });
  }
};

export const q6: Reference<SellerPrice> = (events, emit) => {
  const prices = new Map<number, number[]>();
  for (const { auction, bid } of closed(events)) {
    const last = entryOf(prices, auction.seller, () => []);
    last.push(bid.price);
    if (last.length > salesMax) last.shift();
    let sum = 0;
    for (const price of last) sum += price;
    emit({ seller: auction.seller, average: Math.floor(sum / last.length) });
  }
};

export const q9: Reference<WinningBid> = (events, emit) => {
  for (const { auction, bid } of closed(events)) emit({ auction, bid });
};

/** Auctions that got a bid while they were open, with the highest, in the order in which they close. */
function closed(events: Iterable<Event>): readonly WinningBid[] {
  const sold = new Map<number, { auction: Auction; bid: Bid | null }>();
  // A bid of the same millisecond as its auction may come before it, and counts; an older one does not.
  let newest: Bid[] = [];
  for (const event of events) {
    if (event.kind === 'person') continue;
    if (event.kind === 'auction') {
      sold.set(event.id, { auction: event, bid: null });
      for (const bid of newest) if (bid.auction === event.id) offer(sold, bid);
    } else if (!offer(sold, event)) {
      if (newest[0]?.dateTime !== event.dateTime) newest = [];
      newest.push(event);
    }
  }
  return [...sold.values()]
    .filter((each): each is WinningBid => each.bid !== null)
    .sort(({ auction: a }, { auction: b }) => a.expires - b.expires || a.id - b.id);
}

/** False when there is no such auction yet. */
function offer(sold: ReadonlyMap<number, { readonly auction: Auction; bid: Bid | null }>, bid: Bid): boolean {
  const open = sold.get(bid.auction);
  if (open === undefined) return false;
  const { dateTime, expires } = open.auction;
  const isInTime = bid.dateTime >= dateTime && bid.dateTime <= expires;
  if (isInTime && (open.bid === null || beats(bid, open.bid))) open.bid = bid;
  return true;
}

/** Whether another auction of the category closes in the same millisecond. */
function closesAgain(sold: readonly WinningBid[], from: number, expires: number, category: number): boolean {
  for (let index = from; sold[index]?.auction.expires === expires; index += 1) {
    if (sold[index]?.auction.category === category) return true;
  }
  return false;
}
