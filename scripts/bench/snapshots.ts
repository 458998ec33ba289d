import { valueState } from '../../src/state/descriptors.js';
import { createHeapState } from '../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import { baseOf, type GroupImages, groupsOf } from './group-images.js';
import type { Outcome } from './outcome.js';
import { quantile } from './quantile.js';

const maxParallelism = 128;
/** What a tasklet writes of a snapshot in one turn while records come. */
const sliceEntries = 512;

/** Wanted of a million keys. */
const limits = { pauseMs: 20, sliceMs: 20, fullMs: 1_000, restoreMs: 2_000, onePercentShare: 0.03 } as const;

interface Total {
  readonly count: number;
  readonly sum: number;
  readonly lastMs: number;
}

/** What one snapshot took. */
interface Taken {
  readonly groups: GroupImages;
  readonly bytes: number;
  /** The call in which it began: no record goes on meanwhile. */
  readonly pauseMs: number;
  /** Of the turns in which it was written. */
  readonly longestSliceMs: number;
  readonly usualSliceMs: number;
  readonly writtenMs: number;
}

interface Measured {
  readonly keys: number;
  readonly full: Omit<Taken, 'groups'>;
  /** A tenth of the keys changed, and as many records came while it was written as there were slices. */
  readonly tenPercent: Omit<Taken, 'groups'>;
  readonly onePercent: Omit<Taken, 'groups'>;
  readonly restoreMs: number;
  readonly longestGroupMs: number;
}

/** Snapshots and restores of keyed state on the heap: how long records stand still, what it costs, and how much is written. */
export function snapshots(): Outcome {
  const measured = [10_000, 100_000, 1_000_000].map(measuredWith);
  return { name: 'snapshots', lines: measured.flatMap(linesOf), measured: { measured }, misses: missesOf(measured) };
}

function measuredWith(keys: number): Measured {
  const state = heapState();
  for (let key = 0; key < keys; key += 1) count(state, key);
  const full = taken(state, 1, null, 0);
  for (let key = 0; key < keys; key += 10) count(state, key);
  const tenPercent = taken(state, 2, { n: 1, groups: full.groups }, keys);
  for (let key = 0; key < keys; key += 100) count(state, key);
  const onePercent = taken(state, 3, { n: 2, groups: tenPercent.groups }, 0);
  const after = heapState();
  const groupsMs: number[] = [];
  const serializers = state.serializers();
  for (const group of onePercent.groups.values()) {
    const sinceMs = processorMs();
    after.load(group, serializers);
    groupsMs.push(processorMs() - sinceMs);
  }
  const restoreMs = groupsMs.reduce((sum, each) => sum + each, 0);
  const last = keys - 1;
  after.setCurrentKey(keyText(last));
  if (after.value(total).value()?.sum !== last) throw new Error(`the last of ${keys} keys is not what it was`);
  return {
    keys,
    full: figures(full),
    tenPercent: figures(tenPercent),
    onePercent: figures(onePercent),
    restoreMs,
    longestGroupMs: Math.max(...groupsMs),
  };
}

/** Of this process, so that others on the machine do not count. The collector of garbage does. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const total = valueState<Total>('total');
const keyText = (key: number): string => `customer-${key}`;

function heapState(): KeyedStateBackend {
  const range = { first: 0, last: maxParallelism - 1 };
  return createHeapState({ operator: 'totals', maxParallelism, range, development: false });
}

function count(state: KeyedStateBackend, key: number): void {
  state.setCurrentKey(keyText(key));
  const value = state.value(total);
  const before = value.value() ?? { count: 0, sum: 0, lastMs: 0 };
  value.update({ count: before.count + 1, sum: key, lastMs: 1_700_000_000_000 + key });
}

interface Base {
  readonly n: number;
  readonly groups: GroupImages;
}

/** With `keysTouched`, keys up to that number are counted between the slices. */
function taken(state: KeyedStateBackend, n: number, base: Base | null, keysTouched: number): Taken {
  const sinceMs = performance.now();
  const snapshot = state.snapshot({ epoch: 1, n }, base === null ? null : baseOf(base.n, base.groups));
  const pauseMs = performance.now() - sinceMs;
  const slicesMs: number[] = [];
  for (let done = false, slice = 0; !done; slice += 1) {
    if (keysTouched > 0) count(state, (slice * 7_919) % (keysTouched - 1));
    const sliceSinceMs = processorMs();
    done = snapshot.advance(sliceEntries) === 'done';
    slicesMs.push(processorMs() - sliceSinceMs);
  }
  slicesMs.sort((a, b) => a - b);
  return {
    groups: groupsOf(snapshot, base?.groups ?? new Map()),
    bytes: snapshot.changed.reduce((sum, { bytes }) => sum + bytes.length, 0),
    pauseMs,
    longestSliceMs: quantile(slicesMs, 1),
    usualSliceMs: quantile(slicesMs, 0.5),
    writtenMs: slicesMs.reduce((sum, ms) => sum + ms, 0),
  };
}

const figures = ({ groups: _, ...rest }: Taken): Omit<Taken, 'groups'> => rest;

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(2)} MB`;

function linesOf(measured: Measured): readonly string[] {
  const { keys, full, tenPercent, onePercent, restoreMs, longestGroupMs } = measured;
  const isLargest = keys === 1_000_000;
  const within = (limit: string): string => (isLargest ? ` (wanted below ${limit})` : '');
  const share = ((onePercent.bytes / full.bytes) * 100).toFixed(2);
  return [
    `snapshots of ${keys.toLocaleString('en')} keys: in full ${megabytes(full.bytes)} in ${ms(full.writtenMs)}${within(ms(limits.fullMs))}, pause ${ms(full.pauseMs)}`,
    `  with 10 % changed: ${megabytes(tenPercent.bytes)} in ${ms(tenPercent.writtenMs)}, pause ${ms(tenPercent.pauseMs)}${within(ms(limits.pauseMs))}, slices of ${ms(tenPercent.usualSliceMs)}, the longest ${ms(tenPercent.longestSliceMs)}${within(ms(limits.sliceMs))}`,
    `  with 1 % changed: ${megabytes(onePercent.bytes)}, ${share} % of all${within(`${limits.onePercentShare * 100} %`)}, in ${ms(onePercent.writtenMs)}`,
    `  restored from an image and two deltas in ${ms(restoreMs)}${within(ms(limits.restoreMs))}, the longest of ${maxParallelism} groups in ${ms(longestGroupMs)}`,
  ];
}

function missesOf(all: readonly Measured[]): readonly string[] {
  const { full, tenPercent, onePercent, restoreMs } = all.at(-1) as Measured;
  const share = onePercent.bytes / full.bytes;
  return [
    ...over('the pause with 10 % changed', tenPercent.pauseMs, limits.pauseMs),
    ...over('the longest slice', tenPercent.longestSliceMs, limits.sliceMs),
    ...over('a full snapshot', full.writtenMs, limits.fullMs),
    ...over('a restore', restoreMs, limits.restoreMs),
    ...(share < limits.onePercentShare
      ? []
      : [
          `1 % changed writes ${(share * 100).toFixed(2)} % of all, and ${limits.onePercentShare * 100} % is the limit`,
        ]),
  ];
}

const over = (what: string, tookMs: number, limitMs: number): readonly string[] =>
  tookMs < limitMs ? [] : [`${what} took ${ms(tookMs)}, and ${ms(limitMs)} is the limit`];
