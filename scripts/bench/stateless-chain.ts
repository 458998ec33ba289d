import type { Stage } from '../../src/operators/operator.js';
import { benchProgram } from './bench-program.js';
import { type Bid, bids } from './bids.js';
import type { Benchmark } from './measure.js';
import { PreloadedSource } from './preloaded-source.js';
import { runJob } from './run-job.js';

const preloaded = 100_000;

interface Converted {
  readonly auction: number;
  readonly euros: number;
}

const convert = ({ auction, price }: Bid): Converted => ({ auction, euros: price * 0.908 });
const isLarge = ({ euros }: Converted): boolean => euros > 1_000;
const round = ({ auction, euros }: Converted): Converted => ({ auction, euros: Math.round(euros) });
const feeOf = ({ auction, euros }: Converted): number => auction + euros * 0.02;

/** Three maps and a filter behind a source, in one slot: what a record costs that meets no state and no exchange. */
export function statelessChain(rounds: number): Benchmark {
  const values = bids(preloaded, 1_000);
  let total = 0;
  const stages: readonly Stage[] = [
    { kind: 'map', uid: 'convert', name: 'convert', fn: convert },
    { kind: 'filter', uid: 'large', name: 'large', fn: isLarge },
    { kind: 'map', uid: 'round', name: 'round', fn: round },
    {
      kind: 'map',
      uid: 'fee',
      name: 'fee',
      fn: (value: Converted) => {
        total += feeOf(value);
      },
    },
  ];
  return {
    name: 'stateless chain: three maps and a filter',
    floorRecordsPerSecond: 10_000_000,
    records: preloaded * rounds,
    engine: () =>
      runJob(benchProgram('chain', 1, [{ id: 'chain', source: new PreloadedSource(values, rounds), stages }], [])),
    plainLoop: () => {
      for (let round_ = 0; round_ < rounds; round_++) {
        for (const bid of values) {
          const converted = convert(bid);
          if (isLarge(converted)) total += feeOf(round(converted));
        }
      }
      if (Number.isNaN(total)) throw new Error('never');
    },
  };
}
