import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultMaxParallelism, keyGroupOf, subtaskOf } from '../../../src/state/key-groups.js';
import type { Flight } from '../children/flight.js';

/** Its exports map hides the file, so it is read by its path. */
const flightsPath = new URL('../../../node_modules/vega-datasets/data/flights-20k.json', import.meta.url);
const counts = 2;

/**
 * The real flights of the package vega-datasets whose origin belongs to the second of two counting subtasks. That one has the second
 * slot of a job, and a source of parallelism 1 the first: so every record goes from one slot to the other.
 */
export async function flightsOfSecondSlot(): Promise<readonly Flight[]> {
  const all = JSON.parse(await readFile(flightsPath, 'utf8')) as readonly Flight[];
  const maxParallelism = defaultMaxParallelism(counts);
  return all.filter(({ origin }) => subtaskOf(keyGroupOf(origin, maxParallelism), counts, maxParallelism) === 1);
}

/** Runs `use` with a temporary folder that holds those flights as JSON, in `flights.json`. */
export async function withFolder<T>(flights: readonly Flight[], use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-bench-'));
  try {
    await writeFile(join(folder, 'flights.json'), JSON.stringify(flights));
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
