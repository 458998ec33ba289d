import { parentPort, workerData } from 'node:worker_threads';
import { type HowToRun, type RunResult, runSeed } from './one-run.js';

/** Seeds from `first` to below `end`. */
export interface Block {
  readonly first: number;
  readonly end: number;
}

/** What a worker tells: it is free for a block, something is found and being shrunk, a seed is done. */
export type FromWorker =
  | { readonly kind: 'free' }
  | { readonly kind: 'found'; readonly seed: number }
  | { readonly kind: 'done'; readonly result: RunResult };

const port = parentPort;
if (port === null) throw new Error('This is the worker of a soak: start scripts/soak.ts.');
const tell = (told: FromWorker): void => port.postMessage(told);
const how = workerData as HowToRun;
/** Told once each: what a run reaches has nearly always been reached before. */
const known = new Set<string>();
const unknown = (name: string): boolean => known.size < known.add(name).size;

port.on('message', ({ first, end }: Block) => {
  for (let seed = first; seed < end; seed += 1) {
    const result = runSeed(seed, how, () => tell({ kind: 'found', seed }));
    const { transitions, pairs } = result;
    tell({
      kind: 'done',
      result: { ...result, transitions: transitions.filter(unknown), pairs: pairs.filter(unknown) },
    });
  }
  tell({ kind: 'free' });
});
tell({ kind: 'free' });
