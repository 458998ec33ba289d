import { isDeepStrictEqual } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noTimestamp } from '../../src/operators/operator.js';
import { ColumnCodec } from '../../src/task/frame/column-codec.js';
import { headerBytes } from '../../src/task/frame/frame-header.js';

const seed = 20_261_205;

const text = fc.oneof(
  fc.constantFrom('', 'DTW', 'LAS', 'x'.repeat(255), 'x'.repeat(256), 'é', '\ud800'),
  fc.string({ maxLength: 50 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const number = fc.oneof(
  fc.integer({ min: -140, max: 140 }),
  fc.integer({ min: -40_000, max: 40_000 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, 2 ** 31, -(2 ** 31)),
);
const leaf = fc.oneof(
  number,
  text,
  fc.constantFrom<unknown>(null, true, undefined),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.uint8Array({ maxLength: 5 }),
  fc.array(number, { maxLength: 3 }),
);
const name = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('__proto__', 'constructor', '0', "'\\\n\u2028", 'é'),
);

/** Makes one value after the other, all alike or not. */
type Kind = fc.Arbitrary<unknown>;

/** Kinds of values as streams have them: numbers, texts, objects of a shape; now and then one that is unlike the others. */
const kinds: fc.Arbitrary<Kind> = fc.letrec<{ kind: Kind }>((tie) => ({
  kind: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Kind>(
      fc.integer({ min: -128, max: 127 }),
      fc.integer({ min: -32_768, max: 32_767 }),
      fc.integer(),
      fc.double(),
      fc.constantFrom('DTW', 'LAS', 'SFO'),
      fc.string({ maxLength: 45 }),
      text,
      number,
      leaf,
    ),
    fc
      .uniqueArray(fc.tuple(name, tie('kind')), { maxLength: 5, selector: ([field]) => field })
      .map((fields) => fc.tuple(...fields.map(([, kind]) => kind)).map((values) => objectOf(fields, values))),
    tie('kind').map((kind) => fc.oneof({ weight: 30, arbitrary: kind }, { weight: 1, arbitrary: leaf })),
  ),
})).kind;

function objectOf(fields: readonly (readonly [string, unknown])[], values: readonly unknown[]): object {
  const record = {};
  for (const [at, [field]] of fields.entries()) {
    Object.defineProperty(record, field, { value: values[at], configurable: true, enumerable: true, writable: true });
  }
  return record;
}

/** A record itself is never undefined. */
const batches = fc
  .tuple(kinds, fc.oneof(fc.constant(noTimestamp), fc.double({ noNaN: true })))
  .chain(([kind, timestamp]) =>
    fc.array(fc.tuple(kind, fc.constantFrom(timestamp, noTimestamp)), { maxLength: 60, size: 'max' }),
  )
  .map((records) => records.filter(([value]) => value !== undefined));

function bodyOf(codec: ColumnCodec, records: readonly (readonly [unknown, number])[]): Uint8Array {
  const values = records.map(([value]) => value);
  const timestamps = records.map(([, timestamp]) => timestamp);
  return codec.encode(values, timestamps, 0, values.length).subarray(headerBytes);
}

function allocatedBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Values and everything inside them; what is there twice, as a text of a dictionary is, was made once. */
function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 1;
  return Object.values(value).reduce((parts, part) => parts + partsOf(part), 1);
}

describe(`columns (seed ${seed})`, () => {
  it('give back records and timestamps exactly, batch after batch', () => {
    // One codec for all, as in a process: what it remembers of one batch must not show in another.
    const codec = new ColumnCodec();
    let inColumns = 0;
    fc.assert(
      fc.property(batches, (records) => {
        const body = bodyOf(codec, records);
        if ((body[4] as number) > 1) inColumns += 1;
        const expected = {
          kind: 'records',
          values: records.map(([value]) => value),
          timestamps: records.map(([, timestamp]) => timestamp),
        };
        expect(isDeepStrictEqual(codec.decode(body), expected)).toBe(true);
        // Nothing of the writer is needed to read it.
        expect(isDeepStrictEqual(new ColumnCodec().decode(body), expected)).toBe(true);
      }),
      { seed, numRuns: 3_000 },
    );
    expect(inColumns).toBeGreaterThan(1_000);
  });

  it('of any content decode to something of their own size, or not at all, and never throw', () => {
    const codec = new ColumnCodec();
    const mutated = fc
      .tuple(batches, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(3))
      .map(([records, changes, cut]) => {
        const body = bodyOf(codec, records).slice();
        for (const [at, byte] of changes) body[at % body.length] = byte;
        return body.subarray(0, body.length - cut);
      });
    const pieces = fc.oneof(
      fc.constantFrom([7, 1, 0, 2, 0, 1, 97], [7, 2, 0, 4, 0, 1, 97, 1, 97], [7, 0, 0, 0, 0], [6, 255], [0, 255, 255]),
      fc.nat(255).map((byte) => [byte]),
    );
    const made = fc
      .tuple(
        fc.constantFrom([0, 0, 0, 1], [200, 0, 0, 0], [4, 0, 0, 0]),
        fc.array(pieces, { maxLength: 300, size: 'max' }),
      )
      .map(([count, bytes]) => Uint8Array.from([...count, 2, ...bytes.flat()]));
    fc.assert(
      fc.property(fc.oneof(mutated, made), (body) => {
        const before = allocatedBytes();
        const decoded = codec.decode(body);
        expect(allocatedBytes() - before).toBeLessThan(1_000_000 + 1_000 * body.length);
        if ('damage' in decoded) return;
        expect(partsOf(decoded.values)).toBeLessThanOrEqual(8 * body.length + 8);
      }),
      { seed, numRuns: 10_000 },
    );
  });
});
