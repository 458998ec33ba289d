import type { Auction } from '../model.js';
import type { EventRandom } from './event-random.js';
import {
  anyPerson,
  auctionsPerCycle,
  cycle,
  firstAuctionId,
  firstPersonId,
  hotOf,
  inFlightAuctions,
  lastAuction,
  lastPerson,
} from './ids.js';
import { type Filler, price, text } from './strings.js';
import type { Timeline } from './timeline.js';

const averageSize = 500;
const numbersSize = 48;
const hotSellerRatio = 4;
const firstCategory = 10;
const categories = 5;
const eventsOfOpenAuctions = Math.floor((inFlightAuctions * cycle) / auctionsPerCycle);

/** Three of four auctions are of the hot seller. One is open, on average, until 100 more have begun. */
export function makeAuction(event: number, timeline: Timeline, random: EventRandom, filler: Filler): Auction {
  const dateTime = timeline.timeOf(event);
  const isHotSeller = random.below(hotSellerRatio) > 0;
  const seller = isHotSeller ? hotOf(lastPerson(event)) : anyPerson(random, event);
  const category = firstCategory + random.below(categories);
  const initialBid = price(random);
  const horizonMs = timeline.timeOf(event + eventsOfOpenAuctions) - dateTime;
  const expires = dateTime + 1 + random.below(Math.max(2 * horizonMs, 1));
  const itemName = text(random, 20);
  const description = text(random, 100);
  const reserve = initialBid + price(random);
  return {
    kind: 'auction',
    id: lastAuction(event) + firstAuctionId,
    itemName,
    description,
    initialBid,
    reserve,
    dateTime,
    expires,
    seller: seller + firstPersonId,
    category,
    extra: filler.extra(random, numbersSize + itemName.length + description.length, averageSize),
  };
}
