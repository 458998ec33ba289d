import { describe, expect, it } from 'vitest';
import { TwoInputs } from '../../../src/task/gate/two-inputs.js';
import { unknownWatermark, Valve } from '../../../src/task/gate/valve.js';
import { Driver } from '../task/driver.js';
import { Outside, RangeSource, ranges, testJob, transactionalSink } from '../task/test-jobs.js';
import { World } from '../task/world.js';

describe('Input valve: what it says of each channel', () => {
  it('whether it counts, and how far it is', () => {
    const valve = new Valve(4);
    valve.advance(0, 10);
    valve.advance(1, 5);
    valve.setIdle(1, true);
    valve.finish(2);
    expect([0, 1, 2, 3].map((channel) => valve.inspect(channel))).toEqual([
      { watermark: 10, status: 'active' },
      { watermark: 5, status: 'idle' },
      { watermark: unknownWatermark, status: 'finished' },
      { watermark: unknownWatermark, status: 'active' },
    ]);
    valve.finish(3);
    expect(valve.watermark).toBe(10);
    // Back, and behind what was put out meanwhile: it counts again when it has caught up.
    valve.setIdle(1, false);
    expect(valve.inspect(1)).toEqual({ watermark: 5, status: 'catchingUp' });
    valve.advance(1, 11);
    expect(valve.inspect(1)).toEqual({ watermark: 11, status: 'active' });
  });

  it('with two inputs each channel is that of its own', () => {
    const time = new TwoInputs([0, 1, 0]);
    time.advance(0, 1);
    time.advance(1, 2);
    time.setIdle(2, true);
    expect([0, 1, 2].map((channel) => time.inspect(channel))).toEqual([
      { watermark: 1, status: 'active' },
      { watermark: 2, status: 'active' },
      { watermark: unknownWatermark, status: 'idle' },
    ]);
  });
});

describe('Input valve: who holds back event time in a job', () => {
  it('is named with its vertex and subtask, until it has ended', () => {
    const job = testJob(
      [
        { id: 'first', source: new RangeSource(), stages: [] },
        { id: 'second', source: new RangeSource(), stages: [] },
        { id: 'write', stages: [transactionalSink('sink', new Outside())] },
      ],
      [
        { from: 'first', to: 'write', partitioner: 'forward' },
        { from: 'second', to: 'write', partitioner: 'forward' },
      ],
    );
    const world = new World();
    // Whoever asks first gets the range that begins at 0, and the other one that at 1,000,000.
    const driver = new Driver(world, job, { splits: ranges(20, 30), bounded: false }).deploy();
    world.runFor(200);
    const write = () => driver.host.counts().find(({ subtask }) => subtask === 'write#0');
    expect(write()).toMatchObject({
      inputWatermarkMs: 19,
      inputTimes: [
        { input: 'first', heldBackBy: 'first#0', watermarkMs: 19, parts: 1, idle: 0, ended: 0 },
        { input: 'second', heldBackBy: 'second#0', watermarkMs: 1_000_029, parts: 1, idle: 0, ended: 0 },
      ],
    });
    driver.perform('first#0', { kind: 'task.stop' });
    world.runFor(200);
    expect(write()).toMatchObject({
      inputWatermarkMs: 1_000_029,
      inputTimes: [{ input: 'first', heldBackBy: null, ended: 1 }, { heldBackBy: 'second#0' }],
    });
  });
});
