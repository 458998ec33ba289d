import type { Bid } from '../model.js';
import type { PlainBid } from '../q0.js';
import type { Offer } from '../q2.js';
import type { TimedBid } from '../q14.js';
import type { Reference } from './reference.js';

export const q0: Reference<PlainBid> = (events, emit) => {
  for (const event of events) if (event.kind === 'bid') emit(plain(event, event.price));
};

export const q1: Reference<PlainBid> = (events, emit) => {
  for (const event of events) if (event.kind === 'bid') emit(plain(event, inEuros(event.price)));
};

export const q2: Reference<Offer> = (events, emit) => {
  for (const event of events) {
    if (event.kind === 'bid' && event.auction % 123 === 0) emit({ auction: event.auction, price: event.price });
  }
};

export const q14: Reference<TimedBid> = (events, emit) => {
  for (const event of events) {
    if (event.kind !== 'bid') continue;
    const price = inEuros(event.price);
    if (price <= 1_000_000 || price >= 50_000_000) continue;
    const cCount = event.extra.length - event.extra.replaceAll('c', '').length;
    const { auction, bidder, dateTime, extra } = event;
    const bidTimeType = timeTypes[new Date(dateTime).getUTCHours()] ?? 'otherTime';
    emit({ auction, bidder, price, bidTimeType, dateTime, extra, cCount });
  }
};

const inEuros = (price: number): number => (price * 908) / 1_000;

/** By the hour, from 0 to 23. */
const timeTypes = [
  ...new Array<'nightTime'>(7).fill('nightTime'),
  'otherTime' as const,
  ...new Array<'dayTime'>(11).fill('dayTime'),
  'otherTime' as const,
  ...new Array<'nightTime'>(4).fill('nightTime'),
];

function plain({ auction, bidder, dateTime, extra }: Bid, price: number): PlainBid {
  return { auction, bidder, price, dateTime, extra };
}
