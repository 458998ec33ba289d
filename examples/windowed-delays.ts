import { defineJob, tumblingEventTimeWindows } from 'weirflow';
import { byDate, dayMs, dayOf, flights, write } from './flight-data.js';

interface DayOfAirport {
  readonly origin: string;
  readonly day: string;
  readonly flights: number;
  readonly meanDelay: number;
}

/**
 * The mean delay of each airport on each day, by the dates of flights: a window in event time, folded as flights come.
 * Run it with: npx weir run examples/windowed-delays.ts
 */
export default defineJob('windowed-delays', (env) => {
  const days = flights(env)
    .assignTimestampsAndWatermarks(byDate)
    .uid('dates')
    .map(({ origin, delay }) => ({ origin, flights: 1, delay }))
    .keyBy(({ origin }) => origin)
    .window(tumblingEventTimeWindows({ sizeMs: dayMs }))
    .reduce<DayOfAirport>((a, b) => ({ origin: a.origin, flights: a.flights + b.flights, delay: a.delay + b.delay }), {
      process: (totals, { window, emit }) => {
        for (const { origin, flights: count, delay } of totals) {
          emit({ origin, day: dayOf(window.start), flights: count, meanDelay: delay / count });
        }
      },
    })
    .uid('delays');
  write(env, 'days', days);
});
