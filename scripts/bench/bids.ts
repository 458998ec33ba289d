/** A record like those of an auction: numbers, a category, a price that decides. */
export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
}

/** The same bids each time, spread evenly over so many auctions. */
export function bids(count: number, auctions: number): readonly Bid[] {
  return Array.from({ length: count }, (_, index) => ({
    auction: (index * 7_919) % auctions,
    bidder: index % 1_009,
    price: (index * 31) % 10_000,
    channel: `channel-${index % 10}`,
  }));
}
