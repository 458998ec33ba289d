import type { Operator, Stage } from '../../src/operators/operator.js';
import { ReduceOperator } from '../../src/operators/reduce.js';
import { benchProgram } from './bench-program.js';
import { type Bid, bids } from './bids.js';
import type { Benchmark } from './measure.js';
import { PreloadedSource } from './preloaded-source.js';
import { runJob } from './run-job.js';

const preloaded = 100_000;
const auctions = 1_000;

interface Count {
  readonly auction: number;
  readonly count: number;
}

const counted = ({ auction }: Bid): Count => ({ auction, count: 1 });
const add = (a: Count, b: Count): Count => ({ auction: a.auction, count: a.count + b.count });
const auctionOf = ({ auction }: Count): number => auction;

/** A count for each key, behind an exchange by key. With several slots, most records travel as frames. */
export function keyedReduce(rounds: number, slots: number, floorRecordsPerSecond: number | null): Benchmark {
  const values = bids(preloaded, auctions);
  const reduce: Stage = {
    kind: 'operator',
    uid: 'count',
    name: 'count',
    create: () => new ReduceOperator<Count>(add) as Operator<never, never> as Operator,
    key: auctionOf,
  };
  const source = new PreloadedSource(values, rounds);
  const read = { id: 'read', source, stages: [{ kind: 'map', uid: 'one', name: 'one', fn: counted } as Stage] };
  const program = benchProgram(
    'count',
    slots,
    [read, { id: 'count', source: null, stages: [reduce] }],
    [{ from: 'read', to: 'count', partitioner: 'hash', key: auctionOf }],
  );
  return {
    name:
      slots === 1
        ? 'keyed reduce: exchange within a slot'
        : `keyed reduce: exchange between ${slots} slots of a thread`,
    floorRecordsPerSecond,
    records: preloaded * rounds * slots,
    engine: () => runJob(program),
    plainLoop: () => {
      const counts = new Map<number, Count>();
      for (let round = 0; round < rounds * slots; round++) {
        for (const bid of values) {
          const one = counted(bid);
          const before = counts.get(one.auction);
          counts.set(one.auction, before === undefined ? one : add(before, one));
        }
      }
      if (counts.size !== auctions) throw new Error(`${counts.size} keys`);
    },
  };
}
