import { defineJob, outputTag, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { departureMs, type Flight, flights, hourMs, minuteMs, write } from './flight-data.js';

interface HourOfAirport {
  readonly origin: string;
  readonly hour: string;
  readonly flights: number;
}

/** When it did leave: flights are read in the order of their dates, and so come out of order. */
const leftMs = (flight: Flight): number => departureMs(flight) + flight.delay * minuteMs;

/** How much out of order is waited for. */
const boundMs = 2 * hourMs;

const tooLate = outputTag<Flight>('too-late');

/**
 * How many flights left each airport in each hour, by when they did leave. A watermark follows each flight; one that comes when its hour is over goes
 * to a side output, so that no flight is lost. Run it with: npx weir run examples/late-data.ts
 */
export default defineJob('late-data', (env) => {
  const strategy = WatermarkStrategy.forGenerator<Flight>(() => ({
    onEvent: (_flight, timestamp, output) => output.watermark(timestamp - boundMs - 1),
    onPeriodic: () => undefined,
  }));
  const hours = flights(env)
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(leftMs))
    .uid('left')
    .keyBy(({ origin }) => origin)
    .window(tumblingEventTimeWindows({ sizeMs: hourMs }))
    .sideOutputLateData(tooLate)
    .aggregate<number, number, HourOfAirport>(
      { createAccumulator: () => 0, add: (_, count) => count + 1, getResult: (count) => count },
      {
        process: ([count = 0], { currentKey, window, emit }) =>
          emit({ origin: currentKey, hour: new Date(window.start).toISOString(), flights: count }),
      },
    )
    .uid('hours');
  write(env, 'hours', hours);
  write(env, 'too-late', hours.getSideOutput(tooLate));
});
