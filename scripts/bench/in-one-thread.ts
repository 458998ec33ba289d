import { type Benchmark, type Measurement, measure } from './measure.js';
import { million, type Outcome } from './outcome.js';

/** Benchmarks of one thread, without processes around it, each beside a plain loop that does the same work. */
export async function againstPlainLoop(
  name: string,
  benchmarks: readonly Benchmark[],
  repetitions: number,
): Promise<Outcome> {
  const measurements: Measurement[] = [];
  for (const benchmark of benchmarks) measurements.push(await measure(benchmark, repetitions));
  const low = measurements.filter(
    ({ recordsPerSecond, floorRecordsPerSecond }) => recordsPerSecond < (floorRecordsPerSecond ?? 0),
  );
  return {
    name,
    lines: measurements.map(textOf),
    measured: { measurements },
    misses: low.map(
      ({ name: what, recordsPerSecond, floorRecordsPerSecond }) =>
        `${what}: ${million(recordsPerSecond)} is below ${million(floorRecordsPerSecond ?? 0)}`,
    ),
  };
}

function textOf({
  name,
  recordsPerSecond,
  plainLoopRecordsPerSecond,
  ratio,
  floorRecordsPerSecond,
}: Measurement): string {
  const wanted = floorRecordsPerSecond === null ? '' : ` (wanted ${million(floorRecordsPerSecond)})`;
  return `${name}: ${million(recordsPerSecond)}${wanted}, a plain loop ${million(plainLoopRecordsPerSecond)}, ratio ${ratio}`;
}
