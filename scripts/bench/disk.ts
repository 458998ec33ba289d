import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { valueState } from '../../src/state/descriptors.js';
import { createKeyedState } from '../../src/state/state-backends.js';
import { LevelEngine } from '../../src/storage/level/level-engine.js';
import type { Outcome } from './outcome.js';
import { quantile } from './quantile.js';

/** One read-modify-write for each record, on keys in an order without a pattern. A slot gives its state 128 MB where nothing else is said. */
interface Case {
  readonly name: string;
  readonly keys: number;
  readonly memoryBytes: number;
  readonly updates: number;
  readonly floorPerSecond: number;
}

const megabyte = 1_024 * 1_024;
const cases: readonly Case[] = [
  {
    name: 'hot set of 10,000 keys',
    keys: 10_000,
    memoryBytes: 64 * megabyte,
    updates: 5_000_000,
    floorPerSecond: 1_000_000,
  },
  {
    name: '1 M keys, uncached',
    keys: 1_000_000,
    memoryBytes: 64 * megabyte,
    updates: 500_000,
    floorPerSecond: 100_000,
  },
  {
    name: '10 M keys, uncached',
    keys: 10_000_000,
    memoryBytes: 128 * megabyte,
    updates: 500_000,
    floorPerSecond: 50_000,
  },
];

/** As a tasklet takes them between two turns of the event loop. */
const turn = 1_024;
const pauseMsMax = 40;

/** Read-modify-writes of the disk backend in one thread, as a slot has it; and how long a checkpoint of it holds up records. */
export async function disk(keysMax: number): Promise<Outcome> {
  const lines: string[] = [];
  const misses: string[] = [];
  const measured: Record<string, unknown> = {};
  for (const each of cases) {
    if (each.keys > keysMax) continue;
    const { perSecond, perCpuSecond, checkpointMs, pauses } = await measuredCase(each);
    pauses.sort((a, b) => a - b);
    const p99Ms = quantile(pauses, 0.99);
    const longestMs = quantile(pauses, 1);
    const limit = `at least ${each.floorPerSecond.toLocaleString('en')}`;
    lines.push(
      `disk: ${each.name}: ${Math.round(perSecond).toLocaleString('en')} read-modify-writes a second (${limit}), ` +
        `${Math.round(perCpuSecond).toLocaleString('en')} for each second of processor time; ` +
        `a full checkpoint beside them in ${(checkpointMs / 1_000).toFixed(1)} s, which holds up records for ` +
        `${p99Ms.toFixed(1)} ms at p99 (at most ${pauseMsMax}), ${longestMs.toFixed(1)} ms at most`,
    );
    measured[each.name] = { perSecond, perCpuSecond, checkpointMs, p99Ms, longestMs };
    if (perSecond < each.floorPerSecond)
      misses.push(`${each.name}: ${Math.round(perSecond)} a second, and ${limit} is wanted`);
    if (p99Ms > pauseMsMax) misses.push(`${each.name}: a checkpoint pauses ${p99Ms.toFixed(1)} ms at p99`);
  }
  return { name: 'disk', lines, measured, misses };
}

async function measuredCase({ keys, memoryBytes, updates }: Case) {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-bench-'));
  const stores = new LevelEngine({ folder, entropy: nodeEntropy });
  const range = { first: 0, last: 127 };
  const state = createKeyedState('disk', {
    operator: 'bench',
    maxParallelism: 128,
    range,
    development: false,
    memoryBytes,
    stores,
    wake: () => undefined,
  });
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const value = state.value(valueState<{ count: number; sum: number; last: string }>('v'));
  const update = (key: number): void => {
    state.setCurrentKey(key);
    const before = value.value();
    value.update({ count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + key, last: 'of some text' });
  };
  const run = async (count: number, keyOf: (n: number) => number): Promise<void> => {
    for (let from = 0; from < count; from += turn) {
      while (!state.admits()) await nextTurn();
      for (let n = from; n < Math.min(count, from + turn); n++) update(keyOf(n));
      await nextTurn();
    }
  };
  while (!state.ready()) await nextTurn();
  await run(keys, (n) => n);
  const scattered = (n: number): number => (n * 7_919 + (n >> 3) * 104_729) % keys;
  await run(updates / 10, scattered);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await run(updates, scattered);
  const perSecond = (updates * 1_000) / (performance.now() - startedMs);
  const { user, system } = process.cpuUsage(cpu);
  const perCpuSecond = (updates * 1_000_000) / (user + system);
  const pauses: number[] = [];
  const checkpointStartedMs = performance.now();
  const snapshot = state.snapshot({ epoch: 1, n: 1 }, null);
  pauses.push(performance.now() - checkpointStartedMs);
  for (let n = 0, progress = 'progress'; progress !== 'done'; n += turn / 2) {
    if (state.admits()) for (let at = n; at < n + turn / 2; at++) update(scattered(at));
    const sinceMs = performance.now();
    progress = snapshot.advance(turn / 2);
    // While it waits for the store it holds up nobody.
    if (progress !== 'blocked') pauses.push(performance.now() - sinceMs);
    await nextTurn();
  }
  const checkpointMs = performance.now() - checkpointStartedMs;
  state.close();
  // The store lets go of its files after it was closed.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  return { perSecond, perCpuSecond, checkpointMs, pauses };
}
