import type { Stage } from '../../src/operators/operator.js';
import { keyGroupOf } from '../../src/state/key-groups.js';
import { benchProgram } from './bench-program.js';
import { type Bid, bids } from './bids.js';
import type { Benchmark } from './measure.js';
import { PreloadedSource } from './preloaded-source.js';
import { runJob } from './run-job.js';

const preloaded = 100_000;
const [subtasks, maxParallelism] = [2, 128];

const auctionOf = ({ auction }: Bid): number => auction;

/** An exchange by key between two slots of a thread, and nothing behind it. The plain loop hashes the same keys and sorts records into two lists. */
export function keyBy(rounds: number): Benchmark {
  const values = bids(preloaded, 1_000);
  let seen = 0;
  const count: Stage = {
    kind: 'map',
    uid: 'seen',
    name: 'seen',
    fn: () => {
      seen += 1;
    },
  };
  const program = benchProgram(
    'key-by',
    subtasks,
    [
      { id: 'read', source: new PreloadedSource(values, rounds), stages: [] },
      { id: 'seen', source: null, stages: [count] },
    ],
    [{ from: 'read', to: 'seen', partitioner: 'hash', key: auctionOf }],
  );
  return {
    name: `keyBy: exchange between ${subtasks} slots of a thread`,
    floorRecordsPerSecond: 1_000_000,
    records: preloaded * rounds * subtasks,
    engine: () => runJob(program),
    plainLoop: () => {
      for (let round = 0; round < rounds * subtasks; round++) {
        const lists: Bid[][] = [[], []];
        for (const bid of values) {
          const subtask = Math.floor((keyGroupOf(auctionOf(bid), maxParallelism) * subtasks) / maxParallelism);
          (lists[subtask] as Bid[]).push(bid);
        }
        for (const list of lists) for (const bid of list) seen += Number(bid.price >= 0);
      }
      if (seen === 0) throw new Error('no records');
    },
  };
}
