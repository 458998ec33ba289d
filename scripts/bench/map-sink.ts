import type { Operator, Stage } from '../../src/operators/operator.js';
import type { Sink } from '../../src/operators/sink.js';
import { SinkOperator } from '../../src/operators/sink-operator.js';
import { benchProgram } from './bench-program.js';
import { type Bid, bids } from './bids.js';
import type { Benchmark } from './measure.js';
import { PreloadedSource } from './preloaded-source.js';
import { runJob } from './run-job.js';

const preloaded = 100_000;

const euros = ({ price }: Bid): number => price * 0.908;

/** A sink that adds up what it is given. */
class Total implements Sink<number, never> {
  readonly name = 'total';
  total = 0;

  createWriter() {
    return {
      write: (value: number): void => {
        this.total += value;
      },
      ready: () => true,
      prepare: () => 'done' as const,
      take: () => [],
      commit: () => 'done' as const,
      abortOthers: () => 'done' as const,
      close: () => undefined,
    };
  }
}

/** A map and a sink behind a source, in one slot: the shortest job there is. */
export function mapSink(rounds: number): Benchmark {
  const values = bids(preloaded, 1_000);
  const sink = new Total();
  const stages: readonly Stage[] = [
    { kind: 'map', uid: 'euros', name: 'euros', fn: euros },
    {
      kind: 'operator',
      uid: 'sink',
      name: 'sink',
      create: () => new SinkOperator(sink) as Operator<never, never> as Operator,
      key: null,
    },
  ];
  return {
    name: 'map and sink',
    floorRecordsPerSecond: 5_000_000,
    records: preloaded * rounds,
    engine: () =>
      runJob(benchProgram('map-sink', 1, [{ id: 'map', source: new PreloadedSource(values, rounds), stages }], [])),
    plainLoop: () => {
      for (let round = 0; round < rounds; round++) for (const bid of values) sink.total += euros(bid);
      if (Number.isNaN(sink.total)) throw new Error('no total');
    },
  };
}
