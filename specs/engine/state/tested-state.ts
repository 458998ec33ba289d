import { createDiskState } from '../../../src/state/disk/disk-state.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { KeyedStateOptions } from '../../../src/state/state-backends.js';
import type { StateSnapshot } from '../../../src/state/state-snapshot.js';
import type { TimerQueue } from '../../../src/state/timers.js';
import { MemoryKeyValueEngine } from '../../../src/storage/memory/memory-key-value-engine.js';

export type TestedOptions = Omit<KeyedStateOptions, 'wake' | 'memoryBytes' | 'stores'>;

/** Room for some keys: most of what a spec does goes through the store. */
const smallBytes = 11_000;

/**
 * Keyed state of the backend that this run of the specs is about: the project `specs` means the heap, the project `specs-on-disk` the disk with very little memory. All
 * backends are to show the same.
 */
export function createTestedState(options: TestedOptions): KeyedStateBackend {
  return testsDisk() ? diskInStep(options, smallBytes) : createHeapState(options);
}

export const testsDisk = (): boolean => process.env.WEIRFLOW_TESTED_STATE === 'disk';

/** The disk backend over a store in memory whose answers come between calls: some at each new key, and as many as are needed where something waits. */
export function diskInStep(options: TestedOptions, memoryBytes: number): KeyedStateBackend {
  const waiting: (() => void)[] = [];
  const step = (): void => waiting.shift()?.();
  const settle = (): void => {
    while (waiting.length > 0) step();
  };
  const stores = new MemoryKeyValueEngine((run) => waiting.push(run));
  const state = createDiskState({ ...options, memoryBytes, stores, wake: () => undefined });
  let underWay: StateSnapshot['advance'] | null = null;
  const inStep = (snapshot: StateSnapshot): StateSnapshot => {
    const advance = snapshot.advance.bind(snapshot);
    const cancel = snapshot.cancel.bind(snapshot);
    underWay = advance;
    snapshot.cancel = () => {
      underWay = null;
      cancel();
    };
    snapshot.advance = (entriesMax) => {
      for (;;) {
        const progress = advance(entriesMax);
        if (progress === 'done' || (progress === 'progress' && entriesMax < Number.POSITIVE_INFINITY)) return progress;
        if (progress === 'blocked' && waiting.length === 0) throw new Error('a snapshot waits for nothing');
        settle();
      }
    };
    return snapshot;
  };
  const queueInStep = <N>(queue: TimerQueue<N>): TimerQueue<N> => {
    const take = queue.take.bind(queue);
    queue.take = (through) => {
      for (;;) {
        const timer = take(through);
        if (timer !== null || queue.hasAll(through)) return timer;
        // A tasklet goes on with its snapshot while operators wait.
        const snapshots = underWay?.(1) ?? 'done';
        if (waiting.length === 0 && snapshots !== 'progress') throw new Error('a timer waits for nothing');
        settle();
      }
    };
    return queue;
  };
  const { setCurrentKey, snapshot, fullSnapshot, load, timers } = state;
  const queues = new Map<string, TimerQueue<unknown>>();
  state.setCurrentKey = (key) => {
    step();
    setCurrentKey.call(state, key);
  };
  state.snapshot = (checkpoint, base) => inStep(snapshot.call(state, checkpoint, base));
  state.fullSnapshot = () => inStep(fullSnapshot.call(state));
  state.load = (image, serializers) => {
    load.call(state, image, serializers);
    settle();
  };
  state.timers = <N>(name: string): TimerQueue<N> => {
    const known = queues.get(name) ?? queueInStep(timers.call(state, name));
    queues.set(name, known);
    return known as TimerQueue<N>;
  };
  settle();
  return state;
}
