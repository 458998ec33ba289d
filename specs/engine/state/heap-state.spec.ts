import { describe, expect, it } from 'vitest';
import { listState, mapState, valueState } from '../../../src/state/descriptors.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { createTestedState } from './tested-state.js';
import { written } from './written.js';

const maxParallelism = 8;

function heapState({ development = true, range = { first: 0, last: maxParallelism - 1 } } = {}): KeyedStateBackend {
  return createTestedState({ operator: 'orders', maxParallelism, range, development });
}

const refusal = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('heap state: keys', () => {
  it.each([
    ['a', 'b'],
    ['1', 1],
    [1, 1n],
    [true, 'true'],
    [['a'], 'üa'],
    [{ id: 1 }, [1]],
  ])('%o and %o have state of their own', (one, other) => {
    const state = heapState();
    const value = state.value(valueState<string>('v'));
    state.setCurrentKey(one);
    value.update('one');
    state.setCurrentKey(other);
    expect(value.value()).toBeUndefined();
    value.update('other');
    state.setCurrentKey(one);
    expect(value.value()).toBe('one');
    expect(state.currentKey()).toBe(one);
  });

  it('a string that looks like the canonical form of a tuple is another key than the tuple', () => {
    const state = heapState({ development: false });
    const value = state.value(valueState<string>('v'));
    state.setCurrentKey(['a']);
    value.update('tuple');
    state.setCurrentKey('\u00fc\u00fba\u00fe');
    expect(value.value()).toBeUndefined();
  });

  it('equal tuples and objects, and 0 and -0, are one key', () => {
    const state = heapState();
    const value = state.value(valueState<string>('v'));
    for (const [one, other] of [
      [
        ['a', 1],
        ['a', 1],
      ],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      [0, -0],
    ]) {
      state.setCurrentKey(one);
      value.update('seen');
      state.setCurrentKey('another');
      state.setCurrentKey(other);
      expect(value.value()).toBe('seen');
    }
    expect(Object.is(state.currentKey(), 0)).toBe(true);
  });

  it('a refused key leaves the current one where it is', () => {
    const state = heapState();
    state.setCurrentKey('a');
    expect(() => state.setCurrentKey(Number.NaN)).toThrow(refusal('KEY_UNSUPPORTED', 'key is NaN'));
    expect(() => state.setCurrentKey({ at: new Date(0) })).toThrow(
      refusal('KEY_UNSUPPORTED', 'key.at is an instance of Date'),
    );
    expect(state.currentKey()).toBe('a');
  });

  it('state is refused without a current key', () => {
    const state = heapState();
    const value = state.value(valueState<number>('v'));
    expect(() => value.value()).toThrow(refusal('STATE_WITHOUT_KEY', "operator 'orders'"));
    expect(() => value.update(1)).toThrow(refusal('STATE_WITHOUT_KEY', ''));
    state.setCurrentKey('a');
    value.update(1);
    state.clearCurrentKey();
    expect(() => value.value()).toThrow(refusal('STATE_WITHOUT_KEY', ''));
    expect(() => state.currentKey()).toThrow(refusal('STATE_WITHOUT_KEY', ''));
    state.setCurrentKey('a');
    expect(value.value()).toBe(1);
  });

  it('a key of a group that the subtask does not own is refused: it was sent to the wrong place', () => {
    const state = heapState({ range: { first: 0, last: 0 } });
    expect(() => {
      for (let key = 0; key < 100; key++) state.setCurrentKey(key);
    }).toThrow(refusal('KEY_GROUP_FOREIGN', 'its range, 0 to 0 of 8'));
  });
});

describe('heap state: kinds', () => {
  it('a value is what was written last, until it is cleared', () => {
    const state = heapState();
    const value = state.value(valueState<{ count: number } | null>('v'));
    state.setCurrentKey('a');
    expect(value.value()).toBeUndefined();
    value.update({ count: 1 });
    value.update(null);
    expect(value.value()).toBeNull();
    value.clear();
    value.clear();
    expect(value.value()).toBeUndefined();
  });

  it('a list keeps its order; what was handed out does not change with it', () => {
    const state = heapState({ development: false });
    const list = state.list(listState<number>('l'));
    state.setCurrentKey('a');
    expect(list.get()).toEqual([]);
    list.add(1);
    list.add(2);
    const before = list.get();
    list.add(3);
    expect(before).toEqual([1, 2]);
    expect(list.get()).toEqual([1, 2, 3]);
    const given = [7];
    list.update(given);
    given.push(8);
    expect(list.get()).toEqual([7]);
    list.update([]);
    expect(list.get()).toEqual([]);
  });

  it('a map has keys of every kind, in the order of insertion, tuples and objects last', () => {
    const state = heapState();
    const map = state.map(mapState<unknown, number>('m'));
    state.setCurrentKey('a');
    expect(map.isEmpty()).toBe(true);
    for (const [index, key] of [['t', 1], 'b', 1n, 1, { id: 1 }].entries()) map.put(key, index);
    map.put(['t', 1], 9);
    expect([...map.entries()]).toEqual([
      ['b', 1],
      [1n, 2],
      [1, 3],
      [['t', 1], 9],
      [{ id: 1 }, 4],
    ]);
    expect(map.get(['t', 1])).toBe(9);
    expect(map.has({ id: 1 })).toBe(true);
    expect(map.has('c')).toBe(false);
    expect(() => map.put(Number.NaN, 1)).toThrow(refusal('KEY_UNSUPPORTED', ''));
    for (const [key] of map.entries()) map.remove(key);
    expect(map.isEmpty()).toBe(true);
    expect([...map.entries()]).toEqual([]);
  });

  it('several states of one key are independent', () => {
    const state = heapState();
    const value = state.value(valueState<number>('v'));
    const list = state.list(listState<number>('l'));
    state.setCurrentKey('a');
    list.add(1);
    // Declared after the key has an entry.
    const map = state.map(mapState<string, number>('m'));
    map.put('x', 1);
    value.update(1);
    list.clear();
    expect([value.value(), list.get(), map.get('x')]).toEqual([1, [], 1]);
  });

  it('one name has one kind', () => {
    const state = heapState();
    state.value(valueState<number>('s'));
    expect(() => state.list(listState<number>('s'))).toThrow(
      refusal('STATE_CONFLICT', "state 's' of operator 'orders' is used as list state and is value state already"),
    );
  });
});

describe('heap state: values', () => {
  it('in development what is written and what is handed out is frozen', () => {
    const state = heapState();
    const value = state.value(valueState<{ tags: string[] }>('v'));
    const list = state.list(listState<{ n: number }>('l'));
    const map = state.map(mapState<{ id: number }, { n: number }>('m'));
    state.setCurrentKey({ id: 1 });
    const written = { tags: ['a'] };
    value.update(written);
    expect(() => written.tags.push('b')).toThrow(TypeError);
    list.add({ n: 1 });
    expect(() => (list.get() as unknown[]).push(1)).toThrow(TypeError);
    list.add({ n: 2 });
    expect(list.get()).toEqual([{ n: 1 }, { n: 2 }]);
    const mapKey = { id: 2 };
    map.put(mapKey, { n: 1 });
    expect([state.currentKey(), mapKey, map.get(mapKey)].every(Object.isFrozen)).toBe(true);
  });

  it('what cannot be stored is refused at the write, with the path to it, the state and the operator', () => {
    const state = heapState();
    state.setCurrentKey('a');
    const at = refusal(
      'STATE_UNSUPPORTED',
      "state 'v' of operator 'orders': value.customer.since is an instance of Date; storable are strings, numbers",
    );
    expect(() => state.value(valueState<unknown>('v')).update({ customer: { since: new Date(0) } })).toThrow(at);
    expect(() => state.list(listState<unknown>('l')).add(new Map())).toThrow(
      refusal('STATE_UNSUPPORTED', 'value is an'),
    );
    expect(() => state.list(listState<unknown>('l')).update([1, Symbol('s')])).toThrow(
      refusal('STATE_UNSUPPORTED', ''),
    );
    expect(() => state.map(mapState<string, unknown>('m')).put('x', [undefined])).toThrow(
      refusal('STATE_UNSUPPORTED', 'value[0] is undefined'),
    );
    expect(written(state.snapshot({ epoch: 1, n: 1 }, null)).changed).toEqual([]);
  });

  it.each([true, false])('undefined is refused always (development: %s)', (development) => {
    const state = heapState({ development });
    const value = state.value(valueState<unknown>('v'));
    state.setCurrentKey('a');
    value.update('fine');
    expect(() => value.update(undefined)).toThrow(refusal('STATE_UNSUPPORTED', 'use clear()'));
  });

  it('in production the first write of a state is checked, and the snapshot finds what comes later', () => {
    const state = heapState({ development: false });
    const value = state.value(valueState<unknown>('v'));
    state.setCurrentKey('a');
    expect(() => value.update({ a: new Date(0) })).toThrow(
      refusal('STATE_UNSUPPORTED', 'value.a is an instance of Date'),
    );
    value.update({ a: 1 });
    value.update({ a: new Date(0) });
    expect(() => written(state.snapshot({ epoch: 1, n: 1 }, null))).toThrow(
      refusal('STATE_UNSUPPORTED', "state 'v' of operator 'orders': value.a is an instance of Date"),
    );
  });
});
