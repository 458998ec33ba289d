import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diskInStep } from '../../specs/engine/state/tested-state.js';
import { listState, mapState, valueState } from '../../src/state/descriptors.js';
import { createHeapState } from '../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import type { KeyGroupImage, KeyGroupPart, SnapshotBase, StateSnapshot } from '../../src/state/state-snapshot.js';

const maxParallelism = 4;
const range = { first: 0, last: maxParallelism - 1 };
const options = { operator: 'model', maxParallelism, range, development: true };
const keys: readonly unknown[] = ['a', 'b', 'c', 1, 2, ['t', 1], { id: 1 }, 7n];

/** From a cache that holds nothing for long to one that holds everything. */
const memories = [1_024, 16_384, 1_000_000];

type Step =
  | { readonly kind: 'change'; readonly key: number; readonly what: number; readonly n: number; readonly by: number }
  | { readonly kind: 'attempt'; readonly key: number; readonly what: number; readonly n: number; readonly by: number }
  | { readonly kind: 'take'; readonly through: number }
  | { readonly kind: 'begin'; readonly onBase: boolean }
  | { readonly kind: 'advance'; readonly entries: number }
  | { readonly kind: 'finish'; readonly fate: 'confirmed' | 'pending' | 'aborted' };

const place = { key: fc.nat(keys.length - 1), what: fc.nat(11), n: fc.nat(300), by: fc.integer({ min: 1, max: 90 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('change' as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('attempt' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const), through: fc.nat(400) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('begin' as const), onBase: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), entries: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      fate: fc.constantFrom('confirmed' as const, 'pending' as const, 'aborted' as const),
    }),
  },
);

const states = (state: KeyedStateBackend) => ({
  value: state.value(valueState<unknown>('value')),
  list: state.list(listState<unknown>('list')),
  map: state.map(mapState<unknown, unknown>('map')),
  timers: state.timers<unknown>('timers'),
});

/** `by` makes lists and maps that outgrow an entry, and more timers than stay in memory. */
function change(
  state: KeyedStateBackend,
  { key, what, n, by }: { key: number; what: number; n: number; by: number },
): void {
  state.setCurrentKey(keys[key]);
  const { value, list, map, timers } = states(state);
  const all = Array.from({ length: by }, (_, at) => n + at);
  switch (what) {
    case 0:
      return value.update({ n, text: 'x'.repeat(by) });
    case 1:
      return value.clear();
    case 2:
    case 3:
      for (const each of all) list.add(each);
      return;
    case 4:
      return list.update(all);
    case 5:
      return list.clear();
    case 6:
    case 7:
      for (const each of all) map.put(each, [each, n]);
      return;
    case 8:
      for (const each of all) map.remove(each);
      return;
    case 9:
      return n % 3 === 0 ? map.clear() : undefined;
    case 10:
      for (const each of all) timers.set(each, n % 2);
      return;
    default:
      for (const each of all) timers.remove(each, n % 2);
  }
}

/** All that it shows, in its order; it is not used afterwards. */
function contentOf(state: KeyedStateBackend): unknown {
  const content = keys.map((key) => {
    state.setCurrentKey(key);
    const { value, list, map } = states(state);
    const entries = [...map.entries()];
    expect(entries.every(([each]) => map.has(each))).toBe(true);
    return [value.value(), [...list.get()], map.isEmpty(), sortedByKey(entries)];
  });
  const taken = takenFrom(state, 1_000);
  return { content, taken: taken.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
}

/** A map that was taken back has another order of entries. */
const sortedByKey = (entries: (readonly [unknown, unknown])[]) => entries.sort(([a], [b]) => Number(a) - Number(b));

function takenFrom(state: KeyedStateBackend, through: number): unknown[] {
  const { timers } = states(state);
  const taken: unknown[] = [];
  for (let timer = timers.take(through); timer !== null; timer = timers.take(through)) {
    taken.push([String(timer.key), timer.time, timer.namespace]);
    expect(timers.earliest()).toBeGreaterThanOrEqual(timer.time);
  }
  return taken;
}

function loaded(groups: Iterable<KeyGroupImage>, from: KeyedStateBackend, into: KeyedStateBackend): KeyedStateBackend {
  for (const group of groups) into.load(group, from.serializers());
  return into;
}

interface Kept {
  readonly n: number;
  readonly groups: ReadonlyMap<number, KeyGroupImage>;
}

/** The disk beside the heap: what one shows the other shows, also what each restores of the snapshots of the disk. */
class Pair {
  private readonly heap = createHeapState(options);
  private readonly disk: KeyedStateBackend;
  private readonly kept: Kept[] = [];
  private base: Kept | null = null;
  private underWay: { n: number; base: Kept | null; snapshot: StateSnapshot; wanted: readonly KeyGroupPart[] } | null =
    null;
  private n = 0;

  constructor(private readonly memoryBytes: number) {
    this.disk = diskInStep(options, memoryBytes);
  }

  do(step: Step): void {
    switch (step.kind) {
      case 'change':
        for (const state of [this.heap, this.disk]) change(state, step);
        return;
      case 'attempt':
        for (const state of [this.heap, this.disk]) {
          state.setCurrentKey(keys[step.key]);
          state.begin();
          change(state, step);
          change(state, { ...step, what: (step.what + 4) % 12 });
          state.takeBack();
        }
        return;
      case 'take':
        expect(takenFrom(this.disk, step.through)).toEqual(takenFrom(this.heap, step.through));
        return;
      case 'begin':
        return this.begin(step.onBase ? this.base : null);
      case 'advance':
        this.underWay?.snapshot.advance(step.entries);
        return;
      case 'finish':
        return this.finish(step.fate);
    }
  }

  end(): void {
    this.finish('pending');
    for (const { groups } of this.kept.slice(-2)) this.compare(groups, groups);
    expect(contentOf(this.disk)).toEqual(contentOf(this.heap));
    this.disk.close();
  }

  private begin(base: Kept | null): void {
    if (this.underWay !== null) this.finish('pending');
    this.n += 1;
    const of: SnapshotBase | null = base === null ? null : baseOf(base);
    const image = this.heap.fullSnapshot();
    expect(image.advance(Number.POSITIVE_INFINITY)).toBe('done');
    const snapshot = this.disk.snapshot({ epoch: 1, n: this.n }, of);
    this.underWay = { n: this.n, base, snapshot, wanted: image.changed };
  }

  private finish(fate: 'confirmed' | 'pending' | 'aborted'): void {
    const { underWay } = this;
    if (underWay === null) return;
    this.underWay = null;
    const { n, base, snapshot, wanted } = underWay;
    if (fate === 'aborted') {
      snapshot.cancel();
      this.disk.aborted({ epoch: 1, n });
      return;
    }
    expect(snapshot.advance(Number.POSITIVE_INFINITY)).toBe('done');
    const groups = new Map<number, KeyGroupImage>();
    for (const { keyGroup, watermark, kind, bytes } of snapshot.changed) {
      const before = kind === 'delta' ? partsAt(base, keyGroup) : [];
      groups.set(keyGroup, { keyGroup, watermark, parts: [...before, bytes] });
    }
    for (const keyGroup of snapshot.unchanged) groups.set(keyGroup, base?.groups.get(keyGroup) as KeyGroupImage);
    this.compare(
      groups,
      new Map(wanted.map(({ keyGroup, watermark, bytes }) => [keyGroup, { keyGroup, watermark, parts: [bytes] }])),
    );
    const kept = { n, groups };
    this.kept.push(kept);
    if (fate === 'confirmed') this.base = kept;
  }

  /** What the disk wrote, read by both, is what the heap wrote at that moment. */
  private compare(written: ReadonlyMap<number, KeyGroupImage>, then: ReadonlyMap<number, KeyGroupImage>): void {
    const wanted = contentOf(loaded(then.values(), this.disk, createHeapState(options)));
    expect(contentOf(loaded(written.values(), this.disk, createHeapState(options)))).toEqual(wanted);
    expect(contentOf(loaded(written.values(), this.disk, diskInStep(options, this.memoryBytes)))).toEqual(wanted);
  }
}

const partsAt = (base: Kept | null, keyGroup: number): readonly Uint8Array[] => base?.groups.get(keyGroup)?.parts ?? [];

const baseOf = ({ n, groups }: Kept): SnapshotBase => ({
  checkpoint: { epoch: 1, n },
  partBytes: (keyGroup) => partsAt({ n, groups }, keyGroup).map(({ length }) => length),
});

const seed = 20_261_120;

describe(`disk state (seed ${seed})`, () => {
  it.each(memories)('shows and restores what the heap does, with %d bytes of memory', (memoryBytes) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const pair = new Pair(memoryBytes);
        for (const each of steps) pair.do(each);
        pair.end();
      }),
      { seed, numRuns: 40 },
    );
  });
});
