import { onTestFinished } from 'vitest';
import type { Event } from '../../examples/nexmark/model.js';
import type { Query } from '../../examples/nexmark/nexmark-job.js';
import { type NexmarkSourceOptions, nexmarkSource } from '../../examples/nexmark/nexmark-source.js';
import { byTime, type Reference } from '../../examples/nexmark/reference/reference.js';
import type { DataStream } from '../../src/api/data-stream.js';
import { buildJob, defineJob } from '../../src/api/job-definition.js';
import type { StreamEnvironment } from '../../src/api/stream-environment.js';
import { WatermarkStrategy } from '../../src/api/watermark-strategy.js';
import { definitionCode } from '../../src/runtime/code/code-stores.js';
import { startEmbedded } from '../../src/runtime/embedded.js';

/** Runs a query over generated events. */
export const rowsOf = <Row>(query: Query<Row>, options: NexmarkSourceOptions, parallelism: number) =>
  rowsOfEvents(query, (env) => env.fromSource(nexmarkSource(options), { uid: 'events' }), parallelism);

/** Runs a query over events that are given, in their order. */
export const rowsOfGiven = <Row>(query: Query<Row>, events: readonly Event[]) =>
  rowsOfEvents(
    query,
    (env) =>
      env
        .fromCollection(events, { uid: 'events' })
        .assignTimestampsAndWatermarks(
          WatermarkStrategy.forBoundedOutOfOrderness<Event>(0).withTimestampAssigner(({ dateTime }) => dateTime),
        ),
    1,
  );

/** Runs a query on a cluster in this thread until it ends, and gives its rows; those of one subtask in their order. */
async function rowsOfEvents<Row>(
  query: Query<Row>,
  eventsOf: (env: StreamEnvironment) => DataStream<Event>,
  parallelism: number,
): Promise<readonly Row[]> {
  const job = defineJob('nexmark', (env) => {
    query(eventsOf(env.setParallelism(parallelism))).collect('rows');
  });
  const { graph } = buildJob(job, []).program;
  const collected = new Map<string, readonly unknown[]>();
  const run = startEmbedded({
    record: { format: 1, job: graph.name, graph, code: 'definition', params: [] },
    code: definitionCode(job),
    client: { line: () => undefined, deliver: (_collection, id, values) => void collected.set(id, values) },
    development: true,
  });
  onTestFinished(() => run.stop());
  const result = await run.result;
  if (result.outcome !== 'finished') throw new Error(`The job ${result.outcome}: ${JSON.stringify(result.failure)}`);
  return [...collected.values()].flat() as Row[];
}

/** What the plain loop gives for the same events. */
export function referenceRows<Row>(reference: Reference<Row>, events: Iterable<Event>): readonly Row[] {
  const rows: Row[] = [];
  reference(byTime(events), (row) => rows.push(row));
  return rows;
}

/** Rows as text, in an order of their own: equal lists are equal multisets. */
export const multiset = (rows: readonly unknown[]): readonly string[] =>
  rows.map((row) => JSON.stringify(row, fieldsInOrder)).sort();

/** Of the rows of each key the last one: what stands in a table that is kept up to date. */
export function lastOfEach<Row>(rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

function fieldsInOrder(_field: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
