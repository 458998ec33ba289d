import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Given, type Sale, WindowRun } from '../../specs/engine/windows/window-run.js';
import { countEvictor, timeEvictor } from '../../src/api/evictors.js';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  deltaTrigger,
  processingTimeoutTrigger,
  purgingTrigger,
} from '../../src/api/triggers.js';
import {
  globalWindows,
  sessionEventTimeWindows,
  sessionProcessingTimeWindows,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../src/api/windows.js';
import { aggregateFold, type WindowComputation } from '../../src/operators/window-functions.js';
import { WindowOperator } from '../../src/operators/window-operator.js';
import { MergingWindowOperator } from '../../src/operators/window-operator-merging.js';
import { SessionOperator } from '../../src/operators/window-operator-sessions.js';
import { maxWatermark } from '../../src/time/timestamps.js';
import type { Window } from '../../src/window/window.js';
import { naiveResults, numbersOf, type Result, type Row, type Shape } from './naive-windows.js';

const seed = 20_261_148;

/** The key and the numbers of a window, folded or from all records. */
const folded: WindowComputation<Sale, Window, unknown> = {
  fold: aggregateFold<Sale, readonly Sale[], readonly [string, string]>({
    createAccumulator: () => [],
    add: (sale, all) => [...all, sale],
    getResult: (all) => [all[0]?.key ?? '', numbersOf(all)],
    merge: (a, b) => [...a, ...b],
  }),
  process: null,
};
const kept: WindowComputation<Sale, Window, unknown> = {
  fold: null,
  process: {
    process: (all, { emit }) => emit([(all as readonly Sale[])[0]?.key ?? '', numbersOf(all as readonly Sale[])]),
  },
};

interface Kind {
  readonly shape: Shape;
  readonly given: Given<Window>;
}

const computation = fc.constantFrom(folded, kept);
const offsetBelow = (step: number) => fc.integer({ min: 1 - step, max: step - 1 });
const assignerOf = (assigner: unknown): Given<Window>['assigner'] => assigner as Given<Window>['assigner'];

const fixedKind: fc.Arbitrary<Kind> = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), fc.boolean(), computation)
  .chain(([size, slide, tumbles, how]) =>
    offsetBelow(tumbles ? size : slide).map((offset) => ({
      shape: { kind: 'fixed', size, slide: tumbles ? size : slide, offset } as const,
      given: {
        assigner: assignerOf(
          tumbles
            ? tumblingEventTimeWindows({ sizeMs: size, offsetMs: offset })
            : slidingEventTimeWindows({ sizeMs: size, slideMs: slide, offsetMs: offset }),
        ),
        computation: how,
      },
    })),
  );

const sessionKind: fc.Arbitrary<Kind> = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.boolean(), computation)
  .map(([gap, isDynamic, how]) => ({
    shape: { kind: 'session', gapOf: ({ n }) => (isDynamic ? gap + n : gap) },
    given: {
      assigner: assignerOf(sessionEventTimeWindows<Sale>({ gapMs: isDynamic ? ({ n }) => gap + n : gap })),
      computation: how,
    },
  }));

const kind = fc.oneof(fixedKind, sessionKind);

interface Arrival extends Row {
  /** How much later than its time it comes. */
  readonly delay: number;
  /** What happens after it. */
  readonly restores: boolean;
  readonly watermark: boolean;
}

const arrivals = (boundMs: number): fc.Arbitrary<readonly Arrival[]> =>
  fc
    .array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        t: fc.integer({ min: -60, max: 120 }),
        n: fc.nat(9),
        delay: fc.nat(boundMs),
        restores: fc.boolean(),
        watermark: fc.boolean(),
      }),
      { maxLength: 40, size: 'max' },
    )
    .map((all) => [...all].sort((a, b) => a.t + a.delay - (b.t + b.delay)));

/**
 * A session ends with the watermark that its last moment reaches, and a record of the next moment would still have touched it: sorted and
 * unsorted records make the same sessions if the watermark leaves that moment open.
 */
const openMs = (shape: Shape): number => (shape.kind === 'session' ? 1 : 0);

/** Runs them, with the watermark `heldBackMs` behind the greatest timestamp. */
function resultsOf(given: Given<Window>, all: readonly Arrival[], heldBackMs: number) {
  let run = new WindowRun(given);
  const results: Result[] = [];
  let dropped = 0;
  let greatest = Number.NEGATIVE_INFINITY;
  const take = (): void => {
    for (const [[key, numbers], at] of run.out() as readonly [readonly [string, string], number][]) {
      results.push([key, numbers, at]);
    }
  };
  for (const { key, t, n, restores, watermark } of all) {
    run.of(key, [t, n]);
    greatest = Math.max(greatest, t);
    if (watermark) {
      // Each firing finds no room behind the one before it.
      run.output.isBlocked = true;
      run.watermark(greatest - heldBackMs - 1);
    }
    take();
    if (!restores) continue;
    dropped += run.operator.numLateRecordsDropped;
    run = run.restored();
  }
  run.watermark(maxWatermark);
  take();
  return { results, dropped: dropped + run.operator.numLateRecordsDropped, groupsLeft: run.groupsWithState() };
}

const texts = (results: Iterable<Result>): readonly string[] => [...results].map((each) => JSON.stringify(each)).sort();

describe(`windows (seed ${seed})`, () => {
  it('in any order of arrival within the bound the results are those of sorted records, each once', () => {
    const plan = fc.nat(25).chain((boundMs) => fc.tuple(fc.constant(boundMs), kind, arrivals(boundMs)));
    fc.assert(
      fc.property(plan, ([boundMs, { shape, given }, all]) => {
        const { results, dropped, groupsLeft } = resultsOf(given, all, boundMs + openMs(shape));
        expect(texts(results)).toEqual(texts(naiveResults(shape, all)));
        expect({ dropped, groupsLeft }).toEqual({ dropped: 0, groupsLeft: 0 });
      }),
      { seed, numRuns: 600 },
    );
  });

  it('within bound and allowed lateness the last results are those of sorted records', () => {
    const plan = fc
      .tuple(fc.nat(25), fc.nat(25))
      .chain(([boundMs, latenessMs]) =>
        fc.tuple(fc.constant(boundMs), fc.constant(latenessMs), kind, arrivals(boundMs)),
      );
    fc.assert(
      fc.property(plan, ([boundMs, allowedLatenessMs, { shape, given }, all]) => {
        const heldBackMs = Math.max(0, boundMs - allowedLatenessMs) + openMs(shape);
        const { results, dropped, groupsLeft } = resultsOf({ ...given, allowedLatenessMs }, all, heldBackMs);
        const last = new Map(results.map((result) => [`${result[0]} ${result[2]}`, result]));
        const expected = texts(naiveResults(shape, all));
        // A session that others made longer was put out before, with its former end.
        const found =
          shape.kind === 'fixed'
            ? texts(last.values())
            : texts(last.values()).filter((each) => expected.includes(each));
        expect(found).toEqual(expected);
        expect({ dropped, groupsLeft }).toEqual({ dropped: 0, groupsLeft: 0 });
      }),
      { seed, numRuns: 600 },
    );
  });
});

/** Anything that may happen to an operator. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('record'), fc.integer({ min: -60, max: 120 }), fc.nat(9)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('watermark'), fc.nat(20), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('pass'), fc.nat(20), fc.constant(0)) },
);
const events = fc.array(event, { maxLength: 60, size: 'max' });

/** What comes out of each event, in an order of its own: keys of one moment fire in any order. */
function answersOf(
  given: Given<Window>,
  all: readonly (readonly [string, number, number])[],
  restoresAt: (at: number) => boolean,
) {
  let run = new WindowRun(given);
  let watermark = -50;
  let dropped = 0;
  const answers = all.map(([what, amount, n], at) => {
    if (what === 'record') run.of('abc'.charAt(n % 3), [amount, n]);
    else if (what === 'pass') run.pass(amount);
    else {
      watermark += amount;
      run.watermark(watermark);
    }
    const answer = run.out().map((each) => JSON.stringify(each));
    if (restoresAt(at)) {
      dropped += run.operator.numLateRecordsDropped;
      run = run.restored();
    }
    return answer.sort();
  });
  answers.push(
    run
      .pass(1_000)
      .watermark(maxWatermark)
      .out()
      .map((each) => JSON.stringify(each))
      .sort(),
  );
  return { answers, dropped: dropped + run.operator.numLateRecordsDropped };
}

const delta = ({ n: from }: Sale, { n: to }: Sale): number => Math.abs(to - from);
const anyKind: fc.Arbitrary<Given<Window>> = fc.record({
  assigner: fc
    .constantFrom<unknown>(
      tumblingEventTimeWindows({ sizeMs: 20, offsetMs: 3 }),
      slidingEventTimeWindows({ sizeMs: 20, slideMs: 6 }),
      sessionEventTimeWindows({ gapMs: 8 }),
      tumblingProcessingTimeWindows({ sizeMs: 20 }),
      slidingProcessingTimeWindows({ sizeMs: 20, slideMs: 6 }),
      sessionProcessingTimeWindows({ gapMs: 8 }),
      globalWindows(),
    )
    .map(assignerOf),
  trigger: fc.constantFrom(
    null,
    null,
    null,
    countTrigger(2),
    purgingTrigger(countTrigger(3)),
    continuousEventTimeTrigger(7),
    continuousProcessingTimeTrigger(7),
    deltaTrigger({ threshold: 3, delta }),
    processingTimeoutTrigger(countTrigger(3), { timeoutMs: 9 }),
  ),
  evictor: fc.constantFrom(null, null, countEvictor(2), timeEvictor(9)),
  allowedLatenessMs: fc.constantFrom(0, 0, 15),
  computation,
});

describe(`windows under failures (seed ${seed})`, () => {
  it('a snapshot and a restore at any element change nothing', () => {
    const fits = ({ assigner, trigger }: Given<Window>): boolean => !assigner.merges || trigger?.canMerge !== false;
    fc.assert(
      fc.property(anyKind.filter(fits), events, fc.infiniteStream(fc.boolean()), (given, all, coin) => {
        const whole = answersOf(given, all, () => false);
        const restores = all.map(() => coin.next().value === true);
        expect(answersOf(given, all, (at) => restores[at] === true)).toEqual(whole);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('sliding windows by panes put out and drop what they do window by window', () => {
    const sizes = fc.tuple(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 29 }));
    const sliding = sizes.filter(([size, slide]) => slide < size);
    fc.assert(
      fc.property(sliding, fc.nat(25), fc.boolean(), events, ([sizeMs, slideMs], allowedLatenessMs, byClock, all) => {
        const windows = byClock ? slidingProcessingTimeWindows : slidingEventTimeWindows;
        const assigner = assignerOf(windows({ sizeMs, slideMs }));
        const given = { assigner, allowedLatenessMs, computation: folded };
        const naive: Given<Window> = { ...given, create: (setting) => new WindowOperator(setting) };
        const byPanes = answersOf(given, all, () => false);
        expect(byPanes).toEqual(answersOf(naive, all, () => false));
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('sessions whose timers lag behind put out and drop what those do that move them, also where a job changes from one to the other', () => {
    const plan = fc.record({
      gap: fc.integer({ min: 1, max: 15 }),
      byClock: fc.boolean(),
      allowedLatenessMs: fc.constantFrom(0, 5, 25),
      changes: fc.boolean(),
      how: computation,
      evictor: fc.constantFrom(null, countEvictor(2)),
    });
    fc.assert(
      fc.property(plan, events, fc.infiniteStream(fc.boolean()), (kind, all, coin) => {
        const { gap, byClock, allowedLatenessMs, changes, how, evictor } = kind;
        const windows = byClock ? sessionProcessingTimeWindows : sessionEventTimeWindows;
        const assigner = assignerOf(windows({ gapMs: ({ n }: Sale) => gap + n }));
        const toss = (): boolean => coin.next().value === true;
        const restores = all.map(toss);
        const given = { assigner, allowedLatenessMs, computation: how, evictor };
        // A session that still takes records after its end may put out the same twice where a job has changed.
        const once = ({ answers, dropped }: ReturnType<typeof answersOf>) => ({
          answers: changes && allowedLatenessMs > 0 ? answers.map((each) => [...new Set(each)]) : answers,
          dropped,
        });
        const moved = once(answersOf({ ...given, create: moving }, all, () => false));
        const create: Create = (setting) => (changes && toss() ? moving(setting) : lagging(setting));
        expect(once(answersOf({ ...given, create }, all, (at) => restores[at] === true))).toEqual(moved);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

type Create = NonNullable<Given<Window>['create']>;
const moving = ((setting) => new MergingWindowOperator(setting)) as (of: never) => unknown as Create;
const lagging = ((setting) => new SessionOperator(setting)) as (of: never) => unknown as Create;
