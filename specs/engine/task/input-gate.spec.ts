import { describe, expect, it } from 'vitest';
import type { CheckpointMode } from '../../../actors/protocol/job-graph.js';
import { maxWatermark } from '../../../src/operators/operator.js';
import { LocalChannel } from '../../../src/task/channel/local-channel.js';
import { endOfChannel, endOfData } from '../../../src/task/elements.js';
import { InputGate } from '../../../src/task/gate/input-gate.js';
import { Gauge } from '../../../src/task/gauge.js';
import type { HeadEvent } from '../../../src/task/head.js';
import { defaultTaskOptions } from '../../../src/task/task-options.js';
import { World } from './world.js';

function gateOf(channels: number, mode: CheckpointMode = 'exactlyOnce') {
  const world = new World();
  const inputs = Array.from(
    { length: channels },
    (_, producer) =>
      new LocalChannel({ edge: 0, producer, consumer: 0 }, defaultTaskOptions, new Gauge(), () => undefined),
  );
  const gate = new InputGate(inputs, world.clock, undefined, mode);
  const put = (channel: number, ...values: readonly unknown[]): void => {
    const input = inputs[channel] as LocalChannel;
    for (const value of values) input.append(value, 0);
    input.flush();
  };
  const all = (): HeadEvent[] => {
    const events: HeadEvent[] = [];
    for (let event = gate.next(); event !== null; event = gate.next()) events.push(event);
    return events;
  };
  return { world, gate, inputs, put, all };
}

const barrier = { kind: 'barrier', checkpoint: { epoch: 1, n: 1 }, base: null } as const;

describe('input gate', () => {
  it('reads channels in turn, so that a busy one keeps none waiting', () => {
    const { put, all } = gateOf(2);
    put(0, 'a');
    put(0, 'b');
    put(1, 'c');
    expect(all().flatMap((event) => (event.kind === 'records' ? event.values : []))).toEqual(['a', 'c', 'b']);
  });

  it('at least once: goes on reading behind a barrier, and says the last one', () => {
    const { inputs, put, all } = gateOf(2, 'atLeastOnce');
    put(0, 'before');
    inputs[0]?.control(barrier);
    put(0, 'behind');
    const texts = (events: readonly HeadEvent[]) =>
      events.flatMap((event) => (event.kind === 'records' ? (event.values as string[]) : [event.kind]));
    expect(texts(all())).toEqual(['before', 'behind']);
    put(1, 'late');
    inputs[1]?.control(barrier);
    expect(texts(all())).toEqual(['late', 'aligned']);
  });

  it('does not read a channel behind its barrier until the others have come to theirs', () => {
    const { world, inputs, put, all } = gateOf(2);
    put(0, 'before');
    inputs[0]?.control(barrier);
    put(0, 'after');
    put(1, 'before too');
    expect(all().flatMap((event) => (event.kind === 'records' ? event.values : []))).toEqual(['before', 'before too']);
    world.nowMs += 30;
    inputs[1]?.control(barrier);
    expect(all()).toEqual([
      { kind: 'aligned', barrier, alignmentMs: 30 },
      { kind: 'records', input: 0, values: ['after'], timestamps: [0] },
    ]);
  });

  it('ends when the data of every channel has ended, with the maximal watermark first', () => {
    const { inputs, all } = gateOf(2);
    inputs[0]?.control({ kind: 'watermark', timestamp: 7 });
    inputs[0]?.control(endOfData);
    inputs[1]?.control({ kind: 'watermark', timestamp: 3 });
    expect(all()).toEqual([{ kind: 'watermark', timestamp: 3 }]);
    inputs[1]?.control(endOfData);
    expect(all()).toEqual([{ kind: 'watermark', timestamp: maxWatermark }, { kind: 'inputEnded' }]);
  });

  it('still aligns barriers after the end of data, and injects them itself after the end of all channels', () => {
    const { gate, inputs, all } = gateOf(2);
    for (const input of inputs) input.control(endOfData);
    all();
    inputs[0]?.control(barrier);
    inputs[1]?.control(endOfChannel);
    expect(all()).toMatchObject([{ kind: 'aligned' }]);
    expect(gate.injectsBarriers()).toBe(false);
    inputs[0]?.control(endOfChannel);
    all();
    expect(gate.injectsBarriers()).toBe(true);
  });

  it('says once that it falls idle, after the watermark that this brings', () => {
    const { inputs, all } = gateOf(2);
    inputs[0]?.control({ kind: 'watermark', timestamp: 9 });
    inputs[1]?.control({ kind: 'watermark', timestamp: 4 });
    inputs[0]?.control({ kind: 'status', idle: true });
    inputs[1]?.control({ kind: 'status', idle: true });
    const events = all();
    expect(events.slice(-2)).toEqual([
      { kind: 'watermark', timestamp: 9 },
      { kind: 'status', idle: true },
    ]);
  });
});
