import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { defineJob, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly origin: string;
}

interface DayOfAirport {
  readonly origin: string;
  readonly day: string;
  readonly flights: number;
  readonly meanDelay: number;
}

/**
 * The mean delay of each airport on each day, by the dates of flights. Run it with: weir run examples/windowed-delays.ts
 *
 * --input  a file, or a folder of .jsonl files; the 20,000 flights of the package vega-datasets when left out
 * --output a folder; ./delays-out when left out
 */
export default defineJob('windowed-delays', (env) => {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 500 });
  const path = env.param('input', '') || exampleInput();
  const source = fileSource<Flight>({ path, format: path.endsWith('.json') ? 'jsonArray' : 'jsonLines' });
  const byDate = WatermarkStrategy.forBoundedOutOfOrderness<Flight>(3_600_000).withTimestampAssigner(({ date }) =>
    Date.parse(`${date.replaceAll('/', '-')}Z`),
  );
  env
    .fromSource(source, { uid: 'flights' })
    .assignTimestampsAndWatermarks(byDate)
    .uid('dates')
    .map(({ origin, delay }) => ({ origin, flights: 1, delay }))
    .keyBy(({ origin }) => origin)
    .window(tumblingEventTimeWindows({ sizeMs: 86_400_000 }))
    .reduce<DayOfAirport>((a, b) => ({ origin: a.origin, flights: a.flights + b.flights, delay: a.delay + b.delay }), {
      process: (totals, { window, emit }) => {
        const day = new Date(window.start).toISOString().slice(0, 10);
        for (const { origin, flights, delay } of totals) emit({ origin, day, flights, meanDelay: delay / flights });
      },
    })
    .uid('delays')
    .sinkTo(fileSink({ folder: env.param('output', 'delays-out'), format: jsonLines<DayOfAirport>() }))
    .uid('days');
});

/** A job is bundled, so it cannot ask where its own file lies: it looks from the working directory upwards, as Node does. */
function exampleInput(): string {
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/vega-datasets/data/flights-20k.json');
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error('no vega-datasets here: run npm ci, or give --input');
  }
}
