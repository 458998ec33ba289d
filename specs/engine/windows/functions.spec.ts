import { describe, expect, it } from 'vitest';
import {
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/api/windows.js';
import type { ProcessWindowFunction, WindowContext } from '../../../src/operators/window-functions.js';
import { aggregateFold } from '../../../src/operators/window-functions.js';
import { PaneWindowOperator } from '../../../src/operators/window-operator-panes.js';
import { valueState } from '../../../src/state/descriptors.js';
import { noTimestamp } from '../../../src/time/timestamps.js';
import type { TimeWindow } from '../../../src/window/window.js';
import { collected, listed, listedWithoutMerge, processed, type Sale, WindowRun } from './window-run.js';

const assigner = tumblingEventTimeWindows({ sizeMs: 10 });
const sliding = slidingEventTimeWindows({ sizeMs: 10, slideMs: 5 });

type Context = WindowContext<string, unknown, TimeWindow>;

describe('functions on windows', () => {
  it('process: all records in the order in which they came, with key, window, watermark and clock', () => {
    const computation = processed<TimeWindow>((all, context) => {
      const { window, watermark, currentKey, currentProcessingTime, emit } = context;
      emit({ all: all.map(({ n }) => n), window, watermark, currentKey, now: currentProcessingTime() });
    });
    const run = new WindowRun({ assigner, computation }).pass(77).a([5, 1], [3, 2], [4, 3]);
    expect(run.watermark(12).out()).toEqual([
      [{ all: [1, 2, 3], window: { start: 0, end: 10, maxTimestamp: 9 }, watermark: 12, currentKey: 'a', now: 77 }, 9],
    ]);
  });

  it('process: emits any number of times, with another timestamp if it is given', () => {
    const computation = processed<TimeWindow>((all, { emit }) => {
      for (const { n } of all) emit(n);
      emit('end', 5);
    });
    expect(new WindowRun({ assigner, computation }).a([1, 1], [2, 2]).watermark(9).out()).toEqual([
      [1, 9],
      [2, 9],
      ['end', 5],
    ]);
  });

  it('process behind a fold gets its one result', () => {
    const process = {
      process: ([all]: readonly string[], { window, emit }: Context) => emit(`${window.start}: ${all}`),
    } as ProcessWindowFunction<unknown, unknown, unknown, TimeWindow>;
    const computation = { fold: listed.fold, process };
    expect(new WindowRun({ assigner, computation }).a([1, 1], [2, 2]).watermark(9).out()).toEqual([['0: 1 2', 9]]);
    expect(new WindowRun({ assigner: sliding, computation }).a([1, 1], [6, 2]).watermark(99).out()).toEqual([
      ['-5: 1', 4],
      ['0: 1 2', 9],
      ['5: 2', 14],
    ]);
  });

  it('a merge of panes that adds to the first of them in place changes none of the others', () => {
    interface All {
      readonly numbers: number[];
      readonly bits: Uint8Array;
    }
    const fold = aggregateFold<Sale, All, string>({
      createAccumulator: () => ({ numbers: [], bits: new Uint8Array(8) }),
      add: ({ n }, { numbers, bits }) => ({
        numbers: [...numbers, n],
        bits: Uint8Array.from(bits as Uint8Array).fill(1, n, n + 1),
      }),
      getResult: ({ numbers, bits }) => `${numbers.join(' ')}, ${(bits as Uint8Array).join('')}`,
      merge: (a, b) => {
        (a as All).numbers.push(...b.numbers);
        for (const [at, bit] of (b.bits as Uint8Array).entries()) if (bit === 1) (a as All).bits[at] = 1;
        return a;
      },
    });
    const every5 = slidingEventTimeWindows({ sizeMs: 15, slideMs: 5 });
    const run = new WindowRun({ assigner: every5, computation: { fold, process: null } });
    expect(run.operator).toBeInstanceOf(PaneWindowOperator);
    expect(run.a([1, 1], [6, 2], [11, 3]).watermark(99).out()).toEqual([
      ['1, 01000000', 4],
      ['1 2, 01100000', 9],
      ['1 2 3, 01110000', 14],
      ['2 3, 00110000', 19],
      ['3, 00010000', 24],
    ]);
  });

  const firings = valueState<number>('firings');
  const total = valueState<number>('total');
  const counting = (clear?: (context: Context) => void) =>
    processed<TimeWindow>(
      (_all, { windowState, state, emit }) => {
        const here = windowState(firings);
        here.update((here.value() ?? 0) + 1);
        const everywhere = state(total);
        everywhere.update((everywhere.value() ?? 0) + 1);
        emit(`${here.value()} of ${everywhere.value()}`);
      },
      clear === undefined ? {} : { clear },
    );

  it('state of the window ends with it, state of the key does not', () => {
    const run = new WindowRun({ assigner, computation: counting(), allowedLatenessMs: 5 });
    expect(run.a([1, 1]).watermark(9).a([2, 2]).watermark(14).a([11, 3]).watermark(19).out()).toEqual([
      ['1 of 1', 9],
      ['2 of 2', 9],
      ['1 of 3', 19],
    ]);
    run.watermark(99).keyed.setCurrentKey('a');
    expect(run.keyed.value(total).value()).toBe(3);
    run.keyed.value(total).clear();
    expect(run.groupsWithState()).toBe(0);
  });

  it('clear is called when the window is over, with its state', () => {
    const cleared: unknown[] = [];
    const computation = counting(({ window, windowState, state }) => {
      cleared.push([window.start, windowState(firings).value()]);
      state(total).clear();
    });
    const run = new WindowRun({ assigner, computation }).a([1, 1], [11, 2]).watermark(99);
    expect(cleared).toEqual([
      [0, 1],
      [10, 1],
    ]);
    expect(run.groupsWithState()).toBe(0);
  });

  it.each([
    ['at once', 0],
    ['after the lateness', 7],
  ])('state of windows in panes ends with them, %s', (_when, allowedLatenessMs) => {
    const process = counting().process;
    const computation = { fold: listed.fold, process };
    const run = new WindowRun({ assigner: sliding, computation, allowedLatenessMs });
    expect(run.operator).toBeInstanceOf(PaneWindowOperator);
    run.a([1, 1], [12, 2]).watermark(99).keyed.setCurrentKey('a');
    expect(run.out()).toEqual([
      ['1 of 1', 4],
      ['1 of 2', 9],
      ['1 of 3', 14],
      ['1 of 4', 19],
    ]);
    run.keyed.value(total).clear();
    expect(run.groupsWithState()).toBe(0);
  });

  it('opens before the first record, and closes', () => {
    const calls: unknown[] = [];
    const computation = processed<TimeWindow>(() => undefined, {
      open: ({ subtaskIndex, parallelism }) => calls.push(['open', subtaskIndex, parallelism]),
      close: () => calls.push('close'),
    });
    new WindowRun({ assigner, computation }).a([1, 1]).operator.close();
    expect(calls).toEqual([['open', 1, 2], 'close']);
  });

  it('the watermark is that before the first, before the first', () => {
    const seen: number[] = [];
    const computation = processed<TimeWindow>((_all, { watermark }) => seen.push(watermark));
    const trigger = {
      canMerge: false,
      onElement: () => 'fire' as const,
      onEventTime: () => 'continue' as const,
      onProcessingTime: () => 'continue' as const,
      clear: () => undefined,
    };
    new WindowRun({ assigner, computation, trigger }).a([1, 1]);
    expect(seen).toEqual([noTimestamp]);
  });
});

describe('windows and room', () => {
  it('in event time they fire one by one as receivers have room, and the watermark comes after the last', () => {
    const run = new WindowRun({ assigner, computation: collected }).a([1, 1], [11, 2]).of('b', [1, 3]);
    const firings = run.steps(99);
    expect(firings).toEqual([[['1', 9]], [['3', 9]], [['2', 19], 'watermark 99']]);
  });

  it('in processing time too', () => {
    const run = new WindowRun({ assigner: tumblingProcessingTimeWindows({ sizeMs: 10 }), computation: collected });
    run.a([0, 1]).of('b', [0, 2]);
    run.output.isBlocked = true;
    expect(run.pass(15).out()).toEqual([]);
    expect(run.watermark(1).out()).toEqual([
      ['1', 9],
      ['2', 9],
    ]);
  });
});

describe('sliding windows in panes', () => {
  it('are used for what can be merged and has no trigger or evictor of its own', () => {
    const kindOf = (computation: typeof listed) => new WindowRun({ assigner: sliding, computation }).operator;
    expect(kindOf(listed)).toBeInstanceOf(PaneWindowOperator);
    expect(kindOf(listedWithoutMerge)).not.toBeInstanceOf(PaneWindowOperator);
    expect(kindOf(collected)).not.toBeInstanceOf(PaneWindowOperator);
  });

  it('fold each record once, however many windows it is in', () => {
    let folded = 0;
    const fold = {
      first: ({ n }: Sale) => {
        folded += 1;
        return n;
      },
      add: (sum: unknown, { n }: Sale) => {
        folded += 1;
        return (sum as number) + n;
      },
      merge: (a: unknown, b: unknown) => (a as number) + (b as number),
      result: (sum: unknown) => sum,
    };
    const wide = slidingEventTimeWindows({ sizeMs: 1_000, slideMs: 10 });
    const run = new WindowRun({ assigner: wide, computation: { fold, process: null } }).a([5, 1], [6, 2], [905, 4]);
    expect(folded).toBe(3);
    const out = run.watermark(99_999).out() as readonly (readonly [number, number])[];
    expect(out).toHaveLength(190);
    expect(out.filter(([sum]) => sum === 7)).toHaveLength(10);
    expect(run.groupsWithState()).toBe(0);
  });

  it('stop between two windows while receivers have no room, and go on', () => {
    const run = new WindowRun({ assigner: sliding }).a([1, 1], [6, 2]);
    run.output.isBlocked = true;
    expect(run.watermark(99).output.all).toEqual([['1', 4], ['1 2', 9], ['2', 14], 'watermark 99']);
  });
});
