import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import { createTestedState, testsDisk } from '../../specs/engine/state/tested-state.js';
import { imageOf, written } from '../../specs/engine/state/written.js';
import { canonicalKeyText } from '../../src/state/canonical-key.js';
import { listState, mapState, valueState } from '../../src/state/descriptors.js';
import { keyGroupOf, rangeOf } from '../../src/state/key-groups.js';
import type { KeyedStateBackend } from '../../src/state/keyed-state.js';
import type { KeyGroupImage, SnapshotBase } from '../../src/state/state-snapshot.js';

const seed = 20_261_124;
const maxParallelism = 5;
const everyGroup = { first: 0, last: maxParallelism - 1 };

const keys: readonly unknown[] = ['a', 'b', '1', 1, 1n, true, 0.5, -9, ['a', 1], ['a', '1'], { id: 1 }, 'ü'];
const mapKeys: readonly unknown[] = ['x', 7, ['x', 7], { x: 7 }];

const value = fc.oneof(fc.integer(), fc.constantFrom(null, 'text', 2n ** 70n), fc.record({ n: fc.nat(9) }));

/** What may happen to one subtask: changes of the state of one key, and checkpoints. */
const operation = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constant('change'), fc.nat(keys.length - 1), fc.nat(7), fc.nat(3), value) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('confirmed', 'aborted', 'unheard', 'restore')) },
);

/** The state of one key, as anyone would write it down. */
interface Plain {
  value: unknown;
  list: unknown[];
  map: Map<string, readonly [unknown, unknown]>;
}
type Model = Map<string, Plain>;

const copyOf = (model: Model): Model =>
  new Map([...model].map(([key, { value: v, list, map }]) => [key, { value: v, list: [...list], map: new Map(map) }]));

function change(
  state: KeyedStateBackend,
  model: Model,
  key: unknown,
  what: number,
  mapKey: unknown,
  to: unknown,
): void {
  const text = canonicalKeyText(key);
  const plain: Plain = model.get(text) ?? { value: undefined, list: [], map: new Map() };
  model.set(text, plain);
  state.setCurrentKey(key);
  const values = state.value(valueState<unknown>('value'));
  const list = state.list(listState<unknown>('list'));
  const map = state.map(mapState<unknown, unknown>('map'));
  switch (what) {
    case 0:
      values.update(to);
      plain.value = to;
      return;
    case 1:
      values.clear();
      plain.value = undefined;
      return;
    case 2:
      list.add(to);
      plain.list.push(to);
      return;
    case 3:
      list.update([to, to]);
      plain.list = [to, to];
      return;
    case 4:
      list.clear();
      plain.list = [];
      return;
    case 5:
      map.put(mapKey, to);
      plain.map.set(canonicalKeyText(mapKey), [mapKey, to]);
      return;
    case 6:
      map.remove(mapKey);
      plain.map.delete(canonicalKeyText(mapKey));
      return;
    default:
      map.clear();
      plain.map.clear();
  }
}

function declareAll(state: KeyedStateBackend): void {
  state.list(listState<unknown>('list'));
  state.map(mapState<unknown, unknown>('map'));
  state.value(valueState<unknown>('value'));
}

/** All of it, in an order of its own, read through the interface. */
function contentOf(state: KeyedStateBackend, ofKeys: readonly unknown[]): unknown {
  return ofKeys.map((key) => {
    state.setCurrentKey(key);
    const pairs = [...state.map(mapState<unknown, unknown>('map')).entries()];
    return [
      state.value(valueState<unknown>('value')).value(),
      [...state.list(listState<unknown>('list')).get()],
      sorted(pairs),
    ];
  });
}

const sorted = (pairs: readonly (readonly [unknown, unknown])[]): unknown =>
  pairs
    .map(([key, each]) => [canonicalKeyText(key), each])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));

const contentOfModel = (model: Model, ofKeys: readonly unknown[]): unknown =>
  ofKeys.map((key) => {
    const plain = model.get(canonicalKeyText(key));
    return [plain?.value, plain?.list ?? [], sorted([...(plain?.map.values() ?? [])])];
  });

/** What a coordinator keeps: the bytes of each group as of each checkpoint, from what changed and what did not. */
interface Kept {
  readonly groups: ReadonlyMap<number, KeyGroupImage>;
  readonly model: Model;
}

const baseFrom = (checkpoint: CheckpointId | null, base: Kept | undefined): SnapshotBase | null =>
  checkpoint === null || base === undefined
    ? null
    : {
        checkpoint,
        partBytes: (keyGroup) => base.groups.get(keyGroup)?.parts.map(({ length }) => length) ?? [],
      };

function heapState(range = everyGroup): KeyedStateBackend {
  return createTestedState({ operator: 'model', maxParallelism, range, development: true });
}

describe(`heap state (seed ${seed})`, () => {
  it('equals a naive model over any changes, checkpoints and restores', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
        let state = heapState();
        let model: Model = new Map();
        let confirmed: CheckpointId | null = null;
        const kept = new Map<number, Kept>();
        for (const [n, step] of operations.entries()) {
          if (step[0] === 'change') {
            const [, key, what, mapKey, to] = step as [string, number, number, number, unknown];
            change(state, model, keys[key], what, mapKeys[mapKey], to);
            continue;
          }
          if (step[0] === 'restore') {
            const from: Kept = (confirmed === null ? undefined : kept.get(confirmed.n)) ?? {
              groups: new Map(),
              model: new Map(),
            };
            const serializers = state.serializers();
            state = heapState();
            for (const group of from.groups.values()) state.load(group, serializers);
            model = copyOf(from.model);
          } else {
            const checkpoint = { epoch: 1, n };
            const base: Kept | undefined = confirmed === null ? undefined : kept.get(confirmed.n);
            const { changed, unchanged } = written(state.snapshot(checkpoint, baseFrom(confirmed, base)));
            const groups = new Map<number, KeyGroupImage>();
            for (const { keyGroup, watermark, kind, bytes } of changed) {
              const before = kind === 'full' ? [] : (base?.groups.get(keyGroup)?.parts ?? []);
              groups.set(keyGroup, { keyGroup, watermark, parts: [...before, bytes] });
            }
            for (const keyGroup of unchanged) groups.set(keyGroup, base?.groups.get(keyGroup) as KeyGroupImage);
            kept.set(n, { groups, model: copyOf(model) });
            if (step[0] === 'aborted') state.aborted(checkpoint);
            if (step[0] === 'confirmed') confirmed = checkpoint;
          }
          expect(contentOf(state, keys)).toEqual(contentOfModel(model, keys));
        }
        expect(contentOf(state, keys)).toEqual(contentOfModel(model, keys));
        // Every checkpoint, confirmed or not, still says what was when it was taken, at any parallelism.
        for (const { groups, model: then } of kept.values()) expectRestores(groups, state, then);
      }),
      { seed, numRuns: 150 },
    );
  });

  it('gives the same bytes after a restore as without one', () => {
    const changes = fc.array(fc.tuple(fc.nat(keys.length - 1), fc.nat(7), fc.nat(3), value), {
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const make = (state: KeyedStateBackend, all: typeof first): void => {
          for (const [key, what, mapKey, to] of all) change(state, new Map(), keys[key], what, mapKeys[mapKey], to);
        };
        const straight = heapState();
        const restored = heapState();
        // The disk writes states in the order in which they are declared, the heap by name.
        if (testsDisk()) for (const state of [straight, restored]) declareAll(state);
        make(straight, first);
        const { changed } = written(straight.snapshot({ epoch: 1, n: 1 }, null));
        for (const group of changed) restored.load(imageOf(group), straight.serializers());
        for (const state of [straight, restored]) {
          contentOf(state, keys);
          make(state, second);
        }
        const at = { epoch: 1, n: 2 };
        expect(written(restored.snapshot(at, null))).toEqual(written(straight.snapshot(at, null)));
      }),
      { seed, numRuns: 200 },
    );
  });
});

function expectRestores(groups: ReadonlyMap<number, KeyGroupImage>, writer: KeyedStateBackend, then: Model): void {
  for (const parallelism of [1, 2, 5]) {
    for (let index = 0; index < parallelism; index++) {
      const range = rangeOf(index, parallelism, maxParallelism);
      const own = keys.filter((key) => {
        const keyGroup = keyGroupOf(key, maxParallelism);
        return keyGroup >= range.first && keyGroup <= range.last;
      });
      const state = heapState(range);
      for (const group of groups.values()) {
        if (group.keyGroup >= range.first && group.keyGroup <= range.last) state.load(group, writer.serializers());
      }
      expect(contentOf(state, own)).toEqual(contentOfModel(then, own));
    }
  }
}
