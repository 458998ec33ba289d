import { describe, expect, it } from 'vitest';
import { continuousEventTimeTrigger, countTrigger } from '../../../src/api/triggers.js';
import {
  sessionEventTimeWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
} from '../../../src/api/windows.js';
import { GuardedOperator } from '../../../src/operators/guarded-operator.js';
import type { Operator } from '../../../src/operators/operator.js';
import { aggregateFold } from '../../../src/operators/window-functions.js';
import { windowOperator } from '../../../src/operators/window-operators.js';
import { valueState } from '../../../src/state/descriptors.js';
import { createHeapState } from '../../../src/state/heap/heap-state.js';
import type { TimeWindow } from '../../../src/window/window.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { opened } from '../operators/operator-run.js';
import { written } from '../state/written.js';
import { type Given, processed, type Sale } from './window-run.js';

/** A window function that fails for windows that hold 13, after it has put something out. */
const unlucky = (state = false) =>
  processed<TimeWindow>(
    (all, { emit, window, windowState }) => {
      if (state) windowState(valueState<number>('firings')).update(1);
      emit(`${window.start}: ${all.map(({ n }) => n).join(' ')}`);
      if (all.some(({ n }) => n === 13)) throw new Error('unlucky');
    },
    {
      clear: () => {
        throw new Error('in clear');
      },
    },
  );

function guardedWindows(given: Given<TimeWindow>, development = true) {
  const keyed = createHeapState({ operator: 'orders', maxParallelism: 4, range: { first: 0, last: 3 }, development });
  const inner = windowOperator<Sale, TimeWindow, unknown>({
    ...{ trigger: null, evictor: null, allowedLatenessMs: 0, computation: unlucky(), late: null },
    ...given,
  });
  const operator = new GuardedOperator(inner as Operator, keyed, 'sideOutput', () => undefined);
  const { output } = opened(operator, keyed, { clock: new VirtualClock() });
  const put = (key: string, ...records: readonly (readonly [timestamp: number, n: number])[]): void => {
    for (const [timestamp, n] of records) {
      keyed.setCurrentKey(key);
      operator.process({ key, n }, timestamp);
    }
  };
  const watermark = (timestamp: number): void => {
    keyed.clearCurrentKey();
    operator.watermark(timestamp);
  };
  const results = (): readonly unknown[] =>
    output.all.splice(0).flatMap((each) => (Array.isArray(each) && each.length === 2 ? [each[0]] : []));
  const keysWithState = (): number => written(keyed.snapshot({ epoch: 1, n: 1 }, null)).changed.length;
  return { operator, keyed, output, put, watermark, results, keysWithState };
}

describe('error policy: windows', () => {
  it.each([
    ['tumbling', tumblingEventTimeWindows({ sizeMs: 10 })],
    ['session', sessionEventTimeWindows({ gapMs: 5 })],
  ])('%s: one whose function fails is left out and gone; the others come out', (_, assigner) => {
    const { put, watermark, results, operator, keysWithState } = guardedWindows({ assigner: assigner });
    put('a', [1, 1], [2, 2], [21, 13], [22, 3], [41, 4]);
    put('b', [21, 5]);
    watermark(100);
    expect(results()).toHaveLength(3);
    // One firing, and four windows whose function fails as they are over.
    expect(operator.failedRecords).toBe(1 + 4);
    expect(keysWithState()).toBe(0);
  });

  it('its letter has the key of the window and when it fired', () => {
    const { put, watermark, output } = guardedWindows({ assigner: tumblingEventTimeWindows({ sizeMs: 10 }) });
    put('a', [1, 13]);
    watermark(100);
    expect(output.all[0]).toMatchObject([
      '$dead-letters',
      { record: null, key: 'a', timestamp: 9, origin: { event: 'timer at 9' }, error: { message: 'unlucky' } },
      9,
    ]);
  });

  it('sliding by panes: the windows behind one that fails still fire', () => {
    const fold = aggregateFold<Sale, readonly number[], string>({
      createAccumulator: () => [],
      add: ({ n }, all) => [...all, n],
      getResult: (all) => {
        if (all.length === 2) throw new Error('two are unlucky');
        return all.join(' ');
      },
      merge: (a, b) => [...a, ...b],
    });
    const assigner = slidingEventTimeWindows({ sizeMs: 20, slideMs: 10 });
    const { put, watermark, results, operator, keysWithState } = guardedWindows({
      assigner,
      computation: { fold, process: null },
    });
    put('a', [11, 1], [21, 2]);
    watermark(100);
    expect(results()).toEqual(['1', '2']);
    expect(operator.failedRecords).toBe(1);
    expect(keysWithState()).toBe(0);
  });

  it('a trigger that goes on by timers of its own goes on after a firing that fails', () => {
    const { put, watermark, results, operator } = guardedWindows({
      assigner: tumblingEventTimeWindows({ sizeMs: 100 }),
      trigger: continuousEventTimeTrigger(10),
      computation: processed<TimeWindow>((all, { watermark: now, emit }) => {
        if (now < 30) throw new Error('too early');
        emit(all.length);
      }),
    });
    put('a', [1, 1]);
    for (const at of [10, 20, 30]) watermark(at);
    expect(results()).toEqual([1]);
    expect(operator.failedRecords).toBe(2);
  });

  it('a record whose firing fails is not in the window, also where values are not frozen', () => {
    const { put, watermark, results, operator } = guardedWindows(
      {
        assigner: tumblingEventTimeWindows({ sizeMs: 100 }),
        trigger: countTrigger(2),
        computation: processed<TimeWindow>((all, { emit }) => {
          if (all.some(({ n }) => n === 13)) throw new Error('unlucky');
          emit(all.map(({ n }) => n).join(' '));
        }),
      },
      false,
    );
    put('a', [1, 1], [2, 13], [3, 3], [4, 4]);
    watermark(50);
    expect(results()).toEqual(['1 3']);
    put('a', [5, 5]);
    expect(results()).toEqual(['1 3 4 5']);
    expect(operator.failedRecords).toBe(1);
  });
});
