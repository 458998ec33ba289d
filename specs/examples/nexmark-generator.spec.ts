import { describe, expect, it } from 'vitest';
import { NexmarkGenerator } from '../../examples/nexmark/generator/nexmark-generator.js';
import type { GeneratorOptions } from '../../examples/nexmark/generator/timeline.js';
import { type Auction, type Bid, type Event, isBid, type Person } from '../../examples/nexmark/model.js';

const count = 100_000;

function generated(options: GeneratorOptions = {}, events = count) {
  const all = [...new NexmarkGenerator(options).events(events)];
  return {
    all,
    persons: all.filter((event): event is Person => event.kind === 'person'),
    auctions: all.filter((event): event is Auction => event.kind === 'auction'),
    bids: all.filter(isBid),
  };
}

/** How often something holds, from 0 to 1. */
function share<T>(values: readonly T[], holds: (value: T, index: number) => boolean): number {
  return values.filter(holds).length / values.length;
}

const averageOf = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((sum, value) => sum + of(value), 0) / values.length;

describe('NEXMark generator: what comes', () => {
  const { all, persons, auctions, bids } = generated();

  it('of every 50 events the first is a person, the next 3 are auctions, and 46 are bids', () => {
    const kinds = (from: number): readonly Event['kind'][] => all.slice(from, from + 50).map(({ kind }) => kind);
    const cycle = ['person', ...new Array<string>(3).fill('auction'), ...new Array<string>(46).fill('bid')] as const;
    expect(kinds(0)).toEqual(cycle);
    expect(kinds(5_000)).toEqual(cycle);
  });

  it('persons and auctions are numbered from 1000', () => {
    expect(persons.map(({ id }) => id)).toEqual(persons.map((_, index) => 1_000 + index));
    expect(auctions.map(({ id }) => id)).toEqual(auctions.map((_, index) => 1_000 + index));
  });

  it('ten thousand events make a second, in order', () => {
    const [first] = all;
    expect(first?.dateTime).toBe(Date.UTC(2026, 0));
    expect(all.map(({ dateTime }) => dateTime - Date.UTC(2026, 0))).toEqual(
      all.map((_, index) => Math.floor(index / 10)),
    );
  });

  it('half of the bids are for the hot auction, three of four by the hot bidder, whose ids are 1000 above those of persons', () => {
    const lastAuction = (index: number): number => Math.floor(index / 46) * 3 + 2;
    const lastPerson = (index: number): number => Math.floor(index / 46);
    const hot = (last: number): number => Math.floor(last / 100) * 100;
    // Those who are chosen among all may be the hot ones too.
    expect(share(bids, ({ auction }, index) => auction === hot(lastAuction(index)) + 1_000)).toBeCloseTo(0.5, 1);
    expect(share(bids, ({ bidder }, index) => bidder === hot(lastPerson(index)) + 2_001)).toBeCloseTo(0.75, 2);
    expect(share(auctions, ({ seller }, index) => seller === hot(Math.floor(index / 3)) + 1_000)).toBeCloseTo(0.75, 1);
  });

  it('bids are for the auctions of the last 100 and the next 10, and no others but the hot one', () => {
    for (const [index, { auction }] of bids.entries()) {
      const last = Math.floor(index / 46) * 3 + 2;
      const id = auction - 1_000;
      expect(id === Math.floor(last / 100) * 100 || (id >= last - 100 && id <= last + 10)).toBe(true);
    }
  });

  it('auctions last until 100 more have begun, on average, in one of five categories', () => {
    expect(averageOf(auctions, ({ dateTime, expires }) => expires - dateTime) / 166.6).toBeCloseTo(1, 1);
    expect(auctions.every(({ dateTime, expires }) => expires > dateTime)).toBe(true);
    expect(new Set(auctions.map(({ category }) => category))).toEqual(new Set([10, 11, 12, 13, 14]));
    expect(auctions.every(({ initialBid, reserve }) => reserve > initialBid)).toBe(true);
  });

  it('prices have as many digits as they like, from 1 to a million', () => {
    for (const digits of [0, 1, 2, 3, 4, 5]) {
      const [from, to] = [100 * 10 ** digits, 1_000 * 10 ** digits];
      expect(share(bids, ({ price }) => price >= from && price < to)).toBeCloseTo(1 / 6, 2);
    }
  });

  it('half of the bids come by one of four channels; a channel has one address', () => {
    expect(share(bids, ({ channel }) => !channel.startsWith('channel-'))).toBeCloseTo(0.5, 2);
    const urls = new Map(bids.map(({ channel, url }) => [channel, url]));
    expect(bids.every(({ channel, url }) => urls.get(channel) === url)).toBe(true);
    expect(share([...urls.values()], (url) => url.includes('&channel_id='))).toBeCloseTo(0.9, 1);
    expect(
      bids.every(({ url }) => /^https:\/\/www\.nexmark\.com(\/[a-z_]{3,4}){3}\/item\.htm\?query=1/.test(url)),
    ).toBe(true);
  });

  it('records have the size they should have on average', () => {
    expect(averageOf(bids, ({ extra }) => 32 + extra.length)).toBeCloseTo(100, -1);
    const textsOf = ({ kind: _, ...fields }: Person | Auction): string =>
      Object.values(fields)
        .filter((value) => typeof value === 'string')
        .join('');
    expect(averageOf(persons, (person) => 8 + textsOf(person).length) / 200).toBeCloseTo(1, 1);
    expect(averageOf(auctions, (auction) => 48 + textsOf(auction).length) / 500).toBeCloseTo(1, 1);
  });
});

describe('NEXMark generator: the same again', () => {
  it('the same seed gives the same events, in whatever order they are asked for; another gives others', () => {
    const [one, two, other] = [{ seed: 7 }, { seed: 7 }, { seed: 8 }].map((options) => new NexmarkGenerator(options));
    const forward = [...(one?.events(2_000) ?? [])];
    const backward = forward.map((_, index) => two?.eventAt(forward.length - 1 - index)).reverse();
    expect(backward).toEqual(forward);
    expect([...(other?.events(2_000) ?? [])].filter((event, index) => event.extra === forward[index]?.extra)).toEqual(
      [],
    );
  });

  it('out of order, the events are the same ones, each within its group', () => {
    const inOrder = generated({ seed: 3 }, 2_000).all;
    const shuffled = generated({ seed: 3, outOfOrderGroupSize: 40 }, 2_000).all;
    expect(shuffled).not.toEqual(inOrder);
    const text = (event: Event): string => JSON.stringify(event);
    for (let group = 0; group < 2_000; group += 40) {
      expect(
        shuffled
          .slice(group, group + 40)
          .map(text)
          .sort(),
      ).toEqual(
        inOrder
          .slice(group, group + 40)
          .map(text)
          .sort(),
      );
    }
  });

  it('a size of groups that would make some events twice is refused', () => {
    expect(() => new NexmarkGenerator({ outOfOrderGroupSize: 953 })).toThrow('no multiple of 953');
  });
});

/** For the reader: one of each. */
describe('NEXMark generator: one of each', () => {
  it('looks like this', () => {
    const { persons, auctions, bids } = generated({}, 50);
    const [person, auction, bid] = [persons[0] as Person, auctions[0] as Auction, bids[0] as Bid];
    expect(person.emailAddress).toMatch(/^[a-z ]+@[a-z ]+\.com$/);
    expect(person.creditCard).toMatch(/^\d{4}( \d{4}){3}$/);
    expect(auction.itemName.length).toBeLessThan(20);
    expect(auction.description.length).toBeLessThan(100);
    expect(bid.bidder).toBeGreaterThanOrEqual(2_000);
  });
});
