import { describe, expect, it } from 'vitest';
import { type Element, endOfData } from '../../../src/task/elements.js';
import { TaskFailure } from '../../../src/task/task-failure.js';
import { FramedPair, valuesOf } from './framed-pair.js';

const big = (bytes: number): string => 'x'.repeat(bytes);

describe('framed channel: credit', () => {
  it('sends nothing before the first grant, which is the handshake', () => {
    // Frames to a slot that does not listen yet are lost without a sign.
    const pair = new FramedPair();
    pair.output.control({ kind: 'watermark', timestamp: 1 });
    pair.append(1, 2);
    pair.output.flush();
    expect(pair.frames).toEqual([]);
    pair.open();
    pair.output.flush();
    expect(pair.kinds()).toEqual(['watermark', 'records']);
  });

  it('lets data wait for credit, control elements go, and nothing overtake', () => {
    const pair = new FramedPair({ channelWindowFrames: 2, batchRecordsMax: 1 }).open();
    pair.append(1);
    pair.output.flush();
    pair.output.control({ kind: 'watermark', timestamp: 5 });
    expect(pair.sequences()).toEqual([1, 2]);
    // The window is used up, by a watermark too: a second one needs no credit and goes.
    pair.output.control({ kind: 'watermark', timestamp: 6 });
    expect(pair.kinds()).toEqual(['records', 'watermark', 'watermark']);
    pair.append(2);
    pair.output.control(endOfData);
    expect(pair.frames).toHaveLength(3);
    expect(pair.gauge.blocked).toBe(true);
    pair.deliver();
    pair.poll();
    pair.deliverGrants();
    expect(pair.kinds()).toEqual(['records', 'endOfData']);
    expect(pair.gauge.blocked).toBe(false);
  });

  it('is healed by a later grant when grants are lost, because credit is absolute', () => {
    const pair = new FramedPair({ channelWindowFrames: 2 }).open();
    for (const value of [1, 2, 3]) {
      pair.append(value);
      pair.output.control({ kind: 'status', idle: false });
    }
    pair.deliver();
    pair.poll();
    pair.grants.length = 0;
    expect(pair.gauge.blocked).toBe(true);
    pair.input.repeat();
    // That call only notes that a grant was sent since the last one.
    expect(pair.grants).toEqual([]);
    pair.input.repeat();
    pair.deliverGrants();
    expect(valuesOf(pair.drain())).toEqual([2, 3]);
    expect(pair.gauge.blocked).toBe(false);
  });

  it('ignores grants that come late or twice', () => {
    const pair = new FramedPair({ channelWindowFrames: 4 }).open();
    pair.output.granted(4);
    pair.output.granted(2);
    expect(pair.output.inspectOutput().grantedThrough).toBe(4);
  });

  it('counts the bytes that wait, and fails the attempt when they are too many', () => {
    const pair = new FramedPair({ channelWindowFrames: 1, frameBytes: 200 }, 1_000).open();
    const overdraw = (): void => {
      for (let count = 0; count < 10; count++) pair.append(big(120)).output.control({ kind: 'status', idle: true });
    };
    expect(overdraw).toThrow(TaskFailure);
    expect(pair.output.inspectOutput().queuedBytes).toBeGreaterThan(1_000);
  });

  it('keeps a batch growing while there is no credit, so that fuller frames wait', () => {
    const pair = new FramedPair({ channelWindowFrames: 1 }).open();
    pair.append(1);
    pair.output.flush();
    for (const value of [2, 3, 4]) {
      pair.append(value);
      pair.output.flush();
    }
    expect(pair.output.inspectOutput()).toMatchObject({ partialRecords: 3, queuedFrames: 0, blocked: false });
    expect(valuesOf(pair.drain())).toEqual([1, 2, 3, 4]);
  });

  it('replaces a watermark that nobody has seen by the next', () => {
    const pair = new FramedPair();
    for (const timestamp of [1, 2, 3]) pair.output.control({ kind: 'watermark', timestamp });
    pair.open();
    expect(pair.drain()).toEqual([{ kind: 'watermark', timestamp: 3 }]);
  });
});

describe('framed channel: what is lost is seen', () => {
  it('fails with CHANNEL_GAP when a frame is missing in the middle', () => {
    const pair = new FramedPair().open();
    for (let count = 0; count < 3; count++) pair.output.control({ kind: 'status', idle: false });
    pair.frames.splice(1, 1);
    pair.deliver();
    expect(pair.failures).toEqual(['CHANNEL_GAP']);
  });

  it('fails with CHANNEL_GAP when the end is missing, by the repetition of the idle producer', () => {
    const pair = new FramedPair().open();
    pair.output.control(endOfData);
    pair.frames.length = 0;
    pair.output.repeat();
    expect(pair.kinds()).toEqual([]);
    pair.output.repeat();
    expect(pair.kinds()).toEqual(['repeat']);
    pair.deliver();
    expect(pair.failures).toEqual(['CHANNEL_GAP']);
  });

  it('takes a repetition of what has arrived for what it is', () => {
    const pair = new FramedPair().open();
    pair.output.control(endOfData);
    pair.deliver();
    pair.output.repeat();
    pair.output.repeat();
    pair.deliver();
    expect(pair.failures).toEqual([]);
    expect(pair.poll()).toEqual([endOfData]);
  });

  it('drops what comes twice, and counts it', () => {
    const pair = new FramedPair().open();
    pair.append(1);
    pair.output.flush();
    const [frame] = pair.frames;
    pair.deliver();
    pair.receive(frame as Uint8Array);
    expect(valuesOf(pair.poll())).toEqual([1]);
    expect(pair.input.inspectInput().duplicates).toBe(1);
    expect(pair.failures).toEqual([]);
  });

  it('refuses records beyond what it has granted, so that its memory stays bounded', () => {
    const pair = new FramedPair({ channelWindowFrames: 1 }).open();
    pair.output.granted(100);
    pair.append(1).output.flush();
    pair.append(2).output.flush();
    pair.deliver();
    expect(pair.failures).toEqual(['CHANNEL_OVERRUN']);
  });
});

describe('framed channel: sizes', () => {
  it('cuts batches so that frames stay within their size', () => {
    const pair = new FramedPair({ frameBytes: 1_000, channelWindowFrames: 1_000 }).open();
    const values = Array.from({ length: 500 }, (_, index) => ({ index, text: big(index % 90) }));
    pair.append(...values);
    pair.output.control(endOfData);
    expect(Math.max(...pair.frames.map((frame) => frame.length))).toBeLessThanOrEqual(1_000);
    expect(pair.frames.length).toBeLessThan(60);
    expect(valuesOf(pair.drain())).toEqual(values);
  });

  it('sends a record that is longer than a frame in pieces, and puts them together', () => {
    const pair = new FramedPair({ frameBytes: 1_000, channelWindowFrames: 3 }).open();
    const long = { text: big(10_000) };
    pair.append('before', long, 'after');
    pair.output.control(endOfData);
    const elements = pair.drain();
    expect(valuesOf(elements)).toEqual(['before', long, 'after']);
    expect(elements.at(-1)).toEqual(endOfData);
    expect(pair.output.inspectOutput()).toMatchObject({ queuedFrames: 0, records: 3 });
  });

  it('fails with RECORD_TOO_LARGE, naming operator and size, beyond recordBytesMax', () => {
    const pair = new FramedPair({ frameBytes: 1_000, recordBytesMax: 5_000 }).open();
    const emit = (): void => pair.append(big(6_000)).output.control(endOfData);
    expect(emit).toThrow(/operator 'Emitter' \(uid emitter\) emits a record of 60\d\d bytes; at most 5000/);
  });

  it('fails with VALUE_UNSUPPORTED, naming operator and path, for what is no plain data', () => {
    const pair = new FramedPair().open();
    const emit = (): void => pair.append({ at: new Date(0) }).output.control(endOfData);
    expect(emit).toThrow(/operator 'Emitter'.*its value\.at is an instance of Date/);
  });
});

describe('framed channel: conservation', () => {
  it('has each frame in exactly one place at any time', () => {
    const pair = new FramedPair({ channelWindowFrames: 4, batchRecordsMax: 3 }).open();
    const check = (): void => {
      const { sentThrough } = pair.output.inspectOutput();
      const { receivedThrough } = pair.input.inspectInput();
      expect(sentThrough).toBe(receivedThrough + pair.frames.length);
    };
    const polled: Element[] = [];
    for (let round = 0; round < 40; round++) {
      pair.append(round, -round).output.flush();
      check();
      if (round % 3 === 0) pair.deliver(2);
      check();
      if (round % 4 === 0) polled.push(...pair.poll(1));
      if (round % 5 === 0) pair.deliverGrants();
      expect(pair.input.inspectInput().consumedThrough).toBe(polled.length);
      check();
    }
    expect(valuesOf([...polled, ...pair.drain()])).toHaveLength(80);
    expect(pair.input.inspectInput().records).toBe(80);
  });
});
