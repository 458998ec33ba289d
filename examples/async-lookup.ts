import { readFile } from 'node:fs/promises';
import { type AsyncFunction, defineJob, fixedDelayRetry } from 'weirflow';
import { type Flight, flights, pathOf, write } from './flight-data.js';

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

interface PlacedFlight extends Place {
  readonly date: string;
  readonly origin: string;
}

/**
 * Asks about each flight where its airport is, a hundred flights at a time, and keeps their order. What is asked is a file here; a database or a service
 * would be asked in the same way. Run it with: npx weir run examples/async-lookup.ts
 *
 * --airports  a CSV file like the one of the package vega-datasets, which is asked when left out
 */
export default defineJob('async-lookup', (env) => {
  const retry = fixedDelayRetry({ retriesMax: 3, delayMs: 200 });
  const placed = flights(env)
    .asyncMap(new PlaceOf(pathOf(env, 'airports', 'airports.csv')), { timeoutMs: 10_000, capacity: 100, retry })
    .uid('places');
  write(env, 'placed', placed);
});

class PlaceOf implements AsyncFunction<Flight, PlacedFlight> {
  private places: Promise<ReadonlyMap<string, Place>> | null = null;

  constructor(private readonly path: string) {}

  async invoke({ date, origin }: Flight): Promise<PlacedFlight> {
    this.places ??= placesIn(this.path);
    const place = (await this.places).get(origin);
    if (place === undefined) throw new Error(`${this.path} has no airport ${origin}`);
    return { date, origin, ...place };
  }
}

/** Names of airports may hold commas; the two numbers stand last. */
async function placesIn(path: string): Promise<ReadonlyMap<string, Place>> {
  const [, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const fields = line.split(',');
      return [fields[0] ?? '', { latitude: Number(fields.at(-2)), longitude: Number(fields.at(-1)) }];
    }),
  );
}
