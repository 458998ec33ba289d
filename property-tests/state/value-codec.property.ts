import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { Unreadable, ValueReader } from '../../src/state/value-reader.js';
import { ValueWriter } from '../../src/state/value-writer.js';

const seed = 20_261_123;

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 50 }),
  fc.double(),
  fc.integer(),
  fc.integer({ min: -40, max: 140 }),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
);

const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('constructor', 'toJSON', '1')),
      fc.oneof(tie('value'), fc.constant(undefined)),
      { maxKeys: 20, noNullPrototype: true },
    ),
  ),
})).value;

function written(value: unknown): Uint8Array {
  const writer = new ValueWriter();
  writer.write(value);
  return writer.copy();
}

describe(`stored values (seed ${seed})`, () => {
  it('come back exactly, from bytes that are the same each time', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = written(value);
        const reader = new ValueReader(bytes);
        const back = reader.read();
        // toStrictEqual compares what it finds under `constructor`, which here is a field like any other.
        expect(isDeepStrictEqual(back, value)).toBe(true);
        expect(reader.atEnd()).toBe(true);
        expect(written(back)).toEqual(bytes);
      }),
      { seed, numRuns: 3_000 },
    );
  });

  it('that need no extension are read by any MessagePack decoder', () => {
    const plain = fc.jsonValue({ noUnicodeString: false });
    fc.assert(
      fc.property(plain, (value) => {
        expect(unpack(written(value))).toEqual(value);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('damaged in any way give a value or Unreadable, and nothing else', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(values, flips, fc.nat(), (value, damage, cut) => {
        const bytes = written(value);
        for (const [place, flip] of damage) bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ flip;
        readOrRefuse(bytes.subarray(0, bytes.length - (cut % 3)));
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('random bytes likewise', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100, size: 'max' }), readOrRefuse), { seed, numRuns: 5_000 });
  });
});

function readOrRefuse(bytes: Uint8Array): void {
  try {
    new ValueReader(bytes).read();
  } catch (error) {
    expect(error).toBeInstanceOf(Unreadable);
  }
}
