import type { Bid } from '../model.js';
import { EventRandom } from './event-random.js';
import { anyAuction, anyPerson, firstAuctionId, firstPersonId, hotOf, lastAuction, lastPerson } from './ids.js';
import { type Filler, price, text } from './strings.js';

const averageSize = 100;
const ownSize = 32;
const hotAuctionRatio = 2;
const hotBidderRatio = 4;
const hotChannelRatio = 2;
const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple'] as const;
const channelsMax = 10_000;

interface Channel {
  readonly channel: string;
  readonly url: string;
}

/** Where bids come from: a channel has the same address in all of them. */
export class Channels {
  private readonly hot: readonly Channel[];
  private readonly others: (Channel | undefined)[] = new Array(channelsMax);
  private readonly random: EventRandom;

  constructor(seed: number) {
    this.random = new EventRandom(~seed);
    this.hot = hotChannels.map((channel, index) => ({ channel, url: this.address(channelsMax + index) }));
  }

  any(random: EventRandom): Channel {
    if (random.below(hotChannelRatio) > 0) return this.hot[random.below(hotChannels.length)] as Channel;
    const number = random.below(channelsMax);
    const known = this.others[number];
    if (known !== undefined) return known;
    const url = this.address(number);
    const hasId = this.random.below(10) > 0;
    const made = { channel: `channel-${number}`, url: hasId ? `${url}&channel_id=${Math.abs(reversed(number))}` : url };
    this.others[number] = made;
    return made;
  }

  private address(number: number): string {
    const { random } = this;
    random.begin(number);
    const folders = [text(random, 5, '_'), text(random, 5, '_'), text(random, 5, '_')];
    return `https://www.nexmark.com/${folders.join('/')}/item.htm?query=1`;
  }
}

/** As NEXMark makes them: half of the bids are for the hot auction; the ids of bidders are 1,000 above those of persons. */
export function makeBid(event: number, dateTime: number, random: EventRandom, channels: Channels, filler: Filler): Bid {
  const isHotAuction = random.below(hotAuctionRatio) > 0;
  const auction = isHotAuction ? hotOf(lastAuction(event)) : anyAuction(random, event);
  const isHotBidder = random.below(hotBidderRatio) > 0;
  const bidder = isHotBidder ? hotOf(lastPerson(event)) + 1 : anyPerson(random, event);
  const offered = price(random);
  const { channel, url } = channels.any(random);
  return {
    kind: 'bid',
    auction: auction + firstAuctionId,
    bidder: bidder + 2 * firstPersonId,
    price: offered,
    channel,
    url,
    dateTime,
    extra: filler.extra(random, ownSize, averageSize),
  };
}

/** The 32 bits of a number in the opposite order. */
function reversed(number: number): number {
  let bits = 0;
  for (let at = 0; at < 32; at += 1) bits = (bits << 1) | ((number >>> at) & 1);
  return bits;
}
