import { describe, expect, it } from 'vitest';
import {
  type DataStream,
  eventTimeTrigger,
  globalWindows,
  sessionEventTimeWindows,
  sessionProcessingTimeWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
  type Window,
  type WindowAssigner,
} from 'weirflow';
import { openHarness } from 'weirflow/testing';
import { type Event, event, keyOf, listed, shown } from './events.js';

const inWindows = (assigner: unknown) => (events: DataStream<Event>) =>
  events
    .keyBy(keyOf)
    .window(assigner as WindowAssigner<Event, Window>)
    .process(listed);

/** What windows of key a put out for records at these times, numbered from 1. */
async function results(assigner: unknown, ...times: readonly number[]): Promise<readonly string[]> {
  const harness = await openHarness({ build: inWindows(assigner) });
  for (const [at, time] of times.entries()) harness.push(event('a', at + 1), time);
  harness.endInput();
  return shown(harness.output());
}

describe('Windows: tumbling', () => {
  it('start = ts − floorMod(ts − offset, size): negative timestamps have their own windows', async () => {
    const assigner = tumblingEventTimeWindows({ sizeMs: 10 });
    expect(await results(assigner, -11, -10, -1, 0, 9, 10)).toEqual([
      'a: 1 @-11',
      'a: 2 3 @-1',
      'a: 4 5 @9',
      'a: 6 @19',
    ]);
  });

  it('an offset moves the starts, and is smaller than the size', async () => {
    expect(await results(tumblingEventTimeWindows({ sizeMs: 10, offsetMs: 3 }), 2, 3)).toEqual(['a: 1 @2', 'a: 2 @12']);
    expect(await results(tumblingEventTimeWindows({ sizeMs: 10, offsetMs: -3 }), 6, 7)).toEqual([
      'a: 1 @6',
      'a: 2 @16',
    ]);
    expect(() => tumblingEventTimeWindows({ sizeMs: 10, offsetMs: 10 })).toThrow('from -9 to 9');
  });

  it('the timestamp of a result is the maxTimestamp of the window: its end less 1', async () => {
    const harness = await openHarness({ build: inWindows(tumblingEventTimeWindows({ sizeMs: 10 })) });
    harness.push(event('a', 1), 4);
    harness.watermark(8);
    expect(harness.output()).toEqual([]);
    harness.watermark(9);
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
  });

  it('in processing time the clock at arrival decides, and the window fires when the clock has passed its end', async () => {
    const harness = await openHarness({
      build: inWindows(tumblingProcessingTimeWindows({ sizeMs: 10 })),
      processingTime: 7,
    });
    harness.push(event('a', 1), 99);
    harness.advanceProcessingTime(2);
    expect(harness.output()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
  });
});

describe('Windows: sliding', () => {
  it('a record is in size / slide windows, negative ones too', async () => {
    const assigner = slidingEventTimeWindows({ sizeMs: 10, slideMs: 5 });
    expect(await results(assigner, -1, 6)).toEqual(['a: 1 @-1', 'a: 1 @4', 'a: 2 @9', 'a: 2 @14']);
  });

  it('an offset moves them, and is smaller than the slide', async () => {
    const assigner = slidingEventTimeWindows({ sizeMs: 10, slideMs: 5, offsetMs: 2 });
    expect(await results(assigner, 1)).toEqual(['a: 1 @1', 'a: 1 @6']);
    expect(() => slidingEventTimeWindows({ sizeMs: 10, slideMs: 5, offsetMs: 5 })).toThrow('from -4 to 4');
  });
});

describe('Windows: session', () => {
  it('windows merge when they touch: events exactly one gap apart join, one more apart do not', async () => {
    const assigner = sessionEventTimeWindows({ gapMs: 10 });
    expect(await results(assigner, 0, 10)).toEqual(['a: 1 2 @19']);
    expect(await results(assigner, 0, 11)).toEqual(['a: 1 @9', 'a: 2 @20']);
  });

  it('a late bridge makes two sessions one', async () => {
    expect(await results(sessionEventTimeWindows({ gapMs: 10 }), 0, 15, 7)).toEqual(['a: 1 2 3 @24']);
  });

  it('a dynamic gap is that of each element', async () => {
    const assigner = sessionEventTimeWindows<Event>({ gapMs: ({ n }) => n * 10 });
    expect(await results(assigner, 0, 11, 31)).toEqual(['a: 1 @9', 'a: 2 3 @60']);
  });

  it('a gap is above 0: a static one when the job is built, a dynamic one with its element', async () => {
    expect(() => sessionEventTimeWindows({ gapMs: 0 })).toThrow('above 0');
    const harness = await openHarness({ build: inWindows(sessionEventTimeWindows<Event>({ gapMs: () => 0 })) });
    expect(() => harness.push(event('a', 1), 0)).toThrow(/gap/);
  });

  it('merging comes before the late check: a late element that bridges into a live session is kept', async () => {
    const harness = await openHarness({ build: inWindows(sessionEventTimeWindows({ gapMs: 10 })) });
    harness.push(event('a', 1), 20);
    harness.watermark(25);
    harness.push(event('a', 2), 12);
    harness.push(event('a', 3), 1);
    expect(harness.lateRecordsDropped).toBe(1);
    harness.endInput();
    expect(shown(harness.output())).toEqual(['a: 1 2 @29']);
  });

  it('in processing time they end when the clock has gone on by the gap', async () => {
    const harness = await openHarness({ build: inWindows(sessionProcessingTimeWindows({ gapMs: 10 })) });
    harness.push(event('a', 1));
    harness.advanceProcessingTime(9);
    harness.push(event('a', 2));
    harness.advanceProcessingTime(9);
    expect(harness.output()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(shown(harness.output())).toEqual(['a: 1 2 @18']);
  });
});

describe('Windows: global and count', () => {
  const counted = (size: number, slide?: number) => (events: DataStream<Event>) =>
    events.keyBy(keyOf).countWindow(size, slide).process(listed);

  async function ofCounts(build: (events: DataStream<Event>) => DataStream<string>, count: number) {
    const harness = await openHarness({ build });
    for (let n = 1; n <= count; n++) harness.push(event('a', n));
    harness.endInput();
    return harness.output().map(({ value }) => value);
  }

  it('the default trigger of global windows never fires', async () => {
    expect(await results(globalWindows(), 1, 2, 3)).toEqual([]);
  });

  it('countWindow(n) is global, purging count(n): what is left over is not put out', async () => {
    expect(await ofCounts(counted(2), 5)).toEqual(['a: 1 2', 'a: 3 4']);
  });

  it('countWindow(n, s) fires every s with the last n: early firings hold fewer than n', async () => {
    expect(await ofCounts(counted(3, 2), 6)).toEqual(['a: 1 2', 'a: 2 3 4', 'a: 4 5 6']);
  });
});

describe('Windows: all', () => {
  it('windowAll has no keys, and one parallel instance whatever the parallelism', async () => {
    const harness = await openHarness({
      build: (events: DataStream<Event>) =>
        events
          .windowAll(tumblingEventTimeWindows({ sizeMs: 10 }))
          .trigger(eventTimeTrigger())
          .process<string>({
            process: (all, { emit }) => emit(all.map(({ key, n }) => `${key}${n}`).join(' ')),
          }),
      parallelism: 3,
    });
    for (const [at, key] of [...'abcd'].entries()) harness.push(event(key, at), at);
    harness.watermark(9);
    expect(shown(harness.output())).toEqual(['a0 b1 c2 d3 @9']);
  });
});
