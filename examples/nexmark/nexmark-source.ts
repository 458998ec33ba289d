import type { Source } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
import { NexmarkGenerator } from './generator/nexmark-generator.js';
import type { GeneratorOptions } from './generator/timeline.js';
import type { Event } from './model.js';

/** How far the watermark is behind the newest event, as in the SQL of NEXMark. */
const watermarkDelayMs = 4_000;

export interface NexmarkSourceOptions extends GeneratorOptions {
  /** How many events in all; null for a stream without end. */
  readonly events: number | null;
  /** Events a second of real time; as fast as possible when left out. */
  readonly ratePerSecond?: number;
  /** At least the parallelism of the source. Default 4. */
  readonly splits?: number;
}

/** The events of NEXMark as a replayable stream with event time. However it is split, the events are the same ones. */
export function nexmarkSource({ events, ratePerSecond, splits = 4, ...options }: NexmarkSourceOptions): Source<Event> {
  const generator = new NexmarkGenerator(options);
  return generatorSource<Event>({
    count: events,
    splits,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    generate: (index) => generator.eventAt(index),
    timestamp: ({ dateTime }) => dateTime,
    outOfOrdernessMs: Math.max(watermarkDelayMs, generator.timeline.outOfOrderMs),
  });
}
