import type { EventRandom } from './event-random.js';

/** Of every 50 events the first is a person, the next 3 are auctions, and 46 are bids. */
export const personsPerCycle = 1;
export const auctionsPerCycle = 3;
export const cycle = 50;

export const firstAuctionId = 1_000;
export const firstPersonId = 1_000;
export const inFlightAuctions = 100;

/** Of so many in a row, the first is the hot one. */
const hotEvery = 100;
/** Ids may be so far ahead: events then speak of what does not exist yet. */
const idLead = 10;
const activePersons = 1_000;

/** Persons and auctions count from 0 here. The last one that exists when event `event` comes, which it may be itself. */
export function lastPerson(event: number): number {
  const rest = Math.min(event % cycle, personsPerCycle - 1);
  return Math.floor(event / cycle) * personsPerCycle + rest;
}

/** The same of auctions; -1 before the first. */
export function lastAuction(event: number): number {
  const rest = Math.min((event % cycle) - personsPerCycle, auctionsPerCycle - 1);
  return Math.floor(event / cycle) * auctionsPerCycle + rest;
}

export const hotOf = (last: number): number => last - (last % hotEvery);

/** One of the persons who came last, or one who is yet to come. */
export function anyPerson(random: EventRandom, event: number): number {
  const persons = lastPerson(event) + 1;
  const active = Math.min(persons, activePersons);
  return persons - active + random.below(active + idLead);
}

/** One of the auctions that are likely to be open, or one that is yet to come. */
export function anyAuction(random: EventRandom, event: number): number {
  const last = lastAuction(event);
  const oldest = Math.max(last - inFlightAuctions, 0);
  return oldest + random.below(last - oldest + 1 + idLead);
}
