import type { Event } from '../model.js';
import { makeAuction } from './auctions.js';
import { Channels, makeBid } from './bids.js';
import { EventRandom } from './event-random.js';
import { auctionsPerCycle, cycle, personsPerCycle } from './ids.js';
import { makePerson } from './persons.js';
import { Filler } from './strings.js';
import { type GeneratorOptions, Timeline } from './timeline.js';

/**
 * The events of NEXMark, each from its place alone: the same in every run, at every parallelism, and again after a recovery.
 * What a channel's address is depends on the seed, so a generator is made once and then asked for many events.
 */
export class NexmarkGenerator {
  readonly timeline: Timeline;
  private readonly random: EventRandom;
  private readonly channels: Channels;
  private readonly filler: Filler;

  constructor(options: GeneratorOptions = {}) {
    const { seed = 1 } = options;
    this.timeline = new Timeline(options);
    this.random = new EventRandom(seed);
    this.channels = new Channels(seed);
    this.filler = new Filler(seed);
  }

  eventAt(index: number): Event {
    const { timeline, random, filler } = this;
    const event = timeline.numberAt(index);
    random.begin(event);
    const rest = event % cycle;
    if (rest < personsPerCycle) return makePerson(event, timeline.timeOf(event), random, filler);
    if (rest < personsPerCycle + auctionsPerCycle) return makeAuction(event, timeline, random, filler);
    return makeBid(event, timeline.timeOf(event), random, this.channels, filler);
  }

  /** The first `count` events, in the order in which they come. */
  *events(count: number): Generator<Event> {
    for (let index = 0; index < count; index += 1) yield this.eventAt(index);
  }
}
