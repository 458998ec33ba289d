import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cac } from 'cac';
import { asyncWait } from './bench/async-wait.js';
import { keyedCount } from './bench/cluster/keyed-count.js';
import { latency } from './bench/cluster/latency.js';
import { memory } from './bench/cluster/memory.js';
import { disk } from './bench/disk.js';
import { againstPlainLoop } from './bench/in-one-thread.js';
import { keyBy } from './bench/key-by.js';
import { keyedReduce } from './bench/keyed-reduce.js';
import { largerThanMemory } from './bench/larger-than-memory.js';
import { mapSink } from './bench/map-sink.js';
import type { Benchmark } from './bench/measure.js';
import { nexmark } from './bench/nexmark.js';
import type { Outcome } from './bench/outcome.js';
import { snapshots } from './bench/snapshots.js';
import { statelessChain } from './bench/stateless-chain.js';
import { timers } from './bench/timers.js';
import { traffic } from './bench/traffic/traffic.js';
import { sessionWindow, slidingWindow, tumblingWindow } from './bench/windows.js';

/** Measures the data plane and the control plane, each figure beside a yardstick of the same run. */
const cli = cac('bench');
cli
  .option(
    '--only <names>',
    'Some of chain,keyed,mapSink,keyBy,tumblingWindow,slidingWindow,sessionWindow,asyncWait,timers,nexmark,snapshots,slots,nats,latency,disk,larger,memory,traffic; all of them when left out',
  )
  .option('--repetitions <n>', 'How often what runs in one thread is measured; the median counts', {
    default: 5,
  })
  .option('--seconds <n>', 'How long memory is watched', { default: 120 })
  .option('--keys <n>', 'How many keys the disk is measured with at most', { default: 10_000_000 })
  .option('--gigabytes <n>', 'How large the state is that is larger than memory', { default: 4 })
  .option('--json', 'Print one JSON line at the end')
  .option('--check', 'Exit 1 when a figure misses what is wanted of it');
cli.help();
const { options } = cli.parse();

const repetitions = Number(options.repetitions);
const micro = (name: string, benchmark: Benchmark): Promise<Outcome> =>
  againstPlainLoop(name, [benchmark], repetitions);
const benchmarks: Readonly<Record<string, () => Outcome | Promise<Outcome>>> = {
  chain: () => againstPlainLoop('chain', [statelessChain(100)], repetitions),
  keyed: () => againstPlainLoop('keyed', [keyedReduce(60, 1, 6_000_000), keyedReduce(10, 2, null)], repetitions),
  mapSink: () => micro('mapSink', mapSink(60)),
  keyBy: () => micro('keyBy', keyBy(10)),
  tumblingWindow: () => micro('tumblingWindow', tumblingWindow(1_000_000)),
  slidingWindow: () => micro('slidingWindow', slidingWindow(1_000_000)),
  sessionWindow: () => micro('sessionWindow', sessionWindow(1_000_000)),
  asyncWait: () => micro('asyncWait', asyncWait(2)),
  timers: () => micro('timers', timers()),
  nexmark: () => nexmark(1_000_000, Math.min(repetitions, 3)),
  snapshots,
  slots: () => keyedCount('threads'),
  nats: () => keyedCount('nats'),
  latency,
  larger: () => largerThanMemory(Number(options.gigabytes)),
  disk: () => disk(Number(options.keys)),
  memory: () => memory(Number(options.seconds)),
  traffic,
};

if (!options.help) {
  const names = typeof options.only === 'string' ? options.only.split(',') : Object.keys(benchmarks);
  const unknown = names.filter((name) => benchmarks[name] === undefined);
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(', ')}. There are ${Object.keys(benchmarks).join(', ')}.`);
    process.exitCode = 2;
  } else await run(names);
}

async function run(names: readonly string[]): Promise<void> {
  build();
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const outcome = await (benchmarks[name] as () => Promise<Outcome>)();
    outcomes.push(outcome);
    for (const line of outcome.lines) console.error(line);
  }
  const misses = outcomes.flatMap(({ name, misses: own }) => own.map((miss) => `${name}: ${miss}`));
  for (const miss of misses) console.error(`missed: ${miss}`);
  if (options.json === true) console.log(JSON.stringify(outcomes.map(({ lines: _, ...rest }) => rest)));
  if (options.check === true && misses.length > 0) process.exitCode = 1;
}

/** Processes and threads run what is built. */
function build(): void {
  const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const { status } = spawnSync(process.execPath, [compiler, '-b', fileURLToPath(new URL('../src', import.meta.url))], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('The package could not be built.');
}
