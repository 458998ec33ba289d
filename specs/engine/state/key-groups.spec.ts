import { describe, expect, it } from 'vitest';
import { canonicalKeyBytes } from '../../../src/state/canonical-key.js';
import { defaultMaxParallelism, keyGroupOf, rangeOf, subtaskOf } from '../../../src/state/key-groups.js';
import { murmur3 } from '../../../src/state/murmur3.js';

describe('murmur3', () => {
  it.each([
    ['', 0],
    ['a', 0x3c2569b2],
    ['abc', 0xb3dd93fa],
    ['abcd', 0x43ed676a],
    ['Hello, world!', 0xc0363e43],
  ])('of %o is the published value', (text, hash) => {
    expect(murmur3(Buffer.from(text))).toBe(hash);
  });
});

describe('key groups', () => {
  // Stored state is placed by them, as by the canonical bytes.
  it.each([
    ['customer-1', 128, 39],
    ['', 128, 66],
    ['é', 128, 82],
    [42, 128, 91],
    [-1, 128, 88],
    [2 ** 40, 128, 118],
    [0.5, 128, 47],
    [7n, 128, 103],
    [true, 128, 42],
    [['a', 1], 128, 59],
    [{ id: 'a' }, 128, 14],
    ['customer-1', 32_768, 31_911],
  ])('of %o among %i', (key, maxParallelism, keyGroup) => {
    expect(keyGroupOf(key, maxParallelism)).toBe(keyGroup);
    expect(keyGroupOf(key, maxParallelism)).toBe(murmur3(canonicalKeyBytes(key)) % maxParallelism);
  });

  it('are the same for equal keys that are written differently', () => {
    expect(keyGroupOf(-0, 128)).toBe(keyGroupOf(0, 128));
    expect(keyGroupOf({ b: 1, a: 2 }, 128)).toBe(keyGroupOf({ a: 2, b: 1 }, 128));
  });

  it('are refused for what cannot be a key', () => {
    expect(() => keyGroupOf(Number.NaN, 128)).toThrow(expect.objectContaining({ code: 'KEY_UNSUPPORTED' }));
  });
});

describe('ranges of key groups', () => {
  it('are those of the formula that state has always been placed by', () => {
    expect([0, 1, 2].map((index) => rangeOf(index, 3, 128))).toEqual([
      { first: 0, last: 42 },
      { first: 43, last: 85 },
      { first: 86, last: 127 },
    ]);
    expect([42, 43, 85, 86].map((keyGroup) => subtaskOf(keyGroup, 3, 128))).toEqual([0, 1, 1, 2]);
  });

  it.each([
    [1, 128],
    [85, 128],
    [86, 256],
    [170, 256],
    [171, 256],
    [172, 512],
    [30_000, 32_768],
  ])('a parallelism of %i may grow to %i by default', (parallelism, maxParallelism) => {
    expect(defaultMaxParallelism(parallelism)).toBe(maxParallelism);
  });
});
