import { describe, expect, it } from 'vitest';
import { maxByOf, maxOf, minByOf, minOf, sumOf } from '../../../src/operators/aggregates.js';
import type { Reducer } from '../../../src/operators/reduce.js';

interface Order {
  readonly id: string;
  readonly amount: number;
}

const orders: readonly Order[] = [
  { id: 'first', amount: 3 },
  { id: 'large', amount: 7 },
  { id: 'small', amount: 2 },
  { id: 'small too', amount: 2 },
];

/** The running results, as keyed streams put them out. */
function running<T>(reducer: Reducer<T>, values: readonly T[]): unknown[] {
  const results: unknown[] = [];
  let reduced: T | undefined;
  for (const value of values) {
    reduced = (reduced === undefined ? value : reducer(reduced as never, value as never)) as T;
    results.push(reduced);
  }
  return results;
}

const amounts = (results: readonly unknown[]): readonly unknown[] => results.map((result) => (result as Order).amount);
const ids = (results: readonly unknown[]): readonly unknown[] => results.map((result) => (result as Order).id);

describe('sum, min, max', () => {
  it('put the aggregate into the field of the first record of the key', () => {
    expect(amounts(running(sumOf<Order>('amount'), orders))).toEqual([3, 10, 12, 14]);
    expect(amounts(running(minOf<Order>('amount'), orders))).toEqual([3, 3, 2, 2]);
    expect(amounts(running(maxOf<Order>('amount'), orders))).toEqual([3, 7, 7, 7]);
    for (const of of [sumOf, minOf, maxOf]) {
      expect(new Set(ids(running(of<Order>('amount'), orders)))).toEqual(new Set(['first']));
    }
  });

  it('add up bigints, and compare texts', () => {
    expect(running(sumOf('n'), [{ n: 1n }, { n: 2n ** 70n }])).toEqual([{ n: 1n }, { n: 2n ** 70n + 1n }]);
    expect(running(minOf('t'), [{ t: 'b' }, { t: 'a' }])).toEqual([{ t: 'b' }, { t: 'a' }]);
  });
});

describe('minBy, maxBy', () => {
  it('put out the whole record that has it; of several the first', () => {
    expect(ids(running(minByOf<Order>('amount'), orders))).toEqual(['first', 'first', 'small', 'small']);
    expect(ids(running(maxByOf<Order>('amount'), orders))).toEqual(['first', 'large', 'large', 'large']);
  });
});
