import { describe, expect, it } from 'vitest';
import { noTimestamp } from '../../../src/operators/operator.js';
import type { ControlElement } from '../../../src/task/elements.js';
import { endOfChannel, endOfData } from '../../../src/task/elements.js';
import { controlFrame, readControl } from '../../../src/task/frame/control-frame.js';
import {
  type FrameHeader,
  type FrameKind,
  frameBytesCap,
  headerBytes,
  jobHashOf,
  likelyAddressee,
  openFrame,
  sealFrame,
} from '../../../src/task/frame/frame-header.js';
import { boundsOf } from '../../../src/task/frame/msgpack-bounds.js';
import { RowCodec } from '../../../src/task/frame/row-codec.js';

const header: FrameHeader = {
  kind: 'records',
  jobHash: jobHashOf('flights'),
  run: 5 * 1_048_576 + 3,
  attempt: 5 * 1_048_576 + 3,
  edge: 2,
  producer: 7,
  consumer: 300_000,
  sequence: 2 ** 40,
};

function frameOf(
  values: readonly unknown[],
  timestamps: readonly number[] = values.map(() => noTimestamp),
): Uint8Array {
  return new RowCodec().encode(values, timestamps, 0, values.length);
}

function roundTrip(values: readonly unknown[], timestamps?: readonly number[]) {
  const batch = new RowCodec().decode(frameOf(values, timestamps).subarray(headerBytes));
  if ('damage' in batch) throw new Error(batch.damage);
  return batch;
}

describe('frame: header', () => {
  it('comes back as it was sealed', () => {
    const frame = frameOf([1, 2, 3]);
    sealFrame(frame, header);
    expect(openFrame(frame)).toEqual(header);
  });

  it('refuses every frame of which one bit is turned, and every one that is cut', () => {
    const frame = frameOf([{ id: 1, name: 'a' }]);
    sealFrame(frame, header);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const turned = frame.slice();
      turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openFrame(turned)).toHaveProperty('damage');
    }
    for (let length = 0; length < frame.length; length++)
      expect(openFrame(frame.slice(0, length))).toHaveProperty('damage');
  });

  it('refuses a frame beyond the cap without looking into it', () => {
    expect(openFrame(new Uint8Array(frameBytesCap + 1))).toEqual({
      damage: `${frameBytesCap + 1} bytes are more than a frame may have`,
    });
  });

  it('still tells whom a damaged frame was most likely for', () => {
    const frame = frameOf([1]);
    sealFrame(frame, header);
    frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
    expect(likelyAddressee(frame)).toMatchObject({ edge: 2, producer: 7, consumer: 300_000, run: header.run });
    expect(likelyAddressee(frame.subarray(0, headerBytes - 1))).toBeNull();
  });
});

describe('frame: records as rows', () => {
  it('gives plain data back exactly as it was', () => {
    // A record must not depend on whether its consumer shares the slot, where it travels by reference.
    const values = [
      null,
      true,
      -0,
      1.5,
      -1_000_000,
      2 ** 53 - 1,
      Number.NaN,
      'text, ünïcode, 🜁',
      'half a pair: \ud800',
      2n ** 63n,
      -(2n ** 63n),
      2n ** 80n,
      Uint8Array.of(1, 2, 3),
      { gone: undefined, nested: { list: [1, [2, [3]]] } },
      JSON.parse('{"__proto__": {"x": 1}, "y": 2}'),
      [],
      {},
    ];
    const { values: back } = roundTrip(values);
    expect(back).toEqual(values);
    expect(Object.is(back[2], -0)).toBe(true);
    expect(Object.keys(back[13] as object)).toEqual(['gone', 'nested']);
    expect(Object.getPrototypeOf(back[12])).toBe(Uint8Array.prototype);
    expect(Object.keys(back[14] as object)).toEqual(['__proto__', 'y']);
  });

  it('keeps timestamps, and their absence', () => {
    expect(roundTrip([1, 2], [10.5, -3]).timestamps).toEqual([10.5, -3]);
    expect(roundTrip([1, 2], [noTimestamp, 7]).timestamps).toEqual([noTimestamp, 7]);
    expect(roundTrip([1, 2]).timestamps).toEqual([noTimestamp, noTimestamp]);
  });

  it('takes a part of a batch', () => {
    const frame = new RowCodec().encode(['a', 'b', 'c', 'd'], [1, 2, 3, 4], 1, 3);
    expect(new RowCodec().decode(frame.subarray(headerBytes))).toEqual({
      kind: 'records',
      values: ['b', 'c'],
      timestamps: [2, 3],
    });
  });

  it.each([
    ['a Date', { order: { at: new Date(0) } }, /\.order\.at is an instance of Date/],
    ['a Map', [new Map()], /\[0\] is an instance of Map/],
    ['a function', { f: () => 1 }, /\.f is a function/],
  ])('refuses %s, and says where it stands', (_what, value, message) => {
    expect(() => frameOf([value])).toThrow(message);
  });

  it.each<[string, readonly number[]]>([
    ['an array that promises 16 million items', [0xdd, 0, 0xff, 0xff, 0xff]],
    ['a map that promises more than is there', [0xde, 0x00, 0x05, 0xa1, 0x61, 1]],
    ['a string beyond the end', [0xdb, 0, 0, 1, 0, 0x61]],
    ['a float beyond the end', [0xcb, 0, 0]],
    ['a record definition (0x72)', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ['a timestamp extension', [0xd6, 0xff, 0, 0, 0, 0]],
    ['a regular expression', [0xc7, 0x02, 0x78, 0xa0, 0xa0]],
    ['a tag that is never used', [0xc1]],
    ['a map with a number for a name', [0x81, 0x01, 0x02]],
    ['a second value', [0x01, 0x02]],
    ['nothing', []],
  ])('does not decode %s', (_what, bytes) => {
    const body = Uint8Array.of(1, 0, 0, 0, 0, ...bytes);
    expect(new RowCodec().decode(body)).toHaveProperty('damage');
  });

  it('does not follow values that are nested too deep', () => {
    expect(boundsOf(new Uint8Array(200_000).fill(0x91), 0)).toEqual({ damage: 'nested deeper than 65 levels' });
  });

  it('knows what only the exact reader gives back', () => {
    const scan = (value: unknown) => boundsOf(frameOf([value]).subarray(headerBytes + 5), 0);
    expect(scan({ a: undefined, b: 'text', c: 1n, d: [1.5] })).toBe('plain');
    expect(scan({ a: Uint8Array.of(1) })).toBe('exact');
    expect(scan(2n ** 70n)).toBe('exact');
    expect(scan('\udfff')).toBe('exact');
  });
});

describe('frame: control elements', () => {
  it.each<ControlElement>([
    { kind: 'watermark', timestamp: -12.5 },
    { kind: 'status', idle: true },
    { kind: 'status', idle: false },
    { kind: 'barrier', checkpoint: { epoch: 3, n: 9 }, base: null },
    { kind: 'barrier', checkpoint: { epoch: 3, n: 9 }, base: { epoch: 2, n: 8 } },
    { kind: 'latency', source: 'read#0', markedWallMs: 1_767_225_600_000.5 },
    endOfData,
    endOfChannel,
  ])('comes back: %j', (element) => {
    expect(readControl(element.kind as FrameKind, controlFrame(element).subarray(headerBytes))).toEqual(element);
  });

  it.each<[FrameKind, number]>([
    ['watermark', 7],
    ['watermark', 16],
    ['barrier', 24],
    ['endOfData', 1],
    ['records', 0],
  ])('is refused as %s with %i bytes', (kind, bytes) => {
    expect(readControl(kind, new Uint8Array(bytes))).toHaveProperty('damage');
  });
});
