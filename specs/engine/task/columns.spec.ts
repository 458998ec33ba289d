import { describe, expect, it } from 'vitest';
import { noTimestamp } from '../../../src/operators/operator.js';
import { ColumnCodec } from '../../../src/task/frame/column-codec.js';
import { headerBytes } from '../../../src/task/frame/frame-header.js';
import { RowCodec } from '../../../src/task/frame/row-codec.js';

const bodyOf = (values: readonly unknown[], timestamps = values.map(() => noTimestamp)): Uint8Array =>
  new ColumnCodec().encode(values, timestamps, 0, values.length).subarray(headerBytes);

const isColumns = (body: Uint8Array): boolean => (body[4] as number) > 1;

function roundTrip(values: readonly unknown[]): readonly unknown[] {
  const batch = new ColumnCodec().decode(bodyOf(values));
  if ('damage' in batch) throw new Error(batch.damage);
  return batch.values;
}

const flights = Array.from({ length: 500 }, (_, index) => ({
  date: `2001/01/01 ${String(index % 24).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}`,
  delay: (index * 37) % 200,
  origin: ['DTW', 'LAS', 'SFO'][index % 3],
}));

describe('frame: records as columns', () => {
  it('takes less than half of what rows take, for records of one shape', () => {
    const rows = new RowCodec().encode(
      flights,
      flights.map(() => noTimestamp),
      0,
      flights.length,
    );
    expect(isColumns(bodyOf(flights))).toBe(true);
    expect(bodyOf(flights).length).toBeLessThan(rows.length / 2);
    expect(roundTrip(flights)).toEqual(flights);
  });

  it.each<[string, readonly unknown[]]>([
    ['few records', flights.slice(0, 3)],
    ['fields in another order', [...flights, { origin: 'a', delay: 1, date: 'b' }]],
    ['a field more', [...flights, { ...flights[0], gate: 1 }]],
    ['arrays', [[1], [2], [3], [4]]],
    ['no fields', [{}, {}, {}, {}]],
    ['a name beyond ASCII', [1, 2, 3, 4].map((größe) => ({ größe }))],
  ])('stays with rows for %s', (_what, values) => {
    expect(isColumns(bodyOf(values))).toBe(false);
    expect(roundTrip(values)).toEqual(values);
  });

  it.each<[string, readonly unknown[]]>([
    ['minus zero', [0, 1, -0, 2]],
    ['undefined', [1, undefined, 3, 4]],
    ['null among numbers', [1, null, 3, 4]],
    ['half a surrogate pair', ['a', 'b', '\ud800', 'c']],
    ['text beyond ASCII', ['a', 'ü', '🜁', 'c']],
    ['long text', ['a', 'b'.repeat(300), 'c', 'd']],
    ['bigints and bytes', [1n, 2n ** 80n, Uint8Array.of(1), 4]],
  ])('keeps a field with %s as it is', (_what, fields) => {
    const values = fields.map((field, index) => ({ index, field }));
    const back = roundTrip(values) as typeof values;
    expect(isColumns(bodyOf(values))).toBe(true);
    expect(back).toEqual(values);
    for (const [index, { field }] of back.entries())
      expect(Object.is(field, fields[index])).toBe(typeof fields[index] !== 'object' || fields[index] === null);
    expect(Object.keys(back[1] as object)).toEqual(['index', 'field']);
  });

  it('keeps a field by the name of the prototype a field', () => {
    const values = [1, 2, 3, 4].map((n) => JSON.parse(`{"__proto__": {"x": ${n}}, "y": ${n}}`));
    const [first] = roundTrip(values) as [object];
    expect(isColumns(bodyOf(values))).toBe(true);
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(first, '__proto__')?.value).toEqual({ x: 1 });
  });

  it('takes a part of a batch, with its timestamps', () => {
    const frame = new ColumnCodec().encode(
      flights,
      flights.map((_, index) => index),
      10,
      20,
    );
    expect(new ColumnCodec().decode(frame.subarray(headerBytes))).toEqual({
      kind: 'records',
      values: flights.slice(10, 20),
      timestamps: Array.from({ length: 10 }, (_, index) => index + 10),
    });
  });

  it.each([
    ['a Date', { order: { at: new Date(0) } }, /\.order\.at is an instance of Date/],
    ['undefined', undefined, /is undefined/],
  ])('refuses %s among good records, and says where it stands', (_what, bad, message) => {
    const good = { order: { at: 1 } };
    expect(() => bodyOf([good, good, good, good, bad])).toThrow(message);
  });

  it('refuses what nests too deep, as rows do', () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { in: deep(levels - 1) });
    expect(roundTrip([deep(64), deep(64), deep(64), deep(64)])).toHaveLength(4);
    expect(() => bodyOf([deep(65), deep(65), deep(65), deep(65)])).toThrow(/nested deeper than 64/);
  });

  it.each<[string, readonly number[]]>([
    ['an unknown form', [4, 0, 0, 0, 4, 1, 1, 2, 3, 4]],
    ['an unknown kind', [4, 0, 0, 0, 2, 8, 1, 2, 3, 4]],
    ['numbers beyond the end', [4, 0, 0, 0, 2, 3, 1, 2, 3, 4]],
    ['characters beyond the end', [4, 0, 0, 0, 2, 5, 1, 1, 1, 2, 97, 97, 97, 97]],
    ['an index beyond its dictionary', [4, 0, 0, 0, 2, 6, 0, 1, 97, 0, 0, 1, 0]],
    ['objects without fields', [4, 0, 0, 0, 2, 7, 0, 0, 0, 0]],
    ['names beyond their size', [4, 0, 0, 0, 2, 7, 1, 0, 1, 0, 5, 1, 1, 2, 3, 4]],
    ['fewer values than records', [4, 0, 0, 0, 2, 0, 3, 0, 0, 0, 1, 2, 3]],
    ['more values than records', [4, 0, 0, 0, 2, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5]],
    ['bytes behind the columns', [4, 0, 0, 0, 2, 1, 1, 2, 3, 4, 5]],
    ['more records than bytes', [0xff, 0xff, 0xff, 0x7f, 2, 1, 1, 2, 3, 4]],
    ['nothing', []],
  ])('does not decode %s', (_what, bytes) => {
    expect(new ColumnCodec().decode(Uint8Array.from(bytes))).toHaveProperty('damage');
  });
});
