import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type ValueState,
  valueState,
} from 'weirflow';
import type { Auction, Event, Person } from './model.js';
import { nexmarkJob, type Query } from './nexmark-job.js';

export interface LocalItem {
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly auction: number;
}

const isWanted = (event: Event): event is Person | Auction =>
  event.kind === 'person'
    ? event.state === 'OR' || event.state === 'ID' || event.state === 'CA'
    : event.kind === 'auction' && event.category === 10;

/** Local item suggestion: who sells in Oregon, Idaho or California in category 10, and in which auctions. */
export const q3: Query<LocalItem> = (events) =>
  events
    .filter(isWanted)
    .keyBy((event) => (event.kind === 'person' ? event.id : event.seller))
    .process(new SellersWithAuctions())
    .uid('sellers-with-auctions');

/** Joins as they come, in either order. Auctions wait for their seller; after that nothing but the seller is kept. */
class SellersWithAuctions implements KeyedProcessFunction<number, Person | Auction, LocalItem> {
  private seller!: ValueState<Person>;
  private waiting!: ListState<number>;

  open({ state }: KeyedInstance): void {
    this.seller = state(valueState<Person>('seller'));
    this.waiting = state(listState<number>('waiting'));
  }

  processElement(event: Person | Auction, { emit }: KeyedProcessContext<number, LocalItem>): void {
    const seller = event.kind === 'person' ? event : this.seller.value();
    if (event.kind === 'person') this.seller.update(event);
    else if (seller === undefined) this.waiting.add(event.id);
    if (seller === undefined) return;
    const { name, city, state } = seller;
    const auctions = event.kind === 'person' ? this.waiting.get() : [event.id];
    for (const auction of auctions) emit({ name, city, state, auction });
    this.waiting.clear();
  }
}

export default nexmarkJob('q3', q3);
