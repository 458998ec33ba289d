import { describe, expect, it } from 'vitest';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { TimerQueue } from '../../../src/state/timers.js';
import { createTestedState } from './tested-state.js';
import { baseOf, imageOf, written } from './written.js';

const maxParallelism = 8;
const checkpoint = (n: number): { epoch: number; n: number } => ({ epoch: 1, n });

function heap(first = 0, last = maxParallelism - 1): KeyedStateBackend {
  return createTestedState({ operator: 'orders', maxParallelism, range: { first, last }, development: true });
}

/** Sets timers as [key, time, namespace]. */
function set(
  state: KeyedStateBackend,
  ...timers: readonly (readonly [string, number, unknown])[]
): TimerQueue<unknown> {
  const queue = state.timers<unknown>('t');
  for (const [key, time, namespace] of timers) {
    state.setCurrentKey(key);
    queue.set(time, namespace);
  }
  return queue;
}

function take(queue: TimerQueue<unknown>, through: number): unknown[] {
  const taken: unknown[] = [];
  for (let timer = queue.take(through); timer !== null; timer = queue.take(through)) {
    taken.push([timer.key, timer.time, timer.namespace]);
  }
  return taken;
}

describe('timers: one for each key, namespace and time', () => {
  it('setting one again changes nothing; another key, namespace or time is another timer', () => {
    const queue = set(heap(), ['a', 5, null], ['a', 5, null], ['a', 5, 'w'], ['a', 6, null], ['b', 5, null]);
    expect(take(queue, 10)).toEqual([
      ['a', 5, null],
      ['a', 5, 'w'],
      ['b', 5, null],
      ['a', 6, null],
    ]);
  });

  it('namespaces are the same when their values are', () => {
    const queue = set(heap(), ['a', 5, [1, 2]], ['a', 5, [1, 2]], ['a', 5, [1, 3]]);
    expect(take(queue, 5)).toHaveLength(2);
  });

  it('of a key with many timers each is found', () => {
    const state = heap();
    const times = Array.from({ length: 100 }, (_, index) => index);
    const queue = set(state, ...times.map((time) => ['a', time, null] as const));
    for (const time of times) if (time % 2 === 0) queue.remove(time, null);
    for (const time of times) if (time % 2 === 1) queue.set(time, null);
    expect(take(queue, 1_000).map((timer) => (timer as unknown[])[1])).toEqual(times.filter((time) => time % 2 === 1));
  });
});

describe('timers: firing order', () => {
  it('by time, and of the same time as they were set; negative times come first', () => {
    const queue = set(heap(), ['c', 7, null], ['b', -3, null], ['a', 7, null], ['a', 0, null]);
    expect(queue.earliest()).toBe(-3);
    expect(take(queue, 7).map((timer) => (timer as unknown[])[0])).toEqual(['b', 'a', 'c', 'a']);
    expect(queue.earliest()).toBe(Number.POSITIVE_INFINITY);
  });

  it('one that is taken back and set again fires once', () => {
    const state = heap();
    const queue = set(state, ['a', 7, null], ['a', 8, null], ['b', 7, null]);
    state.setCurrentKey('a');
    for (let round = 0; round < 3; round++) {
      queue.remove(7, null);
      queue.set(7, null);
    }
    const taken = take(queue, 9);
    expect(taken).toHaveLength(3);
    expect(taken).toEqual(
      expect.arrayContaining([
        ['a', 7, null],
        ['b', 7, null],
      ]),
    );
    expect(taken[2]).toEqual(['a', 8, null]);
  });

  it('of many that are taken back the others stay, each once', () => {
    const state = heap();
    const keys = Array.from({ length: 200 }, (_, n) => `k${n}`);
    const queue = set(state, ...keys.map((key) => [key, 7, 0] as const));
    for (const [n, key] of keys.entries()) {
      state.setCurrentKey(key);
      if (n % 5 !== 0) queue.remove(7, 0);
    }
    const left = keys.filter((_key, n) => n % 5 === 0);
    expect(take(queue, 7)).toEqual(left.map((key) => [key, 7, 0]));
  });

  it('the key of a timer that is taken is the current one', () => {
    const state = heap();
    const queue = set(state, ['a', 1, null], ['b', 2, null]);
    queue.take(1);
    expect(state.currentKey()).toBe('a');
    queue.take(2);
    expect(state.currentKey()).toBe('b');
  });

  it('one that is set while others are taken comes in its turn, also in the past', () => {
    const state = heap();
    const queue = set(state, ['a', 1, null], ['a', 3, null]);
    queue.take(3);
    queue.set(2, 'new');
    queue.set(0, 'past');
    expect(take(queue, 3).map((timer) => (timer as unknown[])[1])).toEqual([0, 2, 3]);
  });
});

describe('timers: deletes', () => {
  it('a timer that is not set is no mistake', () => {
    const state = heap();
    const queue = set(state, ['a', 1, null]);
    queue.remove(2, null);
    queue.remove(1, 'other');
    state.setCurrentKey('b');
    queue.remove(1, null);
    expect(take(queue, 9)).toEqual([['a', 1, null]]);
  });

  it('one that is set and removed over and over leaves nothing behind', () => {
    const state = heap();
    const queue = set(state, ['a', 50, 'stays']);
    for (let round = 0; round < 1_000; round++) {
      queue.set(50, round);
      queue.remove(50, round);
    }
    expect(take(queue, 99)).toEqual([['a', 50, 'stays']]);
    expect(written(state.snapshot(checkpoint(1), null)).changed).toEqual([]);
  });
});

describe('timers: in a snapshot', () => {
  it('they come back with the state of their keys, into whichever range owns the group', () => {
    const state = heap();
    const timers = ['a', 'b', 'c', 'd', 'e'].map((key, index) => [key, 10 - index, { start: index }] as const);
    set(state, ...timers);
    const { changed } = written(state.snapshot(checkpoint(1), null));
    const halves = [heap(0, 3), heap(4, 7)];
    for (const group of changed)
      (halves[group.keyGroup < 4 ? 0 : 1] as KeyedStateBackend).load(imageOf(group), state.serializers());
    const restored = halves.flatMap((half) => take(half.timers('t'), 99));
    expect(new Set(restored.map((timer) => JSON.stringify(timer)))).toEqual(
      new Set(timers.map((timer) => JSON.stringify(timer))),
    );
  });

  it('a timer that fires or is removed makes its group one that has changed', () => {
    const state = heap();
    const queue = set(state, ['a', 1, null], ['a', 2, null]);
    written(state.snapshot(checkpoint(1), null));
    expect(written(state.snapshot(checkpoint(2), baseOf(1))).changed).toHaveLength(0);
    queue.take(1);
    expect(written(state.snapshot(checkpoint(3), baseOf(2))).changed).toHaveLength(1);
    queue.remove(2, null);
    expect(written(state.snapshot(checkpoint(4), baseOf(3)))).toEqual({ changed: [], unchanged: [] });
  });

  it('a time that is no finite number is refused', () => {
    const state = heap();
    expect(() => set(state, ['a', Number.NaN, null])).toThrow('a timer was set for NaN');
  });
});
