import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultMaxParallelism, rangeOf, subtaskOf } from '../../src/state/key-groups.js';

const seed = 20_261_122;

const parallelisms = fc
  .integer({ min: 1, max: 600 })
  .chain((maxParallelism) => fc.tuple(fc.integer({ min: 1, max: maxParallelism }), fc.constant(maxParallelism)));

describe(`ranges of key groups (seed ${seed})`, () => {
  it('cover every group once, none is empty, and each group is owned by the subtask whose range it is in', () => {
    fc.assert(
      fc.property(parallelisms, ([parallelism, maxParallelism]) => {
        let next = 0;
        for (let index = 0; index < parallelism; index++) {
          const { first, last } = rangeOf(index, parallelism, maxParallelism);
          expect(first).toBe(next);
          expect(last).toBeGreaterThanOrEqual(first);
          for (let keyGroup = first; keyGroup <= last; keyGroup++) {
            expect(subtaskOf(keyGroup, parallelism, maxParallelism)).toBe(index);
          }
          next = last + 1;
        }
        expect(next).toBe(maxParallelism);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('the default leaves room to grow by half, as far as there are groups', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), (parallelism) => {
        const maxParallelism = defaultMaxParallelism(parallelism);
        expect(Number.isInteger(Math.log2(maxParallelism))).toBe(true);
        expect(maxParallelism).toBeGreaterThanOrEqual(Math.min(parallelism + Math.floor(parallelism / 2), 32_768));
        expect(maxParallelism).toBeLessThanOrEqual(Math.max(128, Math.min(parallelism * 3, 32_768)));
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
