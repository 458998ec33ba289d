import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StateBackendName } from '../../actors/protocol/job-graph.js';
import { nodeEntropy } from '../../src/runtime/world/entropy.js';
import { valueState } from '../../src/state/descriptors.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import { createKeyedState } from '../../src/state/state-backends.js';
import { LevelEngine } from '../../src/storage/level/level-engine.js';
import { disk } from './disk.js';
import { baseOf, type GroupImages, groupsOf } from './group-images.js';
import type { Outcome } from './outcome.js';
import { quantile } from './quantile.js';

const maxParallelism = 128;
/** What a tasklet writes of a snapshot in one turn while records come. */
const sliceEntries = 512;
const memoryBytes = 128 * 1_024 * 1_024;
const sizes = [10_000, 100_000, 1_000_000, 5_000_000];
const backends: readonly StateBackendName[] = ['heap', 'disk'];

/** `restoreSeconds` of a million keys. */
const limits = { pauseMs: 40, onePercentShare: 0.03, restoreSeconds: { heap: 4, disk: 15 } } as const;

interface Row {
  readonly backend: StateBackendName;
  readonly keys: number;
  readonly fullBytes: number;
  readonly fullMs: number;
  /** Of the turns in which the full snapshot was written, its begin among them. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  readonly onePercentBytes: number;
  readonly onePercentMs: number;
  readonly restoreMs: number;
}

interface Taken {
  readonly groups: GroupImages;
  readonly bytes: number;
  readonly pausesMs: readonly number[];
  readonly tookMs: number;
}

/** Snapshots and restores of both backends by the number of keys, and read-modify-writes of the one on disk, each beside its limit. */
export async function state(keysMax: number): Promise<Outcome> {
  const rows: Row[] = [];
  for (const backend of backends)
    for (const keys of sizes)
      if (keys <= keysMax) rows.push(await withFolder((folder) => rowOf(backend, keys, folder)));
  const updates = await disk(keysMax);
  return {
    name: 'state',
    lines: [
      `state: keys, snapshot in full and its pauses (p99 at most ${limits.pauseMs} ms), bytes with 1 % changed (less than ${limits.onePercentShare * 100} %), restore`,
      ...rows.map((row) => `  ${textOf(row)}`),
      ...updates.lines,
    ],
    measured: { rows, updates: updates.measured },
    misses: [...rows.flatMap(missesOf), ...updates.misses],
  };
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weirflow-state-'));
  try {
    return await use(folder);
  } finally {
    // The store lets go of its files after it was closed.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function rowOf(backend: StateBackendName, keys: number, folder: string): Promise<Row> {
  const stores = new LevelEngine({ folder, entropy: nodeEntropy });
  const range = { first: 0, last: maxParallelism - 1 };
  const opened = (): KeyedStateBackend =>
    createKeyedState(backend, {
      operator: 'totals',
      maxParallelism,
      range,
      development: false,
      memoryBytes,
      stores,
      wake: () => undefined,
    });
  const before = opened();
  while (!before.ready()) await nextTurn();
  for (let key = 0; key < keys; key += 1) await count(before, key);
  const full = await taken(before, 1, null);
  for (let key = 0; key < keys; key += 100) await count(before, key);
  const onePercent = await taken(before, 2, full);
  const serializers = before.serializers();
  before.close();
  const after = opened();
  const sinceMs = performance.now();
  for (const group of onePercent.groups.values()) {
    after.load(group, serializers);
    while (!after.admits()) await nextTurn();
  }
  while (!after.ready()) await nextTurn();
  const restoreMs = performance.now() - sinceMs;
  after.setCurrentKey(keyText(keys - 1));
  if (after.value(total).value()?.sum !== keys - 1) throw new Error(`the last of ${keys} keys is not what it was`);
  after.close();
  const pauses = full.pausesMs.toSorted((a, b) => a - b);
  return {
    backend,
    keys,
    fullBytes: full.bytes,
    fullMs: full.tookMs,
    pauseMs: quantile(pauses, 0.99),
    longestPauseMs: quantile(pauses, 1),
    onePercentBytes: onePercent.bytes,
    onePercentMs: onePercent.tookMs,
    restoreMs,
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const total = valueState<{ readonly count: number; readonly sum: number; readonly lastMs: number }>('total');
const keyText = (key: number): string => `customer-${key}`;

/** Gives the store its turns, as a tasklet does. */
async function count(backend: KeyedStateBackend, key: number): Promise<void> {
  if (key % 1_024 === 0) {
    await nextTurn();
    while (!backend.admits()) await nextTurn();
  }
  backend.setCurrentKey(keyText(key));
  const value = backend.value(total);
  const before = value.value() ?? { count: 0, sum: 0, lastMs: 0 };
  value.update({ count: before.count + 1, sum: key, lastMs: 1_700_000_000_000 + key });
}

async function taken(backend: KeyedStateBackend, n: number, base: Taken | null): Promise<Taken> {
  const sinceMs = performance.now();
  const snapshot = backend.snapshot({ epoch: 1, n }, base === null ? null : baseOf(n - 1, base.groups));
  const pausesMs = [performance.now() - sinceMs];
  for (let progress = 'progress'; progress !== 'done'; ) {
    const sliceSinceMs = performance.now();
    progress = snapshot.advance(sliceEntries);
    // While it waits for the store it holds up nobody.
    if (progress !== 'blocked') pausesMs.push(performance.now() - sliceSinceMs);
    await nextTurn();
  }
  const tookMs = performance.now() - sinceMs;
  const bytes = snapshot.changed.reduce((sum, { bytes: { length } }) => sum + length, 0);
  return { groups: groupsOf(snapshot, base?.groups ?? new Map()), bytes, pausesMs, tookMs };
}

const shareOf = ({ onePercentBytes, fullBytes }: Row): number => onePercentBytes / fullBytes;
const restoreMsMax = ({ backend, keys }: Row): number =>
  limits.restoreSeconds[backend] * 1_000 * Math.max(keys / 1_000_000, 0.25);

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(2)} MB`;

function textOf(row: Row): string {
  const { backend, keys, fullBytes, fullMs, pauseMs, longestPauseMs, onePercentBytes, onePercentMs, restoreMs } = row;
  const changed = `${megabytes(onePercentBytes)}, ${(shareOf(row) * 100).toFixed(2)} %, in ${ms(onePercentMs)}`;
  const pauses = `pauses ${ms(pauseMs)}, the longest ${ms(longestPauseMs)}`;
  const restored = `restored in ${ms(restoreMs)} (at most ${ms(restoreMsMax(row))})`;
  return `${backend} ${keys.toLocaleString('en')}: ${megabytes(fullBytes)} in ${ms(fullMs)}, ${pauses}; 1 %: ${changed}; ${restored}`;
}

function missesOf(row: Row): readonly string[] {
  const { backend, keys, pauseMs, restoreMs } = row;
  const of = `${backend} with ${keys} keys`;
  return [
    ...(pauseMs <= limits.pauseMs ? [] : [`${of}: a snapshot pauses ${ms(pauseMs)} at p99`]),
    ...(shareOf(row) < limits.onePercentShare
      ? []
      : [`${of}: 1 % changed writes ${(shareOf(row) * 100).toFixed(2)} % of all`]),
    ...(restoreMs <= restoreMsMax(row)
      ? []
      : [`${of}: restored in ${ms(restoreMs)}, and ${ms(restoreMsMax(row))} is the limit`]),
  ];
}
