import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as weirflow from '../../../src/index.js';
import { besideExamples, compileErrors, examplesIn, modulesOf } from './examples.js';

const api = fileURLToPath(new URL('../../../src/api', import.meta.url));

/** What the examples speak of without making it. */
const surroundings = `
import * as weirflow from '../../../src/index.js';
declare global {
  interface Flight { date: string; tail: string; origin: string; delay: number }
  interface Order { customerId: string; amount: number }
  const env: weirflow.StreamEnvironment;
  const outputTag: typeof weirflow.outputTag;
  const lateFlights: weirflow.OutputTag<Flight>;
  const WatermarkStrategy: typeof weirflow.WatermarkStrategy;
  const job: weirflow.JobDefinition;
  const source: weirflow.Source<Flight>;
  const sink: weirflow.Sink<{ readonly word: string; readonly count: number }>;
  const files: typeof sink;
  const rejected: weirflow.Sink<weirflow.DeadLetter>;
  const lines: weirflow.DataStream<string>;
  const numbers: weirflow.DataStream<number>;
  const europe: weirflow.DataStream<Flight>;
  const asia: weirflow.DataStream<Flight>;
  const africa: weirflow.DataStream<Flight>;
  const flights: weirflow.SingleOutputStream<Flight>;
  const orders: weirflow.DataStream<Order>;
  const customers: weirflow.DataStream<{ id: string; name: string }>;
  interface Rule { symbol: string; limit: number }
  type BroadcastStream<T> = weirflow.BroadcastStream<T>;
  type KeyedInstance = weirflow.KeyedInstance;
  type MapFunction<In, Out, I extends weirflow.Instance> = weirflow.MapFunction<In, Out, I>;
  type ValueState<T> = weirflow.ValueState<T>;
  const newRules: weirflow.DataStream<Rule>;
  const mapState: typeof weirflow.mapState;
  const trades: weirflow.DataStream<{ symbol: string; venue: string; at: number }>;
  const counts: weirflow.DataStream<{ word: string; count: number }>;
  const windows: weirflow.WindowedStream<Flight, string, weirflow.TimeWindow>;
  function parse(line: string): { line: string };
  function priceOf(customer: string): Promise<number>;
  function priced(order: Order): Promise<Order & { price: number }>;
  class LastSeen implements weirflow.KeyedProcessFunction<string, Flight, string> {
    processElement(value: Flight, context: weirflow.KeyedProcessContext<string, string>): void;
  }
}
`;

/** All that jobs can call by name. */
const names = Object.keys(weirflow).join(', ');

describe('the documentation of the API', () => {
  it('has only examples that compile', { timeout: 60_000 }, () => {
    const files = modulesOf(examplesIn(api), `import { ${names} } from '../../../src/index.js';`);
    expect(files.size).toBeGreaterThan(20);
    expect(compileErrors(new Map([...files, [besideExamples('surroundings.ts'), surroundings]]))).toEqual([]);
  });
});
