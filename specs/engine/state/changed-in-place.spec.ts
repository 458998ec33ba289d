import { describe, expect, it } from 'vitest';
import type { AggregateFunction } from '../../../src/state/aggregates.js';
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StateOptions,
  valueState,
} from '../../../src/state/descriptors.js';
import type { KeyedState, KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { StateSnapshot } from '../../../src/state/state-snapshot.js';
import { classSerializer } from '../../../src/state/value-serializer.js';
import { createTestedState } from './tested-state.js';
import { baseOf, imageOf, written } from './written.js';

/** Grows by a method, as sketches and buffers do: its type does not say that it changes. */
class Tally {
  constructor(private n = 0) {}
  add(by: number): this {
    this.n += by;
    return this;
  }
  get total(): number {
    return this.n;
  }
}

const serializer = classSerializer(Tally, {
  name: 'tally',
  version: 1,
  encode: ({ total }) => total,
  decode: (total) => new Tally(total as number),
});
const options: StateOptions<Tally> = { serializer };

const totals: AggregateFunction<number, Tally, number> = {
  createAccumulator: () => new Tally(),
  add: (n, tally) => (tally as Tally).add(n),
  getResult: ({ total }) => total,
};

interface Kind {
  readonly name: string;
  add(state: KeyedState, n: number): void;
  total(state: KeyedState): number | undefined;
}

const value = valueState<Tally>('value', options);
const list = listState<Tally>('list', options);
const map = mapState<number, Tally>('map', options);
const aggregating = aggregatingState('aggregating', totals, options);
const reducing = reducingState<Tally>('reducing', (a, b) => (a as Tally).add(b.total), options);

const inMap =
  (at: number): Kind['add'] =>
  (state, n) => {
    const tallies = state.map(map);
    tallies.put(at, ((tallies.get(at) as Tally | undefined) ?? new Tally()).add(n));
  };

const kinds: readonly Kind[] = [
  {
    name: 'a value',
    add: (state, n) => {
      const tally = state.value(value);
      tally.update(((tally.value() as Tally | undefined) ?? new Tally()).add(n));
    },
    total: (state) => state.value(value).value()?.total,
  },
  {
    name: 'the elements of a list',
    add: (state, n) => {
      const [tally = new Tally()] = state.list(list).get() as readonly Tally[];
      state.list(list).update([tally.add(n)]);
    },
    total: (state) => state.list(list).get()[0]?.total,
  },
  { name: 'a value of a map', add: inMap(0), total: (state) => state.map(map).get(0)?.total },
  {
    name: 'a value of a long map',
    add: (state, n) => {
      if (state.map(map).isEmpty()) for (let at = 0; at < 200; at++) inMap(at)(state, 0);
      inMap(7)(state, n);
    },
    total: (state) => state.map(map).get(7)?.total,
  },
  {
    name: 'an accumulator',
    add: (state, n) => state.aggregating(aggregating).add(n),
    total: (state) => state.aggregating(aggregating).get(),
  },
  {
    name: 'a reduction',
    add: (state, n) => state.reducing(reducing).add(new Tally(n)),
    total: (state) => state.reducing(reducing).get()?.total,
  },
];

const open = (): KeyedStateBackend =>
  createTestedState({ operator: 'tallies', maxParallelism: 1, range: { first: 0, last: 0 }, development: false });

/** Asks for each state, as an operator does when it opens. */
const declared = (state: KeyedStateBackend): KeyedStateBackend => {
  for (const { total } of kinds) {
    state.setCurrentKey(0);
    total(state);
  }
  return state;
};

const checkpoint = (n: number): { epoch: number; n: number } => ({ epoch: 1, n });

function totalsIn(snapshot: StateSnapshot, of: KeyedStateBackend, { total }: Kind): readonly unknown[] {
  const [part] = written(snapshot).changed;
  if (part === undefined) return [];
  const state = open();
  state.load(imageOf(part), of.serializers());
  const restored = declared(state);
  return [1, 2, 3].map((key) => {
    restored.setCurrentKey(key);
    return total(restored);
  });
}

describe('State changed in place while a snapshot is written', () => {
  it.each(kinds)('$name is in the snapshot as it was when that began, and afterwards what it became', (kind) => {
    const state = declared(open());
    const add = (key: number, n: number): void => {
      state.setCurrentKey(key);
      kind.add(state, n);
    };
    for (const key of [1, 2, 3]) add(key, key);
    const snapshot = state.snapshot(checkpoint(1), null);
    for (const key of [3, 2, 3]) add(key, 100);
    expect(totalsIn(snapshot, state, kind)).toEqual([1, 2, 3]);
    expect(totalsIn(state.snapshot(checkpoint(2), null), state, kind)).toEqual([1, 102, 203]);
  });

  it.each(kinds)('$name is in the next delta as it was when that began', (kind) => {
    const state = declared(open());
    const add = (key: number, n: number): void => {
      state.setCurrentKey(key);
      kind.add(state, n);
    };
    for (let key = 0; key < 100; key++) add(key, key);
    const [image] = written(state.snapshot(checkpoint(1), null)).changed;
    add(2, 10);
    const delta = state.snapshot(checkpoint(2), baseOf(1));
    add(2, 100);
    add(3, 100);
    const [part] = written(delta).changed;
    expect([image?.kind, part?.kind]).toEqual(['full', 'delta']);
    const [next] = written(state.snapshot(checkpoint(3), baseOf(2))).changed;
    const parts = [image, part, next].map((each) => each?.bytes as Uint8Array);
    const found = [2, 3].map((count) => {
      const restored = open();
      restored.load({ keyGroup: 0, watermark: 0, parts: parts.slice(0, count) }, state.serializers());
      declared(restored);
      return [1, 2, 3].map((key) => {
        restored.setCurrentKey(key);
        return kind.total(restored);
      });
    });
    expect(found).toEqual([
      [1, 12, 3],
      [1, 112, 103],
    ]);
  });
});
