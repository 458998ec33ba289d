import { AsyncWaitOperator } from '../../src/operators/async-wait.js';
import type { Operator, Stage } from '../../src/operators/operator.js';
import { benchProgram } from './bench-program.js';
import { type Bid, bids } from './bids.js';
import type { Benchmark } from './measure.js';
import { PreloadedSource } from './preloaded-source.js';
import { runJob } from './run-job.js';

const preloaded = 100_000;
const capacity = 100;

const answer = async ({ price }: Bid): Promise<number> => price * 2;

/** A call that is answered at once, for a hundred records at a time and in their order: what waiting costs by itself. The plain loop awaits a hundred calls together. */
export function asyncWait(rounds: number): Benchmark {
  const values = bids(preloaded, 1_000);
  const setting = {
    fn: { invoke: answer },
    resultsOf: (result: number) => [result],
    ordered: true,
    timeoutMs: 60_000,
    capacity,
    retry: null,
  };
  let total = 0;
  const stages: readonly Stage[] = [
    {
      kind: 'operator',
      uid: 'answer',
      name: 'answer',
      create: () => new AsyncWaitOperator<Bid, number, number>(setting) as Operator<never, never> as Operator,
      key: null,
    },
    {
      kind: 'map',
      uid: 'total',
      name: 'total',
      fn: (value: number) => {
        total += value;
      },
    },
  ];
  return {
    name: `asyncWait: ${capacity} calls at a time`,
    floorRecordsPerSecond: 100_000,
    records: preloaded * rounds,
    engine: () =>
      runJob(benchProgram('async', 1, [{ id: 'async', source: new PreloadedSource(values, rounds), stages }], [])),
    plainLoop: async () => {
      for (let round = 0; round < rounds; round++) {
        for (let at = 0; at < values.length; at += capacity) {
          for (const each of await Promise.all(values.slice(at, at + capacity).map(answer))) total += each;
        }
      }
      if (total === 0) throw new Error('no answers');
    },
  };
}
