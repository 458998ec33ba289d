import { defineJob, sessionEventTimeWindows } from 'weirflow';
import { byDate, flights, hourMs, minuteMs, write } from './flight-data.js';

/** From the first departure until the last, with never more than three hours in between. */
interface BusyTime {
  readonly origin: string;
  readonly from: string;
  readonly minutes: number;
  readonly flights: number;
}

const gapMs = 3 * hourMs;

/**
 * The busy times of each airport: session windows, which end when no flight has left for three hours.
 * Run it with: npx weir run examples/sessions.ts
 */
export default defineJob('sessions', (env) => {
  const busyTimes = flights(env)
    .assignTimestampsAndWatermarks(byDate)
    .uid('dates')
    .keyBy(({ origin }) => origin)
    .window(sessionEventTimeWindows({ gapMs }))
    .aggregate<number, number, BusyTime>(
      { createAccumulator: () => 0, add: (_, count) => count + 1, getResult: (count) => count, merge: (a, b) => a + b },
      {
        process: ([count = 0], { currentKey, window: { start, end }, emit }) =>
          emit({
            origin: currentKey,
            from: new Date(start).toISOString(),
            minutes: (end - gapMs - start) / minuteMs,
            flights: count,
          }),
      },
    )
    .uid('sessions');
  write(env, 'busy-times', busyTimes);
});
