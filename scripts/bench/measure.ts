/** One thing to measure: the engine, and a plain loop that does the same work without one. */
export interface Benchmark {
  readonly name: string;
  /** What is expected of the engine, at least; null when the figure is for information. */
  readonly floorRecordsPerSecond: number | null;
  readonly records: number;
  /** Milliseconds that the engine takes for all records. */
  engine(): Promise<number>;
  /** The same work without an engine, at once unless its subject is waiting. */
  plainLoop(): void | Promise<void>;
}

export interface Measurement {
  readonly name: string;
  readonly recordsPerSecond: number;
  readonly plainLoopRecordsPerSecond: number;
  /** Engine by plain loop. */
  readonly ratio: number;
  readonly floorRecordsPerSecond: number | null;
}

/** The median over `repetitions`, after one run that is not counted; engine and loop take turns, so that both meet the same machine. */
export async function measure(benchmark: Benchmark, repetitions: number): Promise<Measurement> {
  const { name, records, floorRecordsPerSecond } = benchmark;
  const engineMs: number[] = [];
  const loopMs: number[] = [];
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const elapsedMs = await benchmark.engine();
    const startedMs = performance.now();
    await benchmark.plainLoop();
    const loopElapsedMs = performance.now() - startedMs;
    if (repetition === 0) continue;
    engineMs.push(elapsedMs);
    loopMs.push(loopElapsedMs);
  }
  const recordsPerSecond = Math.round((records * 1_000) / median(engineMs));
  const plainLoopRecordsPerSecond = Math.round((records * 1_000) / median(loopMs));
  const ratio = Number((recordsPerSecond / plainLoopRecordsPerSecond).toFixed(3));
  return { name, recordsPerSecond, plainLoopRecordsPerSecond, ratio, floorRecordsPerSecond };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
