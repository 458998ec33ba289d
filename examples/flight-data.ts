import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type DataStream, type StreamEnvironment, WatermarkStrategy } from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';

/** A flight of the package vega-datasets; its delay is in minutes, its distance in miles. */
export interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** A line of the airports.csv of vega-datasets. */
export interface Airport {
  readonly iata: string;
  readonly name: string;
  readonly city: string;
}

export const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];

/** When a flight was to leave, in milliseconds since 1970, as if all clocks were in one place. */
export const departureMs = ({ date }: Flight): number => Date.parse(`${date.replaceAll('/', '-')}Z`);

/** `2001-01-19` */
export const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** Event time by the dates of flights, which are read in their order. */
export const byDate = WatermarkStrategy.forMonotonousTimestamps<Flight>().withTimestampAssigner(departureMs);

/**
 * The flights that most examples begin with. Their parameters:
 *
 * --input  a file, or a folder of .jsonl files; the 20,000 flights of the package vega-datasets when left out
 * --rate   flights a second; as fast as possible when left out
 * --output a folder for rows; they are printed when it is left out
 */
export function flights(env: StreamEnvironment): DataStream<Flight> {
  env.setParallelism(2).enableCheckpointing({ intervalMs: 500 });
  const path = pathOf(env, 'input', 'flights-20k.json');
  const rate = env.param('rate', '');
  const source = fileSource<Flight>({
    path,
    format: path.endsWith('.json') ? 'jsonArray' : 'jsonLines',
    ...(rate === '' ? {} : { ratePerSecond: Number(rate) }),
  });
  return env.fromSource(source, { uid: 'flights' });
}

/** Rows into finished files of a folder in that of `--output`, exactly once, or printed. */
export function write<Row>(env: StreamEnvironment, name: string, rows: DataStream<Row>): void {
  const folder = env.param('output', '');
  if (folder === '') rows.map((row) => JSON.stringify(row)).print(name);
  else rows.sinkTo(fileSink({ folder: join(folder, name), format: jsonLines<unknown>() })).uid(`write-${name}`);
}

/** A job is bundled, so it cannot ask where its own file lies: it looks from the working directory upwards, as Node does. */
export function pathOf(env: StreamEnvironment, param: string, name: string): string {
  const given = env.param(param, '');
  if (given !== '') return given;
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules/vega-datasets/data', name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`no vega-datasets here: run npm ci, or give --${param}`);
  }
}
