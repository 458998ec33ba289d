import { describe, expect, it } from 'vitest';
import { canonicalKeyBytes } from '../../../src/state/canonical-key.js';

const hex = (key: unknown): string => Buffer.from(canonicalKeyBytes(key)).toString('hex');

describe('canonical key bytes', () => {
  // Stored state is placed by these bytes: a change of one of them loses the state of every job that runs.
  it.each([
    [false, 'f5'],
    [true, 'f6'],
    [0, 'f700000000'],
    [-0, 'f700000000'],
    [1, 'f700000001'],
    [-1, 'f7ffffffff'],
    [2_147_483_647, 'f77fffffff'],
    [-2_147_483_648, 'f780000000'],
    [2_147_483_648, 'f80000000080000000'],
    [Number.MAX_SAFE_INTEGER, 'f8001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, 'f8ffe0000000000001'],
    [2 ** 53, 'f94340000000000000'],
    [0.5, 'f93fe0000000000000'],
    [Number.POSITIVE_INFINITY, 'f97ff0000000000000'],
    [Number.NEGATIVE_INFINITY, 'f9fff0000000000000'],
    [0n, 'fa30'],
    [1n, 'fa31'],
    [-255n, 'fa2d6666'],
    [2n ** 64n, 'fa3130303030303030303030303030303030'],
    ['', 'fb'],
    ['a', 'fb61'],
    ['é€😀', 'fbc3a9e282acf09f9880'],
    [[], 'fcfe'],
    [['a', 1], 'fcfb61f700000001fe'],
    [[['a'], 'b'], 'fcfcfb61fefb62fe'],
    [{}, 'fdfe'],
    [{ id: 'a' }, 'fdfb6964fb61fe'],
    [{ b: 1, a: true }, 'fdfb61f6fb62f700000001fe'],
  ])('%o', (key, bytes) => {
    expect(hex(key)).toBe(bytes);
  });

  it('do not depend on the order of fields, nor on the prototype', () => {
    expect(hex({ day: 1, id: 'a' })).toBe(hex({ id: 'a', day: 1 }));
    expect(hex(Object.assign(Object.create(null), { id: 'a' }))).toBe(hex({ id: 'a' }));
  });

  it('differ where tuples or strings are cut differently', () => {
    expect(hex(['ab', 'c'])).not.toBe(hex(['a', 'bc']));
    expect(hex([['a'], 'b'])).not.toBe(hex([['a', 'b']]));
    expect(hex({ a: 'b' })).not.toBe(hex(['a', 'b']));
  });

  it('differ for a number, a bigint and a string that look alike', () => {
    expect(new Set([hex(5), hex(5n), hex('5')]).size).toBe(3);
  });
});

describe('what cannot be a key', () => {
  class Customer {
    readonly id = 1;
  }
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);

  it.each([
    { reason: 'key is NaN', key: Number.NaN },
    { reason: 'key is null', key: null },
    { reason: 'key is undefined', key: undefined },
    { reason: 'key is a symbol', key: Symbol('a') },
    { reason: 'key is a function', key: (): number => 1 },
    { reason: 'key is an instance of Date', key: new Date(0) },
    { reason: 'key is an instance of Customer', key: new Customer() },
    { reason: 'key is an instance of Map', key: new Map() },
    { reason: 'key is an instance of Uint8Array', key: new Uint8Array(1) },
    { reason: 'key.customer.id is NaN', key: { customer: { id: Number.NaN } } },
    { reason: 'key.customer is undefined', key: { customer: undefined } },
    { reason: 'key[1][0] is null', key: ['a', [null]] },
    { reason: 'key["first name"] is null', key: { 'first name': null } },
    { reason: 'key holds half of a surrogate pair', key: 'cut \ud83d' },
    { reason: 'key.id holds half of a surrogate pair', key: { id: 'cut \ud83d' } },
    { reason: 'is nested deeper than 32 levels', key: cyclic },
  ])('$reason', ({ key, reason }) => {
    expect(() => canonicalKeyBytes(key)).toThrow(
      expect.objectContaining({ code: 'KEY_UNSUPPORTED', message: expect.stringContaining(reason) }),
    );
  });

  it('is the fault of the job and says what a key is', () => {
    expect(() => canonicalKeyBytes(null)).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({
          domain: 'user',
          message: 'key is null; a key is a string, a number, a bigint, a boolean, or a tuple or plain object of these',
        }),
      }),
    );
  });
});
