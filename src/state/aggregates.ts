import type { DeepReadonly } from './keyed-state.js';

/**
 * Combines two values of one type. Must be pure, and return a new value rather than a changed one: it runs again after a recovery, and what was emitted or is
 * in other windows may be the same object.
 */
export type ReduceFunction<T> = (reduced: DeepReadonly<T>, value: DeepReadonly<T>) => T | DeepReadonly<T>;

/**
 * Folds values into an accumulator, which is what state keeps, and makes a result of it when one is asked for. All of it must be pure, and
 * return new values rather than changed ones.
 *
 * An accumulator of a class that `add` changes and returns is whole in each checkpoint: whatever is read while one is written is written first. But `onError('skip')` cannot
 * take such a change back, a result that shares parts with its accumulator changes with it, and harness and simulator, which freeze what state holds, refuse it.
 *
 * @example
 * const mean: AggregateFunction<number, { sum: number; count: number }, number> = {
 *   createAccumulator: () => ({ sum: 0, count: 0 }),
 *   add: (value, { sum, count }) => ({ sum: sum + value, count: count + 1 }),
 *   getResult: ({ sum, count }) => sum / count,
 *   merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
 * };
 */
export interface AggregateFunction<In, Acc, Out> {
  createAccumulator(): Acc;
  add(value: In, accumulator: DeepReadonly<Acc>): Acc | DeepReadonly<Acc>;
  getResult(accumulator: DeepReadonly<Acc>): Out;
  /**
   * Both as if their values had been added to one. It may add to `a` and return that; `b` must stay what it is. Session windows need it; sliding windows with it fold each record once, and not once for each window.
   */
  merge?(a: DeepReadonly<Acc>, b: DeepReadonly<Acc>): Acc | DeepReadonly<Acc>;
}
