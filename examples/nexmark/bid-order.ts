import type { Bid } from './model.js';

/**
 * True when `bid` comes before `other` by price, the higher first. SQL leaves open which of two equal bids is first; here the earlier
 * one is, and then the one of the smaller bidder and text, so that results do not depend on which came first.
 */
export function beats(bid: Bid, other: Bid): boolean {
  if (bid.price !== other.price) return bid.price > other.price;
  if (bid.dateTime !== other.dateTime) return bid.dateTime < other.dateTime;
  if (bid.bidder !== other.bidder) return bid.bidder < other.bidder;
  return bid.extra < other.extra;
}

/** True when `bid` was made after `other`; of two in the same millisecond, the one that beats the other. */
export const isLater = (bid: Bid, other: Bid): boolean =>
  bid.dateTime === other.dateTime ? beats(bid, other) : bid.dateTime > other.dateTime;
