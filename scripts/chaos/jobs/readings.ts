import { defineJob, fixedDelay } from 'weirflow';
import { fileSink, fileSource, jsonLines } from 'weirflow/connectors/file';
import type { Reading } from '../records.js';

/** The latest reading of a sensor, with how many there were by then and what they come to. */
export interface ReadingsRow {
  readonly id: number;
  readonly sensor: number;
  readonly readings: number;
  readonly sum: number;
}

/** Small, so that splits are handed out all through the run. */
const splitBytes = 65_536;

/** Readings in files, in many splits, folded by sensor. */
export default defineJob('readings', (env) => {
  env
    .setParallelism(2)
    .enableCheckpointing({ intervalMs: 500 })
    // No fault of this run is the job's own, so none may use up an attempt.
    .setRestartStrategy(fixedDelay({ attempts: 0, delayMs: 100 }));
  const source = fileSource<Reading>({
    path: env.param('input', 'readings-in'),
    format: 'jsonLines',
    ratePerSecond: Number(env.param('rate', '1000')),
    splitBytes,
  });
  env
    .fromSource(source, { uid: 'readings' })
    .map(({ id, sensor, value }): ReadingsRow => ({ id, sensor, readings: 1, sum: value }))
    .keyBy(({ sensor }) => sensor)
    .reduce((all, one) => ({ ...one, readings: all.readings + 1, sum: all.sum + one.sum }))
    .uid('sums')
    .sinkTo(fileSink({ folder: env.param('output', 'readings-out'), format: jsonLines<ReadingsRow>() }))
    .uid('rows');
});
