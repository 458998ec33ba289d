import { describe, expect, it } from 'vitest';
import { countEvictor, deltaEvictor, timeEvictor } from '../../../src/api/evictors.js';
import { countTrigger } from '../../../src/api/triggers.js';
import { globalWindows, tumblingEventTimeWindows } from '../../../src/api/windows.js';
import { aggregateFold } from '../../../src/operators/window-functions.js';
import { maxWatermark, noTimestamp } from '../../../src/time/timestamps.js';
import type { Evictor } from '../../../src/window/evictor.js';
import type { TimeWindow } from '../../../src/window/window.js';
import { collected, listed, type Sale, WindowRun } from './window-run.js';

const assigner = tumblingEventTimeWindows({ sizeMs: 100 });

describe('evictors', () => {
  it('count: the last n are kept', () => {
    const run = new WindowRun({ assigner, evictor: countEvictor(2), computation: collected });
    expect(run.a([1, 1], [2, 2], [3, 3]).watermark(99).out()).toEqual([['2 3', 99]]);
  });

  it('time: those as old as the size are taken out, by the greatest timestamp', () => {
    const run = new WindowRun({ assigner, evictor: timeEvictor(10), computation: collected });
    expect(run.a([20, 1], [11, 2], [10, 3], [9, 4]).watermark(99).out()).toEqual([['1 2', 99]]);
  });

  it('time: records without timestamps all stay', () => {
    const given = { assigner: globalWindows(), trigger: countTrigger(2), evictor: timeEvictor(10) };
    const run = new WindowRun({ ...given, computation: collected });
    expect(run.a([noTimestamp, 1], [noTimestamp, 2]).out()).toEqual([['1 2', maxWatermark]]);
  });

  it('delta: those as far as the threshold from the last one are taken out', () => {
    const delta = ({ n: from }: Sale, { n: to }: Sale): number => Math.abs(to - from);
    const run = new WindowRun({ assigner, evictor: deltaEvictor({ threshold: 5, delta }), computation: collected });
    expect(run.a([1, 1], [2, 6], [3, 7], [4, 3]).watermark(99).out()).toEqual([['1 6 7 3', 99]]);
    expect(run.a([101, 1], [102, 6], [103, 7], [104, 2], [105, 6]).watermark(199).out()).toEqual([['6 7 2 6', 199]]);
  });

  it('what was taken out is gone for later firings too', () => {
    const given = { assigner: globalWindows(), trigger: countTrigger(1), evictor: timeEvictor(10) };
    const run = new WindowRun({ ...given, computation: collected });
    expect(run.a([0, 1], [20, 2], [5, 3]).out()).toEqual([
      ['1', maxWatermark],
      ['2', maxWatermark],
      ['2', maxWatermark],
    ]);
  });

  it('after the function: it sees all, and the next firing only what was kept', () => {
    const given = { assigner: globalWindows(), trigger: countTrigger(2), evictor: countEvictor(1, 'after') };
    const run = new WindowRun({ ...given, computation: collected });
    expect(run.a([0, 1], [0, 2], [0, 3], [0, 4]).out()).toEqual([
      ['1 2', maxWatermark],
      ['2 3 4', maxWatermark],
    ]);
  });

  it('one of the job: before and after, with the window, in the order in which records came', () => {
    const seen: unknown[] = [];
    const evictor: Evictor<Sale, TimeWindow> = {
      evictBefore: (elements, { start }) => {
        seen.push(elements.map(({ timestamp }) => timestamp - start));
        return elements.filter(({ value }) => value.n > 1);
      },
      evictAfter: (elements) => elements.slice(1),
    };
    const run = new WindowRun<TimeWindow>({ assigner, trigger: countTrigger(3), evictor, computation: collected });
    expect(run.a([103, 1], [101, 2], [102, 3], [104, 4], [105, 1], [106, 5]).out()).toEqual([
      ['2 3', 199],
      ['3 4 5', 199],
    ]);
    expect(seen).toEqual([
      [3, 1, 2],
      [2, 4, 5, 6],
    ]);
  });

  it('an evictor that takes out all leaves an empty window, which does not emit', () => {
    const run = new WindowRun({ assigner, evictor: countEvictor(0), computation: collected });
    expect(run.a([1, 1]).watermark(99).out()).toEqual([]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('an evictor disables folding as records come: it sees them all, and only what is kept is folded', () => {
    let added = 0;
    const computation = {
      fold: aggregateFold<Sale, readonly number[], string>({
        createAccumulator: () => [],
        add: ({ n }, all) => {
          added += 1;
          return [...all, n];
        },
        getResult: (all) => all.join(' '),
      }),
      process: null,
    };
    const run = new WindowRun({ assigner, evictor: countEvictor(2), computation }).a([1, 1], [2, 2], [3, 3]);
    expect(added).toBe(0);
    expect(run.watermark(99).out()).toEqual([['2 3', 99]]);
    expect(added).toBe(2);
  });

  it('folds are the same as without, when nothing is taken out', () => {
    const run = new WindowRun({ assigner, evictor: countEvictor(9), computation: listed });
    expect(run.a([1, 1], [2, 2]).watermark(99).out()).toEqual([['1 2', 99]]);
  });

  it('its records outlive a failure, in their order', () => {
    const run = new WindowRun({ assigner, evictor: countEvictor(3), computation: collected });
    run.a(...Array.from({ length: 600 }, (_, n) => [1, n] as const));
    expect(run.restored().a([2, 600]).watermark(99).out()).toEqual([['598 599 600', 99]]);
  });
});
