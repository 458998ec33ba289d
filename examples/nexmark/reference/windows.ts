import type { Bid } from '../model.js';
import type { AuctionCount } from '../most-bids.js';
import type { PlainBid } from '../q0.js';
import { windowMs as slidingMs } from '../q5.js';
import { windowMs as highestMs } from '../q7.js';
import { type NewSeller, windowMs as sellersMs } from '../q8.js';
import { type BidderSession, gapMs } from '../q11.js';
import type { BidderCount } from '../q12.js';
import { entryOf, type Reference } from './reference.js';

const slideMs = 2_000;

export const q5: Reference<AuctionCount> = (events, emit) => {
  const windows = new Map<number, Map<number, number>>();
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const first = event.dateTime - (event.dateTime % slideMs) + slideMs;
    for (let end = first; end < first + slidingMs; end += slideMs) {
      const counts = entryOf(windows, end, () => new Map<number, number>());
      counts.set(event.auction, (counts.get(event.auction) ?? 0) + 1);
    }
  }
  for (const [windowEnd, counts] of windows) {
    let most = 0;
    for (const count of counts.values()) most = Math.max(most, count);
    for (const [auction, count] of counts) if (count === most) emit({ auction, windowEnd, count });
  }
};

export const q7: Reference<PlainBid> = (events, emit) => {
  let window = -1;
  let highest: Bid[] = [];
  const end = (): void => {
    for (const { auction, bidder, price, dateTime, extra } of highest)
      emit({ auction, bidder, price, dateTime, extra });
    highest = [];
  };
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const its = Math.floor(event.dateTime / highestMs);
    if (its !== window) end();
    window = its;
    const price = highest[0]?.price ?? 0;
    if (event.price > price) highest = [];
    if (event.price >= price) highest.push(event);
  }
  end();
};

export const q8: Reference<NewSeller> = (events, emit) => {
  let window = -1;
  let names = new Map<number, string>();
  let sellers = new Set<number>();
  const end = (): void => {
    for (const id of sellers) {
      const name = names.get(id);
      if (name !== undefined) emit({ id, name, windowStart: window * sellersMs });
    }
    names = new Map();
    sellers = new Set();
  };
  for (const event of events) {
    if (event.kind === 'bid') continue;
    const its = Math.floor(event.dateTime / sellersMs);
    if (its !== window) end();
    window = its;
    if (event.kind === 'person') names.set(event.id, event.name);
    else sellers.add(event.seller);
  }
  end();
};

export const q11: Reference<BidderSession> = (events, emit) => {
  const open = new Map<number, { bids: number; start: number; last: number }>();
  const end = (bidder: number, { bids, start, last }: { bids: number; start: number; last: number }): void =>
    emit({ bidder, bids, start, end: last + gapMs });
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const { bidder, dateTime } = event;
    const session = open.get(bidder);
    // Bids exactly so far apart belong together: their windows touch.
    if (session !== undefined && dateTime - session.last <= gapMs) {
      session.bids += 1;
      session.last = dateTime;
    } else {
      if (session !== undefined) end(bidder, session);
      open.set(bidder, { bids: 1, start: dateTime, last: dateTime });
    }
  }
  for (const [bidder, session] of open) end(bidder, session);
};

/** The clock decides what is in a window; here all bids come at the same moment, in the first one. */
export const q12: Reference<BidderCount> = (events, emit) => {
  const counts = new Map<number, number>();
  for (const event of events) {
    if (event.kind === 'bid') counts.set(event.bidder, (counts.get(event.bidder) ?? 0) + 1);
  }
  for (const [bidder, bids] of counts) emit({ bidder, bids, start: 0 });
};
