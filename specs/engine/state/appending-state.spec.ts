import { describe, expect, it } from 'vitest';
import type { AggregateFunction } from '../../../src/state/aggregates.js';
import { aggregatingState, reducingState, valueState } from '../../../src/state/descriptors.js';
import { heapState, restoredFrom } from '../operators/operator-run.js';
import { written } from './written.js';

const mean: AggregateFunction<number, { sum: number; count: number }, number> = {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  add: (value, { sum, count }) => ({ sum: sum + value, count: count + 1 }),
  getResult: ({ sum, count }) => sum / count,
};
const longest = reducingState<string>('longest', (a, b) => (b.length > a.length ? b : a));

describe('state: reducing and aggregating', () => {
  it('keep what was added as one value for each key, also across a restore', () => {
    const state = heapState();
    const reduced = state.reducing(longest);
    const aggregated = state.aggregating(aggregatingState('mean', mean));
    state.setCurrentKey('a');
    expect([reduced.get(), aggregated.get()]).toEqual([undefined, undefined]);
    for (const word of ['to', 'be', 'question', 'not']) {
      reduced.add(word);
      aggregated.add(word.length);
    }
    state.setCurrentKey('b');
    reduced.add('other');
    const restored = restoredFrom(state);
    restored.setCurrentKey('a');
    expect(restored.reducing(longest).get()).toBe('question');
    expect(restored.aggregating(aggregatingState('mean', mean)).get()).toBe(15 / 4);
    restored.reducing(longest).clear();
    expect(restored.reducing(longest).get()).toBeUndefined();
    restored.setCurrentKey('b');
    expect(restored.reducing(longest).get()).toBe('other');
    expect(restored.aggregating(aggregatingState('mean', mean)).get()).toBeUndefined();
  });

  it('are no value state of the same name', () => {
    const state = heapState();
    state.reducing(longest);
    expect(() => state.value(valueState('longest'))).toThrow(expect.objectContaining({ code: 'STATE_CONFLICT' }));
  });

  it('the format of groups without them is the first one: an older version reads it', () => {
    const plain = heapState();
    plain.setCurrentKey('a');
    plain.value(valueState<number>('v')).update(1);
    const full = heapState();
    full.setCurrentKey('a');
    full.reducing(longest).add('x');
    const format = (state: typeof plain): number | undefined =>
      written(state.snapshot({ epoch: 1, n: 1 }, null)).changed[0]?.bytes[0];
    expect([format(plain), format(full)]).toEqual([1, 2]);
  });
});
