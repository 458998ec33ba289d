import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import murmurHash3 from 'murmurhash3js-revisited';
import { describe, expect, it } from 'vitest';
import { canonicalKeyBytes, canonicalKeyText, compositeKeyText } from '../../src/state/canonical-key.js';
import { keyGroupOf, keyGroupOfText } from '../../src/state/key-groups.js';
import { murmur3, murmur3OfAscii, murmur3OfByteText, murmur3OfInt32 } from '../../src/state/murmur3.js';
import { keys } from './keys.js';

const seed = 20_261_121;

/** −0 is 0; dictionaries of the generator have no prototype. */
function normal(key: unknown): unknown {
  if (key === 0) return 0;
  if (Array.isArray(key)) return key.map(normal);
  if (typeof key !== 'object' || key === null) return key;
  return Object.fromEntries(Object.entries(key).map(([name, field]) => [name, normal(field)]));
}

describe(`canonical keys (seed ${seed})`, () => {
  it('are the same for equal keys and differ for different ones', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const same = Buffer.compare(canonicalKeyBytes(one), canonicalKeyBytes(other)) === 0;
        expect(same).toBe(isDeepStrictEqual(normal(one), normal(other)));
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('differ for all of a large set at once', () => {
    fc.assert(
      fc.property(fc.array(keys, { minLength: 2, maxLength: 300, size: 'max' }), (many) => {
        const found = new Map<string, unknown>();
        for (const key of many) {
          const text = canonicalKeyText(key);
          if (found.has(text)) expect(normal(found.get(text))).toStrictEqual(normal(key));
          found.set(text, key);
        }
      }),
      { seed, numRuns: 200 },
    );
  });

  it('encode strings as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(Buffer.from(canonicalKeyBytes(text)).subarray(1).toString('utf8')).toBe(text);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('place a key by the hash of its bytes, whichever way the hash is taken', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 32_768 }), (key, maxParallelism) => {
        const expected = murmur3(canonicalKeyBytes(key)) % maxParallelism;
        expect(keyGroupOf(key, maxParallelism)).toBe(expected);
        const text = compositeKeyText(key);
        if (text !== null) expect(keyGroupOfText(text, maxParallelism)).toBe(expected);
      }),
      { seed, numRuns: 3_000 },
    );
  });
});

describe(`murmur3 (seed ${seed})`, () => {
  it('equals murmurhash3js-revisited, and its other forms equal it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70, size: 'max' }), (bytes) => {
        const hash = murmur3(bytes);
        expect(hash).toBe(murmurHash3.x86.hash32(bytes));
        expect(murmur3OfByteText(String.fromCharCode(...bytes))).toBe(hash);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('of an ASCII string after a tag needs no bytes; any other string is left to the bytes', () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 8 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), text, (tag, value) => {
        const isAscii = /^[\0-\x7f]*$/.test(value);
        expect(murmur3OfAscii(tag, value)).toBe(isAscii ? murmur3(Buffer.from([tag, ...Buffer.from(value)])) : null);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('of an integer after a tag needs no bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.integer(), (tag, value) => {
        const bytes = Buffer.alloc(5, tag);
        bytes.writeInt32BE(value, 1);
        expect(murmur3OfInt32(tag, value)).toBe(murmur3(bytes));
      }),
      { seed, numRuns: 3_000 },
    );
  });
});
