import { readFileSync } from 'node:fs';
import {
  defineJob,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ValueState,
  valueState,
} from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
import type { Flight } from './flight.js';

/** What the counting slot says now and then, as a line of JSON. */
export interface CountLine {
  readonly kind: 'count';
  readonly atMs: number;
  /** Since the job began. */
  readonly records: number;
}

const lineEveryMs = 100;
const lineEveryRecords = 1_024;

/**
 * Counts flights by origin without end: the source, from memory and as fast as it is asked, is alone in the first slot, and all keys of
 * --flights belong to the count in the second.
 *
 * --flights  a file with an array of flights as JSON
 * --cost     microseconds that the count takes for each record, besides counting
 */
export default defineJob('count-flights', (env) => {
  env.enableCheckpointing({ intervalMs: 1_000 });
  const path = env.param('flights');
  let flights: readonly Flight[] | null = null;
  const source = generatorSource<Flight>({
    count: null,
    splits: 1,
    generate: (index) => {
      // Read where the source runs, and not by everybody who builds the graph.
      flights ??= JSON.parse(readFileSync(path, 'utf8')) as readonly Flight[];
      return flights[index % flights.length] as Flight;
    },
  });
  env
    .fromSource(source, { uid: 'flights' })
    .keyBy(({ origin }) => origin)
    .process(new Count(Number(env.param('cost', '0'))))
    .uid('count')
    .setParallelism(2)
    .print();
});

class Count implements KeyedProcessFunction<string, Flight, string> {
  private counts!: ValueState<number>;
  private records = 0;
  private toldMs = 0;

  constructor(private readonly costMicros: number) {}

  open({ state }: KeyedInstance): void {
    this.counts = state(valueState<number>('count'));
  }

  processElement(_flight: Flight, context: KeyedProcessContext<string, string>): void {
    this.counts.update((this.counts.value() ?? 0) + 1);
    this.records += 1;
    if (this.costMicros > 0) spend(this.costMicros);
    else if (this.records % lineEveryRecords !== 0) return;
    const nowMs = performance.now();
    if (nowMs < this.toldMs + lineEveryMs) return;
    this.toldMs = nowMs;
    const line: CountLine = { kind: 'count', atMs: performance.timeOrigin + nowMs, records: this.records };
    context.emit(JSON.stringify(line));
  }
}

function spend(micros: number): void {
  const untilMs = performance.now() + micros / 1_000;
  while (performance.now() < untilMs);
}
