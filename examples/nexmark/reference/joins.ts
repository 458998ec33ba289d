import type { Auction, Bid, Person } from '../model.js';
import type { LocalItem } from '../q3.js';
import { category, type ExpandedBid } from '../q20.js';
import { entryOf, type Reference } from './reference.js';

const localStates: ReadonlySet<string> = new Set(['OR', 'ID', 'CA']);

export const q3: Reference<LocalItem> = (events, emit) => {
  const persons = new Map<number, Person>();
  const waiting = new Map<number, Auction[]>();
  const put = (person: Person, auction: Auction): void => {
    emit({ name: person.name, city: person.city, state: person.state, auction: auction.id });
  };
  for (const event of events) {
    if (event.kind === 'person' && localStates.has(event.state)) {
      persons.set(event.id, event);
      for (const auction of waiting.get(event.id) ?? []) put(event, auction);
      waiting.delete(event.id);
    } else if (event.kind === 'auction' && event.category === 10) {
      const person = persons.get(event.seller);
      if (person === undefined) entryOf(waiting, event.seller, () => []).push(event);
      else put(person, event);
    }
  }
};

export const q20: Reference<ExpandedBid> = (events, emit) => {
  const auctions = new Map<number, Auction>();
  const waiting = new Map<number, Bid[]>();
  const put = (bid: Bid, auction: Auction): void => {
    if (auction.category === category) emit({ bid, auction });
  };
  for (const event of events) {
    if (event.kind === 'auction') {
      auctions.set(event.id, event);
      for (const bid of waiting.get(event.id) ?? []) put(bid, event);
      waiting.delete(event.id);
    } else if (event.kind === 'bid') {
      const auction = auctions.get(event.auction);
      if (auction === undefined) entryOf(waiting, event.auction, () => []).push(event);
      else put(event, auction);
    }
  }
};
