/** Someone who sells or bids. Times are milliseconds since 1970. */
export interface Person {
  readonly kind: 'person';
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** Something for sale, from `dateTime` until `expires`. */
export interface Auction {
  readonly kind: 'auction';
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

/** An offer of so many cents. */
export interface Bid {
  readonly kind: 'bid';
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

export type Event = Person | Auction | Bid;

export const isBid = (event: Event): event is Bid => event.kind === 'bid';
export const isPersonOrAuction = (event: Event): event is Person | Auction => event.kind !== 'bid';
export const isAuctionOrBid = (event: Event): event is Auction | Bid => event.kind !== 'person';
