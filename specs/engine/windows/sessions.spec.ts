import { describe, expect, it } from 'vitest';
import { countEvictor } from '../../../src/api/evictors.js';
import { countTrigger, purgingTrigger } from '../../../src/api/triggers.js';
import { sessionEventTimeWindows, sessionProcessingTimeWindows } from '../../../src/api/windows.js';
import { valueState } from '../../../src/state/descriptors.js';
import { maxWatermark } from '../../../src/time/timestamps.js';
import type { TimeWindow } from '../../../src/window/window.js';
import { restoredFrom } from '../operators/operator-run.js';
import { collected, listed, processed, type Sale, WindowRun } from './window-run.js';

const sessions = sessionEventTimeWindows({ gapMs: 10 });
const bounds = processed<TimeWindow>((all, { window: { start, end }, emit }) =>
  emit(`[${start}, ${end}) ${all.map(({ n }) => n).join(' ')}`),
);

describe('sessions', () => {
  it('end a gap after their last record', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds }).a([0, 1], [8, 2]);
    expect(run.watermark(16).out()).toEqual([]);
    expect(run.watermark(17).out()).toEqual([['[0, 18) 1 2', 17]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('touching sessions merge: records exactly one gap apart are of one, a millisecond more parts them', () => {
    const one = new WindowRun({ assigner: sessions, computation: bounds }).a([0, 1], [10, 2]);
    expect(one.watermark(99).out()).toEqual([['[0, 20) 1 2', 19]]);
    const two = new WindowRun({ assigner: sessions, computation: bounds }).a([0, 1], [11, 2]);
    expect(two.watermark(99).out()).toEqual([
      ['[0, 10) 1', 9],
      ['[11, 21) 2', 20],
    ]);
  });

  it('a gap with a fraction: what is put out has the last whole millisecond, with whose watermark it is complete', () => {
    const assigner = sessionEventTimeWindows({ gapMs: 10.5 });
    const run = new WindowRun({ assigner, computation: bounds }).a([0, 1], [10, 2]);
    expect(run.watermark(19).out()).toEqual([]);
    expect(run.watermark(20).out()).toEqual([['[0, 20.5) 1 2', 20]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('a record between two sessions makes them one', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds }).a([0, 1], [20, 2], [10, 3]);
    expect(run.watermark(99).out()).toEqual([['[0, 30) 1 2 3', 29]]);
  });

  it('a record that lies in a session changes no bounds', () => {
    const run = new WindowRun({
      assigner: sessionEventTimeWindows<Sale>({ gapMs: ({ n }) => n }),
      computation: bounds,
    });
    expect(run.a([0, 100], [50, 10]).watermark(99).out()).toEqual([['[0, 100) 100 10', 99]]);
  });

  it('an earlier record moves the start', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds }).a([5, 1], [-3, 2]);
    expect(run.watermark(99).out()).toEqual([['[-3, 15) 1 2', 14]]);
  });

  it('a gap taken out of the record', () => {
    const assigner = sessionEventTimeWindows<Sale>({ gapMs: ({ n }) => n });
    const run = new WindowRun({ assigner, computation: bounds }).a([0, 5], [6, 3], [9, 1]);
    expect(run.watermark(99).out()).toEqual([
      ['[0, 5) 5', 4],
      ['[6, 10) 3 1', 9],
    ]);
  });

  it.each([0, -1, Number.NaN])('a gap of %s is refused', (gap) => {
    const run = new WindowRun({ assigner: sessionEventTimeWindows<Sale>({ gapMs: () => gap }) });
    expect(() => run.a([0, 1])).toThrow(expect.objectContaining({ code: 'SESSION_GAP_INVALID' }));
    expect(() => sessionEventTimeWindows({ gapMs: gap })).toThrow(expect.objectContaining({ code: 'OPTION_RANGE' }));
  });

  it('merge before the late check: a late record that reaches a live session is kept', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds }).a([20, 1]).watermark(20).a([10, 2], [9, 3]);
    expect(run.operator.numLateRecordsDropped).toBe(0);
    expect(run.watermark(99).out()).toEqual([['[9, 30) 1 2 3', 29]]);
  });

  it('a late record that reaches no live session is dropped', () => {
    const run = new WindowRun({ assigner: sessions }).a([20, 1]).watermark(20).a([9, 2]);
    expect(run.operator.numLateRecordsDropped).toBe(1);
    expect(run.watermark(99).out()).toEqual([['1', 29]]);
  });

  it('a session that ends with the watermark at hand takes no record of the next moment', () => {
    const run = new WindowRun({ assigner: sessions }).a([0, 1]).watermark(9).a([10, 2]);
    expect(run.watermark(99).out()).toEqual([
      ['1', 9],
      ['2', 19],
    ]);
  });

  it('allowed lateness: a session that has fired fires again, longer than before', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds, allowedLatenessMs: 20 })
      .a([0, 1])
      .watermark(12);
    expect(run.out()).toEqual([['[0, 10) 1', 9]]);
    expect(run.a([2, 2]).out()).toEqual([['[0, 12) 1 2', 11]]);
    expect(run.a([8, 3]).out()).toEqual([]);
    expect(run.watermark(17).out()).toEqual([['[0, 18) 1 2 3', 17]]);
    expect(run.watermark(37).groupsWithState()).toBe(0);
  });

  it('folded parts are merged, the home of the first one first', () => {
    const run = new WindowRun({ assigner: sessions, computation: listed }).a(
      [40, 1],
      [0, 2],
      [20, 3],
      [30, 4],
      [10, 5],
    );
    expect(run.watermark(99).out()).toEqual([['2 3 1 4 5', 49]]);
  });

  it('a session that outgrows its home leaves it free of any other', () => {
    const run = new WindowRun({ assigner: sessions }).a([5, 1], [0, 2]).watermark(14).a([15, 3]);
    expect(run.watermark(99).out()).toEqual([
      ['1 2', 14],
      ['3', 24],
    ]);
  });

  it('what a trigger remembers is merged', () => {
    const run = new WindowRun({ assigner: sessions, trigger: countTrigger(4) }).a([0, 1], [20, 2], [10, 3]);
    expect(run.out()).toEqual([]);
    expect(run.a([15, 4]).out()).toEqual([['1 2 3 4', 29]]);
  });

  it('a purged session goes on, and is empty', () => {
    const run = new WindowRun({ assigner: sessions, trigger: purgingTrigger(countTrigger(2)) });
    expect(run.a([0, 1], [5, 2], [12, 3], [22, 4]).out()).toEqual([
      ['1 2', 14],
      ['3 4', 31],
    ]);
    expect(run.watermark(99).groupsWithState()).toBe(0);
  });

  it('an evictor sees the records of all parts', () => {
    const run = new WindowRun({ assigner: sessions, evictor: countEvictor(2), computation: collected });
    expect(run.a([0, 1], [20, 2], [10, 3]).watermark(99).out()).toEqual([['2 3', 29]]);
  });

  it('each key has sessions of its own', () => {
    const run = new WindowRun({ assigner: sessions }).a([0, 1]).of('b', [5, 2]).a([10, 3]);
    expect(run.watermark(99).out()).toEqual([
      ['2', 14],
      ['1 3', 19],
    ]);
  });

  it('outlive a failure', () => {
    const run = new WindowRun({ assigner: sessions }).a([0, 1], [20, 2]).restored().a([10, 3]);
    expect(run.watermark(99).out()).toEqual([['1 2 3', 29]]);
  });

  it('a timer that comes before the end of its session is set again, and nobody hears of it', () => {
    const run = new WindowRun({ assigner: sessions, computation: bounds }).a([0, 1], [9, 2], [18, 3]);
    expect(run.watermark(9).out()).toEqual([]);
    expect(run.a([25, 4]).watermark(27).out()).toEqual([]);
    expect(run.watermark(34).out()).toEqual([['[0, 35) 1 2 3 4', 34]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('a job that gets a trigger of its own goes on with its sessions, and so does one that loses it', () => {
    const triggers = [purgingTrigger(countTrigger(9)), null, countTrigger(2), null];
    const given = { assigner: sessions, computation: bounds };
    let run = new WindowRun<TimeWindow>(given).a([0, 1]);
    for (const [index, trigger] of triggers.entries()) {
      const next = trigger === null ? given : { ...given, trigger };
      const items = run.operator.snapshot({ epoch: 1, n: 1 });
      run = new WindowRun<TimeWindow>(next, restoredFrom(run.keyed), items, run.clock).a([5 * index + 5, index + 2]);
    }
    expect(run.out()).toEqual([]);
    expect(run.watermark(29).out()).toEqual([['[0, 30) 1 2 3 4 5', 29]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('in processing time a session ends when the clock has gone on by the gap', () => {
    const run = new WindowRun({ assigner: sessionProcessingTimeWindows({ gapMs: 10 }), computation: bounds });
    run.a([0, 1]).pass(9).a([0, 2]).pass(9);
    expect(run.out()).toEqual([]);
    expect(run.pass(1).out()).toEqual([['[0, 19) 1 2', 18]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('the last watermark ends all', () => {
    const run = new WindowRun({ assigner: sessions }).a([0, 1], [100, 2]);
    expect(run.watermark(maxWatermark).out()).toEqual([
      ['1', 9],
      ['2', 109],
    ]);
  });

  it('a process function has no state for a window that may become another', () => {
    const computation = processed<TimeWindow>((_all, { windowState }) => {
      windowState(valueState<number>('n'));
    });
    const run = new WindowRun({ assigner: sessions, computation }).a([0, 1]);
    expect(() => run.watermark(99)).toThrow(expect.objectContaining({ code: 'WINDOW_STATE_MERGING' }));
  });
});
