import { defineJob } from 'weirflow';
import { byDate, departureMs, type Flight, flights, hourMs, minuteMs, write } from './flight-data.js';

interface RoundTrip {
  readonly from: string;
  readonly to: string;
  readonly out: string;
  readonly back: string;
  readonly minutes: number;
}

/** How long after the first flight the one back leaves. */
const [soonestMs, latestMs] = [4 * hourMs, 8 * hourMs];

const route = ({ origin, destination }: Flight): string => `${origin} ${destination}`;
const wayBack = ({ origin, destination }: Flight): string => `${destination} ${origin}`;

/**
 * Flights out and back within a day: a join of the flights with themselves, in which the second one leaves four to eight hours after the first.
 * Run it with: npx weir run examples/interval-join.ts
 */
export default defineJob('interval-join', (env) => {
  const dated = flights(env).assignTimestampsAndWatermarks(byDate).uid('dates');
  const roundTrips = dated
    .keyBy(route)
    .intervalJoin(dated.keyBy(wayBack))
    .between(soonestMs, latestMs)
    .process<RoundTrip>({
      processElement: (out, back, { emit }) =>
        emit({
          from: out.origin,
          to: out.destination,
          out: out.date,
          back: back.date,
          minutes: (departureMs(back) - departureMs(out)) / minuteMs,
        }),
    })
    .uid('round-trips');
  write(env, 'round-trips', roundTrips);
});
