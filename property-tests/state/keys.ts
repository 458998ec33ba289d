import fc from 'fast-check';

/** Keys of every kind, small ones often, so that equal and nearly equal ones meet. */
const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('a', '1', '\u00fb', '\u00fe', '\0'), maxLength: 3 }),
  fc.integer(),
  fc.integer({ min: -3, max: 3 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.boolean(),
);

const name = fc.constantFrom('a', 'b', 'ab', '');

export const keys: fc.Arbitrary<unknown> = fc.letrec<{ key: unknown }>((tie) => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    fc.array(tie('key'), { maxLength: 3 }),
    fc.dictionary(name, tie('key'), { maxKeys: 3 }),
  ),
})).key;
