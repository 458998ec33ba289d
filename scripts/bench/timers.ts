import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { valueState } from '../../src/state/descriptors.js';
import { createHeapState } from '../../src/state/heap/heap-state.js';
import type { Benchmark } from './measure.js';

const keys = 100_000;
const [windows, windowMs] = [10, 1_000];
/** Times of today, which fit into no small integer. */
const startMs = 1_700_000_000_000;

/** A million timers as windows have them, pending at once: one for each key at the end of each window. They are set key by key, and then all fire. */
export function timers(): Benchmark {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  return {
    name: `timers: ${windows} window ends of ${keys.toLocaleString('en-US')} keys, set and fired`,
    floorRecordsPerSecond: 3_000_000,
    records: keys * windows,
    engine: () => Promise.resolve(setAndFire(collectGarbage)),
    plainLoop,
  };
}

function setAndFire(collectGarbage: () => void): number {
  const range = { first: 0, last: 127 };
  const state = createHeapState({ operator: 'timers', maxParallelism: 128, range, development: false });
  const counts = state.value(valueState<number>('count'));
  // The keys are there before: a window has contents when its timer is set.
  for (let key = 0; key < keys; key++) {
    state.setCurrentKey(key);
    counts.update(1);
  }
  const queue = state.timers<number>('window');
  // What the run before has left is not to be collected within this one.
  collectGarbage();
  const startedMs = performance.now();
  for (let start = startMs; start < startMs + windows * windowMs; start += windowMs) {
    for (let key = 0; key < keys; key++) {
      state.setCurrentKey(key);
      queue.set(start + windowMs - 1, start);
    }
  }
  let fired = 0;
  while (queue.take(Number.POSITIVE_INFINITY) !== null) fired += 1;
  const elapsedMs = performance.now() - startedMs;
  if (fired !== keys * windows) throw new Error(`${fired} timers fired`);
  return elapsedMs;
}

/** Lists of keys by end. */
function plainLoop(): void {
  const keysByEnd = new Map<number, number[]>();
  for (let start = startMs; start < startMs + windows * windowMs; start += windowMs) {
    for (let key = 0; key < keys; key++) {
      const end = start + windowMs - 1;
      const those = keysByEnd.get(end);
      if (those === undefined) keysByEnd.set(end, [key]);
      else those.push(key);
    }
  }
  let fired = 0;
  for (const end of [...keysByEnd.keys()].sort((a, b) => a - b)) {
    for (const key of keysByEnd.get(end) ?? []) fired += Number(key >= 0);
  }
  if (fired !== keys * windows) throw new Error(`${fired} timers fired`);
}
