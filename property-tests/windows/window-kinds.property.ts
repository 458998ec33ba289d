import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countEvictor,
  countTrigger,
  type DataStream,
  type Evictor,
  globalWindows,
  outputTag,
  processingTimeoutTrigger,
  purgingTrigger,
  sessionEventTimeWindows,
  sessionProcessingTimeWindows,
  slidingEventTimeWindows,
  slidingProcessingTimeWindows,
  type Trigger,
  timeEvictor,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
  type Window,
  type WindowAssigner,
  type WindowedStream,
} from '../../src/index.js';
import { checkOperator, processingTime, record, type ScriptElement, watermark } from '../../src/testing.js';
import { numbersOf, type Result, type Row } from './naive-windows.js';
import { countKinds, timeKinds, type WindowKind } from './window-kinds.js';

const seed = 20_261_120;

interface Arrival extends Row {
  /** How much later than its time it comes. */
  readonly delay: number;
  readonly advances: boolean;
}

const arrivals = (boundMs: number): fc.Arbitrary<readonly Arrival[]> =>
  fc
    .array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd'),
        t: fc.integer({ min: -60, max: 120 }),
        n: fc.nat(9),
        delay: fc.nat(boundMs),
        advances: fc.boolean(),
      }),
      { maxLength: 25, size: 'max' },
    )
    .map((all) => [...all].sort((a, b) => a.t + a.delay - (b.t + b.delay)));

/** The records, with watermarks `heldBackMs` behind the greatest timestamp. */
function scriptOf(all: readonly Arrival[], heldBackMs: number): readonly ScriptElement<Row>[] {
  let greatest = Number.NEGATIVE_INFINITY;
  return all.flatMap(({ key, t, n, advances }): readonly ScriptElement<Row>[] => {
    greatest = Math.max(greatest, t);
    const row = record({ key, t, n }, t);
    return advances ? [row, watermark(greatest - heldBackMs - 1)] : [row];
  });
}

const texts = (results: readonly Result[]): readonly string[] => results.map((each) => JSON.stringify(each)).sort();

function naive({ windows, isOfAll }: WindowKind, all: readonly Arrival[]): readonly Result[] {
  const rows = isOfAll ? all.map((row) => ({ ...row, key: 'all' })) : all;
  return [...new Set(rows.map(({ key }) => key))].flatMap((key) =>
    windows(rows.filter((row) => row.key === key)).map(
      ([inside, maxTimestamp]): Result => [key, numbersOf(inside), maxTimestamp],
    ),
  );
}

const disturbed = { modes: ['mixed', 'fullOutput'], runs: 1, parallelism: [1, 3, 2] } as const;

describe(`windows of every kind (seed ${seed})`, () => {
  it('any order of arrival within the bound gives what plain loops give, also restored and rescaled at any element', async () => {
    const plan = fc
      .nat(25)
      .chain((boundMs) => fc.tuple(fc.constant(boundMs), timeKinds, arrivals(boundMs), fc.nat(9_999)));
    await fc.assert(
      fc.asyncProperty(plan, async ([boundMs, kind, all, chance]) => {
        // A session ends with the watermark that its last moment reaches, and a record of the next moment would still have touched it.
        const heldBackMs = boundMs + (kind.shape?.kind === 'session' ? 1 : 0);
        await checkOperator<Row, Result>({
          ...disturbed,
          seed: chance,
          build: kind.build,
          input: scriptOf(all, heldBackMs),
          expect: (output) => {
            expect(texts(output.map(({ value }) => value)), kind.text).toEqual(texts(naive(kind, all)));
            for (const { value, timestamp } of output) expect(timestamp).toBe(value[2]);
          },
        });
      }),
      { seed, numRuns: 80 },
    );
  });

  it('windows that do not end by time give what plain loops give in the order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(countKinds, arrivals(40), fc.nat(9_999), async (kind, all, chance) => {
        await checkOperator<Row, Result>({
          ...disturbed,
          seed: chance,
          build: kind.build,
          input: scriptOf(all, 0),
          keyOf: ([key]) => key,
          expect: (output) => {
            expect(texts(output.map(({ value }) => value)), kind.text).toEqual(texts(naive(kind, all)));
          },
        });
      }),
      { seed, numRuns: 35 },
    );
  });
});

const late = outputTag<Row>('late');

/** Anything that may happen to windows. */
const script: fc.Arbitrary<readonly ScriptElement<Row>[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({ key: fc.constantFrom('a', 'b', 'c', 'd'), t: fc.integer({ min: -60, max: 120 }), n: fc.nat(9) })
        .map((row) => record(row, row.t)),
    },
    { weight: 2, arbitrary: fc.integer({ min: -60, max: 120 }).map(watermark) },
    { weight: 1, arbitrary: fc.nat(30).map(processingTime) },
  ),
  { maxLength: 25, size: 'max' },
);

const anyWindows = fc.record({
  assigner: fc.constantFrom<unknown>(
    tumblingEventTimeWindows({ sizeMs: 20, offsetMs: 3 }),
    slidingEventTimeWindows({ sizeMs: 20, slideMs: 6 }),
    sessionEventTimeWindows({ gapMs: 8 }),
    sessionEventTimeWindows<Row>({ gapMs: ({ n }) => 3 + n }),
    tumblingProcessingTimeWindows({ sizeMs: 20 }),
    slidingProcessingTimeWindows({ sizeMs: 20, slideMs: 6 }),
    sessionProcessingTimeWindows({ gapMs: 8 }),
    globalWindows(),
  ),
  trigger: fc.constantFrom<Trigger<unknown, Window> | null>(
    null,
    null,
    countTrigger(2),
    purgingTrigger(countTrigger(3)),
    continuousEventTimeTrigger(7),
    continuousProcessingTimeTrigger(7),
    processingTimeoutTrigger(countTrigger(3), { timeoutMs: 9 }),
  ),
  evictor: fc.constantFrom<Evictor<unknown, Window> | null>(null, null, countEvictor(2), timeEvictor(9, 'after')),
  latenessMs: fc.constantFrom(0, 0, 15),
  isOfAll: fc.boolean(),
  keepsLate: fc.boolean(),
});

type AnyWindows = typeof anyWindows extends fc.Arbitrary<infer Windows> ? Windows : never;

function results(
  { assigner, trigger, evictor, latenessMs, isOfAll, keepsLate }: AnyWindows,
  rows: DataStream<Row>,
): DataStream<string> {
  const cut = assigner as WindowAssigner<unknown, Window>;
  let windowed = (isOfAll ? rows.windowAll(cut) : rows.keyBy(({ key }) => key).window(cut)) as WindowedStream<
    Row,
    unknown,
    Window
  >;
  if (trigger !== null) windowed = windowed.trigger(trigger);
  if (evictor !== null) windowed = windowed.evictor(evictor);
  if (cut.time === 'event') windowed = windowed.allowedLateness(latenessMs);
  if (keepsLate) windowed = windowed.sideOutputLateData(late);
  return windowed.process<string>({
    process: (all, { emit, currentKey }) => emit(`${currentKey}: ${all.map(({ n }) => n).join(' ')}`),
  });
}

describe(`windows of every kind under failures (seed ${seed})`, () => {
  it('full outputs, restores and rescales at any element change nothing, nor what is late', async () => {
    await fc.assert(
      fc.asyncProperty(anyWindows, script, fc.nat(9_999), async (windows, input, chance) => {
        fc.pre(
          !windows.trigger || windows.trigger.canMerge || !(windows.assigner as WindowAssigner<unknown, Window>).merges,
        );
        const build = (rows: DataStream<Row>) => results(windows, rows);
        await checkOperator({ build, input, seed: chance, runs: 2, sideOutputs: [late] });
      }),
      { seed, numRuns: 35 },
    );
  });
});
