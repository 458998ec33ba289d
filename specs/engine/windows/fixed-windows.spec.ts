import { describe, expect, it } from 'vitest';
import {
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/api/windows.js';
import { maxWatermark, noTimestamp } from '../../../src/time/timestamps.js';
import { collected, processed, summed, WindowRun } from './window-run.js';

const tumbling = (sizeMs: number, offsetMs = 0) => tumblingEventTimeWindows({ sizeMs, offsetMs });
const bounds = processed<{ start: number; end: number; maxTimestamp: number }>(
  (all, { window: { start, end }, emit }) => emit(`[${start}, ${end}) ${all.map(({ n }) => n).join(' ')}`),
);

describe('tumbling windows', () => {
  it('a window is [start, start + size): a record at the end is in the next one', () => {
    const run = new WindowRun({ assigner: tumbling(10), computation: bounds }).a([0, 1], [9, 2], [10, 3]);
    expect(run.watermark(19).out()).toEqual([
      ['[0, 10) 1 2', 9],
      ['[10, 20) 3', 19],
    ]);
  });

  it('results have the greatest timestamp of their window', () => {
    const run = new WindowRun({ assigner: tumbling(10) }).a([3, 1]);
    expect(run.watermark(9).out()).toEqual([['1', 9]]);
  });

  it('fire with the watermark that reaches their end less one, before it is passed on', () => {
    const run = new WindowRun({ assigner: tumbling(10) }).a([3, 1]);
    expect(run.watermark(8).output.all).toEqual(['watermark 8']);
    expect(run.watermark(9).output.all.slice(1)).toEqual([['1', 9], 'watermark 9']);
  });

  it('negative timestamps: −1 is in the window before 0', () => {
    const run = new WindowRun({ assigner: tumbling(10), computation: bounds }).a([-1, 1], [-10, 2], [-11, 3], [0, 4]);
    expect(run.watermark(9).out()).toEqual([
      ['[-20, -10) 3', -11],
      ['[-10, 0) 1 2', -1],
      ['[0, 10) 4', 9],
    ]);
  });

  it('an offset moves all windows, either way', () => {
    const later = new WindowRun({ assigner: tumbling(10, 3), computation: bounds }).a([2, 1], [3, 2]);
    expect(later.watermark(99).out()).toEqual([
      ['[-7, 3) 1', 2],
      ['[3, 13) 2', 12],
    ]);
    const sooner = new WindowRun({ assigner: tumbling(10, -3), computation: bounds }).a([6, 1], [7, 2]);
    expect(sooner.watermark(99).out()).toEqual([
      ['[-3, 7) 1', 6],
      ['[7, 17) 2', 16],
    ]);
  });

  it('each key has windows of its own', () => {
    const run = new WindowRun({ assigner: tumbling(10), computation: summed }).a([1, 1], [2, 2]).of('b', [1, 10]);
    expect(run.watermark(9).out()).toEqual([
      [{ key: 'a', n: 3 }, 9],
      [{ key: 'b', n: 10 }, 9],
    ]);
  });

  it('the last watermark fires all that is open', () => {
    const run = new WindowRun({ assigner: tumbling(10) }).a([1, 1], [1_001, 2]);
    expect(run.watermark(maxWatermark).out()).toEqual([
      ['1', 9],
      ['2', 1009],
    ]);
  });

  it('a window at the end of time ends with it', () => {
    const run = new WindowRun({ assigner: tumbling(10) }).a([maxWatermark, 1]);
    expect(run.watermark(maxWatermark).out()).toEqual([['1', maxWatermark]]);
  });

  it('a record without a timestamp is refused', () => {
    expect(() => new WindowRun({ assigner: tumbling(10) }).a([noTimestamp, 1])).toThrow(
      "operator 'orders' has windows in event time and got a record without a timestamp",
    );
  });

  it('nothing is left of a window that is over', () => {
    const run = new WindowRun({ assigner: tumbling(10), computation: collected }).a([1, 1]);
    expect(run.groupsWithState()).toBe(1);
    expect(run.watermark(9).groupsWithState()).toBe(0);
  });

  it('in processing time a record is in the window of the moment at which it comes, whatever its timestamp', () => {
    const run = new WindowRun({ assigner: tumblingProcessingTimeWindows({ sizeMs: 10 }), computation: bounds });
    run.pass(9).a([500, 1]).pass(1).a([-500, 2]);
    expect(run.out()).toEqual([['[0, 10) 1', 9]]);
    expect(run.watermark(maxWatermark).out()).toEqual([]);
    expect(run.pass(10).out()).toEqual([['[10, 20) 2', 19]]);
    expect(run.groupsWithState()).toBe(0);
  });
});

describe('sliding windows', () => {
  const sliding = (sizeMs: number, slideMs: number, offsetMs = 0) =>
    slidingEventTimeWindows({ sizeMs, slideMs, offsetMs });

  it('a record is in each window that reaches over it', () => {
    const run = new WindowRun({ assigner: sliding(10, 5), computation: bounds }).a([-1, 1], [0, 2], [5, 3]);
    expect(run.watermark(99).out()).toEqual([
      ['[-10, 0) 1', -1],
      ['[-5, 5) 1 2', 4],
      ['[0, 10) 2 3', 9],
      ['[5, 15) 3', 14],
    ]);
  });

  it('an offset moves all windows', () => {
    const run = new WindowRun({ assigner: sliding(10, 5, 2), computation: bounds }).a([0, 1]);
    expect(run.watermark(99).out()).toEqual([
      ['[-8, 2) 1', 1],
      ['[-3, 7) 1', 6],
    ]);
  });

  it('a size that is no multiple of the slide', () => {
    const run = new WindowRun({ assigner: sliding(10, 4), computation: bounds }).a([9, 1]);
    expect(run.watermark(99).out()).toEqual([
      ['[0, 10) 1', 9],
      ['[4, 14) 1', 13],
      ['[8, 18) 1', 17],
    ]);
  });

  it('a slide longer than the size leaves out records between windows, which are not late', () => {
    const run = new WindowRun({ assigner: sliding(2, 10), computation: bounds }).a([1, 1], [2, 2], [10, 3]);
    expect(run.operator.numLateRecordsDropped).toBe(0);
    expect(run.watermark(99).out()).toEqual([
      ['[0, 2) 1', 1],
      ['[10, 12) 3', 11],
    ]);
  });

  it('in processing time', () => {
    const assigner = slidingProcessingTimeWindows({ sizeMs: 10, slideMs: 5 });
    const run = new WindowRun({ assigner, computation: bounds });
    run.pass(7).a([0, 1]).pass(5).a([0, 2]);
    expect(run.pass(100).out()).toEqual([
      ['[0, 10) 1', 9],
      ['[5, 15) 1 2', 14],
      ['[10, 20) 2', 19],
    ]);
  });
});
