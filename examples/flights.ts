import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  defineJob,
  fixedDelay,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ValueState,
  valueState,
} from 'weirflow';
import { fileSink, fileSource, jsonLines, type Positioned } from 'weirflow/connectors/file';

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** An airport after one more flight: how many have left it, how late they were on average, and where that flight stands. */
interface Departure {
  readonly origin: string;
  readonly count: number;
  readonly meanDelay: number;
  readonly file: string;
  readonly position: number;
}

interface Totals {
  readonly count: number;
  readonly delay: number;
}

/**
 * Counts flights and averages delays by airport, exactly once. Run it with: weir run examples/flights.ts
 *
 * --input  a file, or a folder of .jsonl files; the 20,000 flights of the package vega-datasets when left out
 * --rate   flights a second; as fast as possible when left out
 * --output a folder; ./flights-out when left out
 * --parallelism 2 when left out
 */
export default defineJob('flights', (env) => {
  env
    .setParallelism(Number(env.param('parallelism', '2')))
    // A canceled run leaves its last checkpoint, so that another can go on from it: --from checkpoint:flights.
    .enableCheckpointing({ intervalMs: 500, externalized: 'retainOnCancellation' })
    .setRestartStrategy(fixedDelay({ attempts: 3, delayMs: 100 }));
  const path = env.param('input', '') || exampleInput();
  const rate = env.param('rate', '');
  const source = fileSource<Flight>({
    path,
    format: path.endsWith('.json') ? 'jsonArray' : 'jsonLines',
    withPosition: true,
    ...(rate === '' ? {} : { ratePerSecond: Number(rate) }),
  });
  env
    .fromSource(source, { uid: 'flights' })
    .keyBy(({ value }) => value.origin)
    .process(new MeanDelay())
    .uid('mean-delay')
    .sinkTo(fileSink({ folder: env.param('output', 'flights-out'), format: jsonLines<Departure>() }))
    .uid('departures');
});

class MeanDelay implements KeyedProcessFunction<string, Positioned<Flight>, Departure> {
  private totals!: ValueState<Totals>;

  open({ state }: KeyedInstance): void {
    this.totals = state(valueState<Totals>('totals'));
  }

  processElement(flight: Positioned<Flight>, context: KeyedProcessContext<string, Departure>): void {
    const before = this.totals.value() ?? { count: 0, delay: 0 };
    const totals = { count: before.count + 1, delay: before.delay + flight.value.delay };
    this.totals.update(totals);
    context.emit({
      origin: context.currentKey,
      count: totals.count,
      meanDelay: totals.delay / totals.count,
      file: flight.file,
      position: flight.position,
    });
  }
}

/** A job is bundled, so it cannot ask where its own file lies: it looks from the working directory upwards, as Node does. */
function exampleInput(): string {
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/vega-datasets/data/flights-20k.json');
    if (existsSync(path)) return path;
    if (folder === dirname(folder))
      throw new Error('no vega-datasets here: run npm ci, or give --input <file or folder>');
  }
}
