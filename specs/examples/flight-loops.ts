import { readFileSync } from 'node:fs';

/** What the examples on flights are to put out, by plain loops over the same flights that know nothing of the engine. */

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

interface Airport {
  readonly iata: string;
  readonly city: string;
  readonly latitude: number;
  readonly longitude: number;
}

type Rows = readonly unknown[];

const data = new URL('../../node_modules/vega-datasets/data/', import.meta.url);

const flightsPath = new URL('flights-20k.json', data);
export const airportsPath = new URL('airports.csv', data);
export const allFlights = (): readonly Flight[] => JSON.parse(readFileSync(flightsPath, 'utf8'));

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const timeOf = ({ date }: Flight): number => Date.parse(`${date.replaceAll('/', '-')}Z`);
const isoOf = (timeMs: number): string => new Date(timeMs).toISOString();

/** The rows of each example by the folder in which they are. */
export const loops: Readonly<Record<string, (flights: readonly Flight[]) => Readonly<Record<string, Rows>>>> = {
  'windowed-delays': (flights) => {
    const days = new Map<string, number[]>();
    for (const flight of flights) {
      listOf(days, `${flight.origin} ${flight.date.slice(0, 10).replaceAll('/', '-')}`).push(flight.delay);
    }
    const rows = [...days].map(([name, delays]) => {
      const [origin, day] = name.split(' ');
      return { origin, day, flights: delays.length, meanDelay: sum(delays) / delays.length };
    });
    return { days: rows };
  },

  sessions: (flights) => {
    const rows: unknown[] = [];
    const times = new Map<string, number[]>();
    for (const flight of flights) listOf(times, flight.origin).push(timeOf(flight));
    for (const [origin, all] of times) {
      let first = 0;
      for (const [index, time] of all.entries()) {
        const next = all[index + 1];
        // A session takes what touches it: exactly three hours later is still of it.
        if (next !== undefined && next - time <= 3 * hourMs) continue;
        const from = all[first] as number;
        rows.push({ origin, from: isoOf(from), minutes: (time - from) / minuteMs, flights: index - first + 1 });
        first = index + 1;
      }
    }
    return { 'busy-times': rows };
  },

  'late-data': (flights) => {
    const hours = new Map<string, number>();
    const late: Flight[] = [];
    let watermark = Number.NEGATIVE_INFINITY;
    for (const flight of flights) {
      const leftMs = timeOf(flight) + flight.delay * minuteMs;
      watermark = Math.max(watermark, leftMs - 2 * hourMs - 1);
      const hour = leftMs - (leftMs % hourMs);
      if (hour + hourMs - 1 <= watermark) late.push(flight);
      else add(hours, `${flight.origin} ${isoOf(hour)}`);
    }
    const rows = [...hours].map(([name, count]) => {
      const [origin, hour] = name.split(' ');
      return { origin, hour, flights: count };
    });
    return { hours: rows, 'too-late': late };
  },

  enrichment: (flights) => {
    const airports = airportsByName();
    const cityOf = (iata: string): string | undefined => airports.get(iata)?.city;
    const named = flights.map(({ date, origin, destination }) => ({
      date,
      from: cityOf(origin),
      to: cityOf(destination),
    }));
    return { named };
  },

  'interval-join': (flights) => {
    const rows: unknown[] = [];
    const times = flights.map(timeOf);
    for (const [index, out] of flights.entries()) {
      for (let later = index + 1; later < flights.length; later += 1) {
        const back = flights[later] as Flight;
        const minutes = ((times[later] as number) - (times[index] as number)) / minuteMs;
        if (minutes > 480) break;
        if (minutes < 240 || back.origin !== out.destination || back.destination !== out.origin) continue;
        rows.push({ from: out.origin, to: out.destination, out: out.date, back: back.date, minutes });
      }
    }
    return { 'round-trips': rows };
  },

  'async-lookup': (flights) => {
    const airports = airportsByName();
    const placed = flights.map(({ date, origin }) => {
      const { latitude, longitude } = airports.get(origin) as Airport;
      return { date, origin, latitude, longitude };
    });
    return { placed };
  },

  'dead-letters': (flights) => ({
    delays: flights
      .filter(({ delay }) => delay <= 180)
      .map(({ date, origin, delay }) => ({ date, origin, hours: delay / 60 })),
    refused: flights
      .filter(({ delay }) => delay > 180)
      .map((record) => ({ record, operator: 'checked', message: `${record.delay} minutes late` })),
  }),

  'top-airports': (flights) => {
    const days = new Map<number, Map<string, number>>();
    for (const flight of flights) {
      const day = timeOf(flight) - (timeOf(flight) % dayMs);
      const counts = days.get(day) ?? new Map<string, number>();
      days.set(day, counts);
      add(counts, flight.origin);
    }
    const top = [...days].flatMap(([day, counts]) =>
      [...counts]
        .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
        .slice(0, 3)
        .map(([origin, count], index) => ({ day: isoOf(day).slice(0, 10), rank: index + 1, origin, flights: count })),
    );
    return { top };
  },
};

/** Fields with commas stand in quotes. */
function airportsByName(): ReadonlyMap<string, Airport> {
  const [, ...lines] = readFileSync(airportsPath, 'utf8').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const fields = [...line.matchAll(/("[^"]*"|[^,]*)(?:,|$)/g)].map(([, field = '']) => field.replaceAll('"', ''));
      const [iata = '', , city = '', , , latitude, longitude] = fields;
      return [iata, { iata, city, latitude: Number(latitude), longitude: Number(longitude) }];
    }),
  );
}

function listOf(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
