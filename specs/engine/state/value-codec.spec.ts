import { runInNewContext } from 'node:vm';
import { unpackMultiple } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { Unreadable, ValueReader } from '../../../src/state/value-reader.js';
import { Unstorable, ValueWriter } from '../../../src/state/value-writer.js';

function written(...values: unknown[]): Uint8Array {
  const writer = new ValueWriter();
  for (const value of values) writer.write(value);
  return writer.copy();
}

const throughBytes = (value: unknown): unknown => new ValueReader(written(value)).read();

function nested(levels: number): unknown {
  return levels === 0 ? 0 : [nested(levels - 1)];
}

describe('values that come back exactly', () => {
  it.each([
    [null],
    [true],
    [0],
    [-0],
    [-33],
    [200],
    [70_000],
    [2 ** 31],
    [2 ** 53 + 2],
    [0.1],
    [Number.NaN],
    [Number.NEGATIVE_INFINITY],
    [0n],
    [-1n],
    [2n ** 64n - 1n],
    [2n ** 64n],
    [-(2n ** 63n) - 1n],
    [-(2n ** 200n)],
    [''],
    ['ä'.repeat(30)],
    ['x'.repeat(70_000)],
    ['cut \ud83d'],
    [`${'x'.repeat(50)}\udc00`],
    [new Uint8Array(300)],
    [[1, [2, [3]]]],
    [Array.from({ length: 20 }, (_, index) => index)],
    [{ a: { b: 'c' }, d: undefined }],
    [{ constructor: 'Ferrari', toString: 1, hasOwnProperty: null }],
    [JSON.parse('{"__proto__": {"a": 1}}')],
    [nested(64)],
  ])('%#', (value) => {
    expect(throughBytes(value)).toStrictEqual(value);
  });

  it('keep a field that is undefined and a field called __proto__ as fields', () => {
    expect(Object.keys(throughBytes({ a: undefined }) as object)).toEqual(['a']);
    const back = throughBytes(JSON.parse('{"__proto__": 1}')) as object;
    expect(Object.keys(back)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it('may be made in another realm, where the code of a job runs', () => {
    const value: unknown = runInNewContext('({ list: [1, { a: 2 }], bytes: Uint8Array.of(1, 2) })');
    expect(throughBytes(value)).toStrictEqual({ list: [1, { a: 2 }], bytes: Uint8Array.of(1, 2) });
  });

  it('own their bytes', () => {
    const bytes = written(Uint8Array.of(1, 2));
    const back = new ValueReader(bytes).read();
    bytes.fill(0);
    expect(back).toEqual(Uint8Array.of(1, 2));
  });
});

describe('the bytes of values', () => {
  it('are MessagePack that other decoders read', () => {
    const values = [1, -40_000, 0.5, 7n, 'ä', [true, null], { a: { b: [] } }, Uint8Array.of(9)];
    expect(unpackMultiple(written(...values))).toEqual(values);
  });

  it('are equal for equal data', () => {
    const value = { count: 1, last: 1_700_000_000_000, tags: ['a', 'b'] };
    expect(Buffer.from(written(value)).toString('hex')).toBe(
      '83a5636f756e7401a46c617374cb4278bcfe56800000a47461677392a161a162',
    );
  });
});

describe('values that cannot be stored', () => {
  class Order {
    readonly id = 1;
  }
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;

  it.each([
    { reason: ' is undefined', value: undefined },
    { reason: ' is a function', value: (): number => 1 },
    { reason: '.a is a symbol', value: { a: Symbol('s') } },
    { reason: '.orders[1] is an instance of Order', value: { orders: [null, new Order()] } },
    { reason: '["is seen"] is an instance of Map', value: { 'is seen': new Map() } },
    { reason: '.at is an instance of Date', value: { at: new Date(0) } },
    { reason: '[1] is undefined', value: [1, undefined] },
    { reason: '[0] is an instance of Buffer', value: [Buffer.alloc(1)] },
    { reason: '[0] is an instance of Float64Array', value: [new Float64Array(1)] },
    { reason: '.self.self.self.self.self.self.self.self… is nested deeper than 64 levels', value: cyclic },
    { reason: ' is nested deeper than 64 levels', value: nested(65) },
  ])('$reason', ({ reason, value }) => {
    expect(() => written(value)).toThrow(Unstorable);
    expect(() => written(value)).toThrow(reason);
  });
});

describe('damaged bytes', () => {
  it.each([
    { damage: 'nothing', reason: '1 bytes are announced and 0 are left', bytes: [] },
    // Refused before the first of them is made.
    {
      damage: 'an array of 2^32 - 1 elements',
      reason: '4294967295 bytes',
      bytes: [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0],
    },
    { damage: 'an object of 2^24 fields', reason: '33554432 bytes', bytes: [0xdf, 0x01, 0, 0, 0, 0xc0] },
    { damage: 'a string longer than the rest', reason: '9 bytes', bytes: [0xdb, 0, 0, 0, 9, 0x61] },
    { damage: 'half a number', reason: '8 bytes', bytes: [0xcb, 0] },
    { damage: 'an extension of another program', reason: 'extension 114 is never', bytes: [0xd4, 0x72, 0x40] },
    { damage: 'a timestamp', reason: 'tag 214 is never written', bytes: [0xd6, 0xff, 0, 0, 0, 0] },
    { damage: 'a bigint without digits', reason: 'a bigint has no digits', bytes: [0xc7, 1, 1, 0x2d] },
    { damage: 'a field named by a number', reason: 'the name of a field', bytes: [0x81, 1, 1] },
    { damage: 'arrays in arrays', reason: 'deeper than 64 levels', bytes: Array.from({ length: 100_000 }, () => 0x91) },
  ])('$damage', ({ bytes, reason }) => {
    const read = (): unknown => new ValueReader(Uint8Array.from(bytes)).read();
    expect(read).toThrow(Unreadable);
    expect(read).toThrow(reason);
  });
});
