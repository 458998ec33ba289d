import {
  type DataStream,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type OnTimerContext,
  type Timers,
  type ValueState,
  valueState,
} from 'weirflow';
import { beats } from './bid-order.js';
import { type Auction, type Bid, type Event, isAuctionOrBid } from './model.js';

/** An auction that has closed, and the bid that has won it. */
export interface WinningBid {
  readonly auction: Auction;
  readonly bid: Bid;
}

/** The highest bid of each auction made while it was open, when it closes: what q4, q6 and q9 begin with. */
export const winningBids = (events: DataStream<Event>): DataStream<WinningBid> =>
  events
    .filter(isAuctionOrBid)
    .keyBy((event) => (event.kind === 'auction' ? event.id : event.auction))
    .process(new ClosingAuction())
    .uid('winning-bids');

class ClosingAuction implements KeyedProcessFunction<number, Auction | Bid, WinningBid> {
  private auction!: ValueState<Auction>;
  private best!: ValueState<Bid>;
  private early!: ListState<Bid>;

  open({ state }: KeyedInstance): void {
    this.auction = state(valueState<Auction>('auction'));
    this.best = state(valueState<Bid>('best'));
    this.early = state(listState<Bid>('early'));
  }

  processElement(event: Auction | Bid, { timers }: KeyedProcessContext<number, WinningBid>): void {
    if (event.kind === 'bid') return this.bid(event, timers);
    this.auction.update(event);
    timers.setEventTime(event.expires);
    for (const bid of this.early.get()) this.offer(event, bid);
    this.early.clear();
  }

  onTimer(time: number, { emit }: OnTimerContext<number, WinningBid>): void {
    const auction = this.auction.value();
    if (auction === undefined) return this.early.update(this.early.get().filter(({ dateTime }) => dateTime > time));
    if (time !== auction.expires) return;
    const bid = this.best.value();
    if (bid !== undefined) emit({ auction, bid });
    this.auction.clear();
    this.best.clear();
  }

  /** A bid waits for its auction until event time says that no auction as old as the bid is still to come. */
  private bid(bid: Bid, timers: Timers): void {
    const auction = this.auction.value();
    if (auction !== undefined) return this.offer(auction, bid);
    this.early.add(bid);
    timers.setEventTime(bid.dateTime);
  }

  private offer({ dateTime, expires }: Auction, bid: Bid): void {
    if (bid.dateTime < dateTime || bid.dateTime > expires) return;
    const best = this.best.value();
    if (best === undefined || beats(bid, best)) this.best.update(bid);
  }
}
