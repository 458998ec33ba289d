import { describe, expect, it } from 'vitest';
import { maxWatermark } from '../../../src/operators/operator.js';
import { LocalChannel } from '../../../src/task/channel/local-channel.js';
import { InputGate } from '../../../src/task/gate/input-gate.js';
import { TwoInputs } from '../../../src/task/gate/two-inputs.js';
import { Gauge } from '../../../src/task/gauge.js';
import { defaultTaskOptions } from '../../../src/task/task-options.js';
import { World } from './world.js';

const nothing = { watermark: null, idle: null };

/** Channels 0 and 1 are the first input, channel 2 is the second. */
const inputs = (): TwoInputs => new TwoInputs([0, 0, 1]);

describe('two inputs: event time', () => {
  it('is the lesser of both, each the least of its channels', () => {
    const time = inputs();
    expect(time.advance(0, 10)).toEqual(nothing);
    expect(time.advance(2, 7)).toEqual(nothing);
    expect(time.advance(1, 8)).toEqual({ watermark: 7, idle: null });
    expect(time.advance(2, 20)).toEqual({ watermark: 8, idle: null });
    expect(time.watermark).toBe(8);
  });

  it('leaves out an input that is idle, and waits for it when it comes back until it has caught up', () => {
    const time = inputs();
    time.advance(0, 10);
    time.advance(1, 10);
    expect(time.setIdle(2, true)).toEqual({ watermark: 10, idle: null });
    expect(time.setIdle(2, false)).toEqual(nothing);
    expect(time.advance(2, 4)).toEqual(nothing);
    time.advance(0, 30);
    expect(time.advance(1, 30)).toEqual(nothing);
    expect(time.advance(2, 12)).toEqual({ watermark: 12, idle: null });
  });

  it('an input is idle only when all of its channels are', () => {
    const time = inputs();
    time.advance(2, 50);
    time.advance(0, 10);
    time.advance(1, 5);
    expect(time.watermark).toBe(5);
    expect(time.setIdle(1, true)).toEqual({ watermark: 10, idle: null });
    expect(time.setIdle(0, true)).toEqual({ watermark: 50, idle: null });
  });

  it('stands still while both are idle, and the operator is idle then', () => {
    const time = inputs();
    time.advance(0, 10);
    time.advance(1, 10);
    time.advance(2, 5);
    expect(time.setIdle(2, true)).toEqual({ watermark: 10, idle: null });
    time.setIdle(0, true);
    expect(time.setIdle(1, true)).toEqual({ watermark: null, idle: true });
    expect(time.setIdle(2, false)).toEqual({ watermark: null, idle: false });
  });

  it('one that has finished neither holds the other back nor counts as maximal while it is idle', () => {
    const time = inputs();
    time.advance(0, 10);
    time.advance(1, 10);
    time.advance(2, 12);
    expect(time.finish(2)).toEqual(nothing);
    expect(time.advance(0, 20)).toEqual(nothing);
    expect(time.advance(1, 15)).toEqual({ watermark: 15, idle: null });
    time.setIdle(0, true);
    expect(time.setIdle(1, true)).toEqual({ watermark: 20, idle: true });
    expect(time.watermark).toBe(20);
  });

  it('is maximal when both have finished', () => {
    const time = inputs();
    time.finish(0);
    expect(time.advance(2, maxWatermark)).toEqual(nothing);
    expect(time.finish(1)).toEqual({ watermark: maxWatermark, idle: null });
  });
});

describe('two inputs: the gate', () => {
  function gateOf(inputOf: readonly number[]) {
    const channels = inputOf.map(
      (_, producer) =>
        new LocalChannel({ edge: 0, producer, consumer: 0 }, defaultTaskOptions, new Gauge(), () => undefined),
    );
    const gate = new InputGate(channels, new World().clock, inputOf);
    const put = (channel: number, value: unknown): void => {
      channels[channel]?.append(value, 0);
      channels[channel]?.flush();
    };
    return { channels, gate, put };
  }

  it('says which input records come from', () => {
    const { gate, put } = gateOf([0, 1, 1]);
    put(0, 'a');
    put(1, 'b');
    put(2, 'c');
    expect([gate.next(), gate.next(), gate.next()]).toEqual([
      { kind: 'records', input: 0, values: ['a'], timestamps: [0] },
      { kind: 'records', input: 1, values: ['b'], timestamps: [0] },
      { kind: 'records', input: 1, values: ['c'], timestamps: [0] },
    ]);
  });

  it('aligns barriers over the channels of both', () => {
    const { channels, gate, put } = gateOf([0, 1]);
    const barrier = { kind: 'barrier', checkpoint: { epoch: 1, n: 1 }, base: null } as const;
    channels[1]?.control(barrier);
    put(1, 'after');
    put(0, 'before');
    expect(gate.next()).toMatchObject({ kind: 'records', input: 0, values: ['before'] });
    expect(gate.next()).toBeNull();
    channels[0]?.control(barrier);
    expect(gate.next()).toMatchObject({ kind: 'aligned' });
    expect(gate.next()).toMatchObject({ kind: 'records', input: 1, values: ['after'] });
  });

  it('ends when both have', () => {
    const { channels, gate } = gateOf([0, 1]);
    channels[0]?.control({ kind: 'endOfData' });
    expect(gate.next()).toBeNull();
    channels[1]?.control({ kind: 'endOfData' });
    expect(gate.next()).toEqual({ kind: 'watermark', timestamp: maxWatermark });
    expect(gate.next()).toEqual({ kind: 'inputEnded' });
  });
});
