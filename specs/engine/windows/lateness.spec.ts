import { describe, expect, it } from 'vitest';
import { eventTimeTrigger } from '../../../src/api/triggers.js';
import { slidingEventTimeWindows, tumblingEventTimeWindows } from '../../../src/api/windows.js';
import { type DataStream, outputTag } from '../../../src/index.js';
import { checkOperator, record, watermark } from '../../../src/testing.js';
import { maxWatermark } from '../../../src/time/timestamps.js';
import { restoredFrom } from '../operators/operator-run.js';
import { collected, listed, type Sale, summed, WindowRun } from './window-run.js';

const tumbling = tumblingEventTimeWindows({ sizeMs: 10 });
const sliding = slidingEventTimeWindows({ sizeMs: 10, slideMs: 5 });

describe('lateness', () => {
  it('a record is late when the watermark has reached the end of its window less one; it is dropped and counted', () => {
    const run = new WindowRun({ assigner: tumbling }).a([1, 1]).watermark(8).a([2, 2]);
    expect(run.watermark(9).out()).toEqual([['1 2', 9]]);
    expect(run.a([9, 3]).watermark(maxWatermark).out()).toEqual([]);
    expect(run.operator.numLateRecordsDropped).toBe(1);
  });

  it('a record behind the watermark is not late while its window is open', () => {
    const run = new WindowRun({ assigner: tumbling }).watermark(8).a([0, 1]);
    expect(run.watermark(9).out()).toEqual([['1', 9]]);
    expect(run.operator.numLateRecordsDropped).toBe(0);
  });

  it('allowed lateness: a late record is added and the result put out again, with each of them', () => {
    const run = new WindowRun({ assigner: tumbling, allowedLatenessMs: 5 }).a([1, 1]).watermark(9);
    expect(run.out()).toEqual([['1', 9]]);
    expect(run.a([2, 2], [3, 3]).out()).toEqual([
      ['1 2', 9],
      ['1 2 3', 9],
    ]);
  });

  it('allowed lateness: it ends with the watermark at the end of the window less one, plus lateness', () => {
    const run = new WindowRun({ assigner: tumbling, allowedLatenessMs: 5 }).a([1, 1]).watermark(13);
    expect(run.a([2, 2]).out()).toEqual([
      ['1', 9],
      ['1 2', 9],
    ]);
    run.watermark(14);
    expect(run.groupsWithState()).toBe(0);
    expect(run.a([3, 3]).out()).toEqual([]);
    expect(run.operator.numLateRecordsDropped).toBe(1);
  });

  it('allowed lateness: a window whose first record is late fires at once', () => {
    const run = new WindowRun({ assigner: tumbling, allowedLatenessMs: 5 }).watermark(9);
    expect(run.a([2, 2]).out()).toEqual([['2', 9]]);
  });

  it('lateness beyond the end of time: a window is never over, and takes records after the last watermark', () => {
    const run = new WindowRun({ assigner: tumbling, allowedLatenessMs: maxWatermark })
      .a([1, 1])
      .watermark(maxWatermark);
    expect(run.a([2, 2]).out()).toEqual([
      ['1', 9],
      ['1 2', 9],
    ]);
  });

  it('who wants late records gets them, and then they are not counted', () => {
    const late = { name: 'late' };
    const run = new WindowRun({ assigner: tumbling, late }).watermark(9).a([9, 1], [10, 2]);
    expect(run.out()).toContainEqual(['late', { key: 'a', n: 1 }, 9]);
    expect(run.operator.numLateRecordsDropped).toBe(0);
  });

  it.each([
    ['by panes', listed],
    ['window by window', collected],
  ])('sliding: a record is dropped only when it is late for all its windows, %s', (_how, computation) => {
    const run = new WindowRun({ assigner: sliding, computation }).a([6, 1]).watermark(9);
    expect(run.out()).toEqual([['1', 9]]);
    run.a([7, 2], [4, 3]);
    expect(run.operator.numLateRecordsDropped).toBe(1);
    expect(run.watermark(99).out()).toEqual([['1 2', 14]]);
  });

  it.each([
    ['by panes', listed],
    ['window by window', collected],
  ])('sliding with allowed lateness: only windows that have fired fire again, %s', (_how, computation) => {
    const run = new WindowRun({ assigner: sliding, computation, allowedLatenessMs: 3 }).a([6, 1]).watermark(9);
    expect(run.out()).toEqual([['1', 9]]);
    expect(run.a([7, 2]).out()).toEqual([['1 2', 9]]);
    expect(run.watermark(12).a([8, 3]).out()).toEqual([]);
    expect(run.watermark(16).out()).toEqual([['1 2 3', 14]]);
    expect(run.a([9, 4]).out()).toEqual([['1 2 3 4', 14]]);
    expect(run.watermark(17).groupsWithState()).toBe(0);
  });

  it('what is late before a failure is late after it', () => {
    const run = new WindowRun({ assigner: tumbling }).a([1, 1]).watermark(9).restored();
    expect(run.a([2, 2]).watermark(maxWatermark).out()).toEqual([]);
    expect(run.operator.numLateRecordsDropped).toBe(1);
  });

  it('after a change of parallelism the watermark of restored state decides, where it is ahead of the subtask', () => {
    const before = new WindowRun({ assigner: tumbling, trigger: eventTimeTrigger(), computation: summed });
    before.a([1, 1], [21, 5]).watermark(9);
    const { keyed } = before.restored();
    const after = new WindowRun({ assigner: tumbling, computation: summed }, keyed);
    after.a([2, 2]);
    expect(after.operator.numLateRecordsDropped).toBe(1);
    expect(after.watermark(99).out()).toEqual([[{ key: 'a', n: 5 }, 29]]);
  });
});

describe('lateness, in another parallelism', () => {
  it('what was late before a rescale is late after it, also for keys of which nothing is kept', {
    timeout: 60_000,
  }, async () => {
    const late = outputTag<Sale>('late');
    await checkOperator({
      build: (sales: DataStream<Sale>) =>
        sales
          .keyBy(({ key }) => key)
          .window(tumbling)
          .sideOutputLateData(late)
          .reduce((a, b) => ({ key: a.key, n: a.n + b.n })),
      sideOutputs: [late],
      input: [watermark(9), ...[...'abcdef'].map((key) => record({ key, n: 1 }, 5)), record({ key: 'a', n: 2 }, 15)],
      expect: [{ key: 'a', n: 2 }],
    });
  });
});

describe('windows of a restored job', () => {
  const { keyed, operator } = new WindowRun({ assigner: tumbling, computation: summed }).a([1, 1]).watermark(5);
  const items = operator.snapshot({ epoch: 1, n: 1 });

  it.each([
    ['of another size', { assigner: tumblingEventTimeWindows({ sizeMs: 20 }), computation: summed }],
    ['for a function that wants all records', { assigner: tumbling, computation: collected }],
  ])('%s are not taken for those of before', (_which, given) => {
    expect(() => new WindowRun(given, restoredFrom(keyed), items)).toThrow(
      expect.objectContaining({
        code: 'WINDOWS_CHANGED',
        message: expect.stringContaining(
          "operator 'orders' was restored with tumbling windows of 10 ms, offset 0, in event time, folded, and has ",
        ),
      }),
    );
  });

  it('of several subtasks the least watermark holds', () => {
    const [item] = items as readonly [object];
    const run = new WindowRun({ assigner: tumbling, computation: summed }, restoredFrom(keyed), [
      item,
      { ...item, watermark: 3 },
    ]);
    expect(run.operator.snapshot({ epoch: 1, n: 2 })).toEqual([{ ...item, watermark: 3 }]);
  });
});
