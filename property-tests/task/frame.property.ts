import { isDeepStrictEqual } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noTimestamp } from '../../src/operators/operator.js';
import { type FrameHeader, headerBytes, openFrame, sealFrame } from '../../src/task/frame/frame-header.js';
import { RowCodec } from '../../src/task/frame/row-codec.js';

const seed = 20_261_130;

const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 10 }),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constantFrom(null, true, false),
  fc.uint8Array({ maxLength: 10 }),
);
const record: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(
      fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('__proto__', '__pr0to__', 'constructor')),
      fc.oneof(tie('value'), fc.constant(undefined)),
      { maxKeys: 6, noNullPrototype: true },
    ),
  ),
})).value;
const batch = fc.array(fc.tuple(record, fc.oneof(fc.constant(noTimestamp), fc.double({ noNaN: true }))), {
  maxLength: 12,
});

const header: FrameHeader = {
  kind: 'records',
  jobHash: 1,
  run: 1,
  attempt: 1,
  edge: 0,
  producer: 0,
  consumer: 0,
  sequence: 1,
};

function frameOf(records: readonly (readonly [unknown, number])[]): Uint8Array {
  const values = records.map(([value]) => value);
  const timestamps = records.map(([, timestamp]) => timestamp);
  const frame = new RowCodec().encode(values, timestamps, 0, values.length);
  sealFrame(frame, header);
  return frame;
}

/** Bytes that look like the beginning of something large, between others. */
const hostileBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        [0xdd, 0, 0xff, 0xff, 0xff],
        [0xdf, 0, 0x7f, 0xff, 0xff],
        [0xdc, 0xff, 0xff],
        [0xc6, 0, 0xff, 0xff, 0xff],
      ),
      fc.constantFrom(
        [0xdb, 0, 0xff, 0, 0],
        [0xd4, 0x72, 0x40],
        [0xc9, 0, 0, 0xff, 0xff, 1],
        [0xd4, 0, 0],
        [0x91],
        [0x81, 0xa1, 0x61],
      ),
      fc.nat(255).map((byte) => [byte]),
    ),
    { maxLength: 200, size: 'max' },
  )
  .map((pieces) => Uint8Array.from(pieces.flat()));

function allocatedBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Values in a batch and everything inside them: what a decoder has made. */
function partsOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 8;
  if (typeof value !== 'object' || value === null) return 1;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength / 8;
  return Object.entries(value).reduce((parts, [name, part]) => parts + name.length / 8 + partsOf(part), 1);
}

describe(`frames (seed ${seed})`, () => {
  it('give back records and timestamps exactly', () => {
    fc.assert(
      fc.property(batch, (records) => {
        const decoded = new RowCodec().decode(frameOf(records).subarray(headerBytes));
        const expected = {
          kind: 'records',
          values: records.map(([value]) => value),
          timestamps: records.map(([, timestamp]) => timestamp),
        };
        expect(isDeepStrictEqual(decoded, expected)).toBe(true);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('that are damaged anywhere are refused before anything of them is used', () => {
    fc.assert(
      fc.property(
        batch,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
        (records, flips) => {
          const frame = frameOf(records);
          const damaged = frame.slice();
          for (const [at, mask] of flips) damaged[at % frame.length] = (damaged[at % frame.length] as number) ^ mask;
          fc.pre(!isDeepStrictEqual(frame, damaged));
          expect(openFrame(damaged)).toHaveProperty('damage');
        },
      ),
      { seed, numRuns: 1_000 },
    );
  });

  it('of any content decode to something of their own size, or not at all, and never throw', () => {
    // The checksum stops accidents. This is for a peer that computes it over anything it likes.
    const codec = new RowCodec();
    const mutated = fc
      .tuple(batch, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
      .map(([records, changes]) => {
        const body = frameOf(records).slice(headerBytes);
        for (const [at, byte] of changes) body[at % body.length] = byte;
        return body;
      });
    const counted = hostileBytes.map((bytes) => Uint8Array.of(1, 0, 0, 0, 0, ...bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, counted, hostileBytes), (body) => {
        const before = allocatedBytes();
        const decoded = codec.decode(body);
        // One array of a promised length alone would be 128 MB, and would not be collected yet.
        expect(allocatedBytes() - before).toBeLessThan(1_000_000 + 1_000 * body.length);
        if ('damage' in decoded) return;
        expect(partsOf(decoded.values) + decoded.timestamps.length).toBeLessThanOrEqual(8 * body.length + 8);
      }),
      { seed, numRuns: 20_000 },
    );
  });
});
