import { describe, expect, it } from 'vitest';
import { listState, mapState, valueState } from '../../../src/state/descriptors.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { type KeyGroupPart, outgrown } from '../../../src/state/state-snapshot.js';
import { baseOf, written } from './written.js';

const range = { first: 0, last: 0 };
const checkpoint = (n: number): { epoch: number; n: number } => ({ epoch: 1, n });

const heapState = (development = true): KeyedStateBackend =>
  createHeapState({ operator: 'orders', maxParallelism: 1, range, development });

const value = valueState<number>('value');
const list = listState<number>('list');
const map = mapState<number, string>('map');

/** The one group of a snapshot. */
function part(state: KeyedStateBackend, n: number, base: number | null): KeyGroupPart {
  const { changed } = written(state.snapshot(checkpoint(n), base === null ? null : baseOf(base)));
  return changed[0] as KeyGroupPart;
}

function restored(from: KeyedStateBackend, ...parts: readonly KeyGroupPart[]): KeyedStateBackend {
  const state = heapState();
  state.load({ keyGroup: 0, watermark: 0, parts: parts.map(({ bytes }) => bytes) }, from.serializers());
  return state;
}

/** A hundred keys, each with a value. */
function filled(development = true): KeyedStateBackend {
  const state = heapState(development);
  for (let key = 0; key < 100; key += 1) {
    state.setCurrentKey(key);
    state.value(value).update(key);
  }
  return state;
}

describe('heap state: what a delta holds', () => {
  it('the keys that changed, and those that are gone', () => {
    const state = filled();
    const image = part(state, 1, null);
    state.setCurrentKey(7);
    state.value(value).update(700);
    state.setCurrentKey(8);
    state.value(value).clear();
    const delta = part(state, 2, 1);
    expect([image.kind, delta.kind]).toEqual(['full', 'delta']);
    expect(delta.bytes.length).toBeLessThan(40);
    const after = restored(state, image, delta);
    const values = [7, 8, 9].map((key) => {
      after.setCurrentKey(key);
      return after.value(value).value();
    });
    expect(values).toEqual([700, undefined, 9]);
  });

  it('a key that went and came back is what it is now, and nothing of what it was', () => {
    const state = filled();
    state.setCurrentKey(7);
    state.list(list).add(1);
    const image = part(state, 1, null);
    state.value(value).clear();
    state.list(list).clear();
    part(state, 2, 1);
    state.setCurrentKey(7);
    state.value(value).update(70);
    const after = restored(state, image, part(state, 3, 1));
    after.setCurrentKey(7);
    expect([after.value(value).value(), after.list(list).get()]).toEqual([70, []]);
  });

  it('of a large map the keys that changed, in the order of the map, and of a list what was added', () => {
    const state = filled();
    state.setCurrentKey(1);
    for (let key = 0; key < 1_000; key += 1) {
      state.map(map).put(key, 'a text that would be seen');
      state.list(list).add(key);
    }
    const image = part(state, 1, null);
    state.map(map).put(5, 'five');
    state.map(map).remove(6);
    state.map(map).remove(7);
    state.map(map).put(2_000, 'new');
    state.map(map).put(7, 'again');
    state.list(list).add(4_242);
    const delta = part(state, 2, 1);
    expect(delta.bytes.length).toBeLessThan(120);
    const after = restored(state, image, delta);
    after.setCurrentKey(1);
    state.setCurrentKey(1);
    expect([...after.map(map).entries()]).toEqual([...state.map(map).entries()]);
    expect(after.list(list).get()).toEqual(state.list(list).get());
  });

  it('everything, when more than half of the keys changed', () => {
    const state = filled();
    part(state, 1, null);
    for (let key = 0; key < 90; key += 1) {
      state.setCurrentKey(key);
      state.value(value).update(-1);
    }
    expect(part(state, 2, 1).kind).toBe('full');
    state.setCurrentKey(1);
    state.value(value).update(-2);
    expect(part(state, 3, 2).kind).toBe('delta');
  });

  it('everything, when the chain is long or its deltas are longer than its image', () => {
    expect(outgrown([])).toBe(true);
    expect(outgrown([100])).toBe(false);
    expect(outgrown([100, 60, 40])).toBe(false);
    expect(outgrown([100, 60, 41])).toBe(true);
    expect(outgrown(Array.from({ length: 9 }, () => 1).with(0, 100))).toBe(false);
    expect(outgrown(Array.from({ length: 10 }, () => 1).with(0, 100))).toBe(true);
  });

  it('what changed since a restore, if that is the base', () => {
    const state = filled();
    const after = restored(state, part(state, 1, null));
    after.restored(checkpoint(1));
    after.setCurrentKey(3);
    after.value(value).update(0);
    expect(part(after, 2, 1).kind).toBe('delta');
  });
});

describe('heap state: a snapshot under way', () => {
  it('holds what was when it began, whatever changes before it is written', () => {
    const state = filled(false);
    state.setCurrentKey(50);
    state.map(map).put(1, 'before');
    state.list(list).add(1);
    const snapshot = state.snapshot(checkpoint(1), null);
    expect(snapshot.advance(10)).toBe('progress');
    state.map(map).put(1, 'after');
    state.list(list).add(2);
    state.setCurrentKey(99);
    state.value(value).clear();
    state.setCurrentKey(1_000);
    state.value(value).update(1);
    const after = restored(state, written(snapshot).changed[0] as KeyGroupPart);
    after.setCurrentKey(50);
    expect([after.map(map).get(1), after.list(list).get()]).toEqual(['before', [1]]);
    after.setCurrentKey(99);
    expect(after.value(value).value()).toBe(99);
    after.setCurrentKey(1_000);
    expect(after.value(value).value()).toBeUndefined();
  });

  it('tells of a value that cannot be stored itself, and not the record that comes by', () => {
    const state = filled(false);
    state.setCurrentKey(50);
    // Only the first one that is no number is looked at when it is written.
    state.value(valueState<unknown>('value')).update('text');
    state.value(valueState<unknown>('value')).update(new Date(0));
    const snapshot = state.snapshot(checkpoint(1), null);
    snapshot.advance(1);
    state.value(value).update(1);
    expect(() => written(snapshot)).toThrow("state 'value' of operator 'orders'");
  });

  it('is the only one, until it is done or cancelled', () => {
    const state = filled();
    const snapshot = state.snapshot(checkpoint(1), null);
    expect(() => state.snapshot(checkpoint(2), null)).toThrow('two snapshots at a time');
    snapshot.cancel();
    expect(part(state, 2, null).kind).toBe('full');
  });

  it('in full for a savepoint leaves the next delta what it would have been', () => {
    const state = filled();
    const image = part(state, 1, null);
    state.setCurrentKey(7);
    state.value(value).update(700);
    const [full] = written(state.fullSnapshot()).changed as [KeyGroupPart];
    expect(full.kind).toBe('full');
    const delta = part(state, 2, 1);
    for (const after of [restored(state, full), restored(state, image, delta)]) {
      after.setCurrentKey(7);
      expect(after.value(value).value()).toBe(700);
    }
  });
});

describe('heap state: chains that it does not restore', () => {
  const state = filled();
  const image = part(state, 1, null);
  state.setCurrentKey(7);
  state.value(value).update(700);
  const delta = part(state, 2, 1);

  it.each([
    ['a delta without its image', [delta]],
    ['an image behind another', [image, image]],
  ])('%s', (_, parts) => {
    expect(() => restored(state, ...parts)).toThrow('its parts are not an image first, and deltas then');
  });

  it('a delta that was cut at any place', () => {
    for (let length = 0; length < delta.bytes.length; length += 1) {
      const cut = { ...delta, bytes: delta.bytes.subarray(0, length) };
      expect(() => restored(state, image, cut)).toThrow(expect.objectContaining({ code: 'STATE_UNREADABLE' }));
    }
  });

  it('maps and lists that did not change since the base stay as they are, also where a snapshot in between was written in full', () => {
    const state = filled();
    state.setCurrentKey(1);
    for (let key = 0; key < 20; key += 1) state.map(map).put(key, 'old');
    part(state, 1, null);
    state.setCurrentKey(1);
    state.map(map).put(20, 'new');
    state.map(map).remove(7);
    state.map(map).put(7, 'new');
    state.map(map).put(21, 'new');
    state.list(list).add(1);
    const image = part(state, 2, null);
    written(state.fullSnapshot());
    state.setCurrentKey(2);
    state.value(value).update(0);
    const snapshot = state.snapshot(checkpoint(3), baseOf(2));
    // Written early, because it is about to change.
    state.setCurrentKey(1);
    state.value(value).update(0);
    const { changed } = written(snapshot);
    const after = restored(state, image, changed[0] as KeyGroupPart);
    after.setCurrentKey(1);
    expect([...after.map(map).entries()].map(([key]) => key).slice(-3)).toEqual([20, 7, 21]);
    expect(after.list(list).get()).toEqual([1]);
  });
});
