import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { moduleForNode } from '../mutants/build.js';
import type { HowToRun } from './one-run.js';

export interface SoakWorkers {
  start(how: HowToRun): Worker;
  /** Deletes their bundle. */
  close(): Promise<void>;
}

const entry = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** The simulator and the worker's loop, bundled once for all workers: they start at once, and run faster than through a loader. */
export async function bundleWorkers(): Promise<SoakWorkers> {
  const folder = await mkdtemp(join(tmpdir(), 'weirflow-soak-'));
  const outfile = join(folder, 'worker.mjs');
  await build({ ...moduleForNode, entryPoints: [entry], outfile });
  return {
    start: (how) => new Worker(pathToFileURL(outfile), { workerData: how, execArgv: [] }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
