import { type DataStream, defineJob, fixedDelay, type JobDefinition, type StreamEnvironment } from 'weirflow';
import { fileSink, jsonLines } from 'weirflow/connectors/file';
import type { Event } from './model.js';
import { nexmarkSource } from './nexmark-source.js';

/** A query of NEXMark: what it makes of the events. */
export type Query<Row> = (events: DataStream<Event>) => DataStream<Row>;

/**
 * The job of one query. Its parameters:
 *
 * --events       how many; without end when left out
 * --seed         another seed gives other events; 1 when left out
 * --tps          events in a second of event time, 10000 when left out
 * --group        within groups of so many, events come out of order; 1 when left out
 * --rate         events in a second of real time; as fast as possible when left out
 * --parallelism  of every operator, 1 when left out
 * --output       a folder for the rows; `none` drops them; they are printed when it is left out
 */
export function nexmarkJob<Row>(name: string, query: Query<Row>): JobDefinition {
  return defineJob(`nexmark-${name}`, (env) => {
    const parallelism = numberOf(env, 'parallelism') ?? 1;
    env
      .setParallelism(parallelism)
      .enableCheckpointing({ intervalMs: 500 })
      .setRestartStrategy(fixedDelay({ attempts: 3, delayMs: 100 }));
    const ratePerSecond = numberOf(env, 'rate');
    const source = nexmarkSource({
      events: numberOf(env, 'events') ?? null,
      seed: numberOf(env, 'seed') ?? 1,
      eventsPerSecond: numberOf(env, 'tps') ?? 10_000,
      outOfOrderGroupSize: numberOf(env, 'group') ?? 1,
      splits: parallelism,
      ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    });
    const rows = query(env.fromSource(source, { uid: 'events' }));
    const output = env.param('output', '');
    if (output === '') rows.print();
    else if (output === 'none') rows.filter(() => false).print();
    else rows.sinkTo(fileSink({ folder: output, format: jsonLines<unknown>() })).uid('rows');
  });
}

function numberOf(env: StreamEnvironment, name: string): number | undefined {
  const given = env.param(name, '');
  if (given === '') return undefined;
  const number = Number(given);
  if (!Number.isSafeInteger(number)) throw new Error(`--${name} ${given}: give it a whole number`);
  return number;
}
