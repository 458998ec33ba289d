import { cac } from 'cac';
import { keyedReduce } from './bench/keyed-reduce.js';
import { type Measurement, measure } from './bench/measure.js';
import { statelessChain } from './bench/stateless-chain.js';
import { windows } from './bench/windows.js';

/** Measures what the data plane of one slot does in a second, each figure beside a plain loop of the same work. */
const cli = cac('bench');
cli
  .option('--repetitions <n>', 'How often each is measured; the median counts', { default: 5 })
  .option('--json', 'Print one JSON line at the end')
  .option('--assert', 'Exit 1 when a figure is below its floor');
cli.help();
const { options } = cli.parse();

if (!options.help) {
  const benchmarks = [
    statelessChain(100),
    keyedReduce(60, 1, 6_000_000),
    keyedReduce(10, 2, null),
    ...windows(1_000_000),
  ];
  const measurements: Measurement[] = [];
  for (const benchmark of benchmarks) {
    const measurement = await measure(benchmark, Number(options.repetitions));
    measurements.push(measurement);
    console.error(textOf(measurement));
  }
  if (options.json === true) console.log(JSON.stringify(measurements));
  const low = measurements.filter(
    ({ recordsPerSecond, floorRecordsPerSecond }) => recordsPerSecond < (floorRecordsPerSecond ?? 0),
  );
  if (options.assert === true && low.length > 0) {
    console.error(`below the floor: ${low.map(({ name }) => name).join('; ')}`);
    process.exitCode = 1;
  }
}

function textOf({
  name,
  recordsPerSecond,
  plainLoopRecordsPerSecond,
  ratio,
  floorRecordsPerSecond,
}: Measurement): string {
  const million = (count: number): string => `${(count / 1_000_000).toFixed(1)} M/s`;
  const floor = floorRecordsPerSecond === null ? 'no floor' : `floor ${million(floorRecordsPerSecond)}`;
  return `${name}: ${million(recordsPerSecond)} (${floor}), a plain loop ${million(plainLoopRecordsPerSecond)}, ratio ${ratio}`;
}
