import { describe, expect, it } from 'vitest';
import {
  countEvictor,
  type DataStream,
  deltaEvictor,
  type Evictor,
  timeEvictor,
  tumblingEventTimeWindows,
  type Window,
} from 'weirflow';
import { openHarness } from 'weirflow/testing';
import { type Event, event, keyOf, listed, shown } from './events.js';

const windows = (events: DataStream<Event>, evictor: Evictor<Event, Window>) =>
  events
    .keyBy(keyOf)
    .window(tumblingEventTimeWindows({ sizeMs: 100 }))
    .allowedLateness(100)
    .evictor(evictor);

async function open(evictor: Evictor<Event, Window>) {
  const harness = await openHarness({
    build: (events: DataStream<Event>) => windows(events, evictor).process(listed),
  });
  /** What the window puts out for these [time, number]; once it has fired, after the last of them. */
  const last = (...records: readonly (readonly [number, number])[]): string | undefined => {
    for (const [time, n] of records) harness.push(event('a', n), time);
    harness.watermark(99);
    return shown(harness.output()).at(-1);
  };
  return last;
}

describe('Evictors', () => {
  it('Count keeps the last n', async () => {
    const last = await open(countEvictor(2));
    expect(last([1, 1], [2, 2], [3, 3])).toBe('a: 2 3 @99');
  });

  it('Time drops what is at or before max − size', async () => {
    const last = await open(timeEvictor(10));
    expect(last([20, 1], [10, 2], [11, 3])).toBe('a: 1 3 @99');
  });

  it('Delta drops what is at or above the threshold from the last element', async () => {
    const last = await open(deltaEvictor({ threshold: 5, delta: (from: Event, to: Event) => Math.abs(from.n - to.n) }));
    expect(last([1, 5], [2, 6], [3, 14], [4, 10])).toBe('a: 6 14 10 @99');
  });

  it('before the function, which does not see what was dropped: nor does a later firing', async () => {
    const last = await open(countEvictor(2));
    last([1, 1], [2, 2], [3, 3]);
    expect(last([4, 4])).toBe('a: 3 4 @99');
  });

  it('after the function, which sees all: a later firing sees what was kept', async () => {
    const last = await open(countEvictor(2, 'after'));
    expect(last([1, 1], [2, 2], [3, 3])).toBe('a: 1 2 3 @99');
    expect(last([4, 4])).toBe('a: 2 3 4 @99');
  });

  it('any evictor disables pre-aggregation: a reduce sees the elements that are kept, each time', async () => {
    const combined: string[] = [];
    const harness = await openHarness({
      build: (events: DataStream<Event>) =>
        windows(events, countEvictor(2)).reduce((a, b) => {
          combined.push(`${a.n}+${b.n}`);
          return event(a.key, a.n + b.n);
        }),
    });
    for (const n of [1, 2, 3]) harness.push(event('a', n), n);
    expect(combined).toEqual([]);
    harness.watermark(99);
    expect(combined).toEqual(['2+3']);
    expect(harness.output()).toEqual([{ value: event('a', 5), timestamp: 99 }]);
  });

  it('one of the job sees the watermark and the clock', async () => {
    const seen: (readonly [string, number, number])[] = [];
    const looking: Evictor<Event, Window> = {
      evictBefore: (elements, { maxTimestamp }, { watermark, currentProcessingTime }) => {
        seen.push(['before', watermark - maxTimestamp, currentProcessingTime()]);
        return elements.filter(({ timestamp }) => timestamp > watermark - 100);
      },
      evictAfter: (elements, _window, { watermark }) => {
        seen.push(['after', watermark, elements.length]);
        return elements;
      },
    };
    const harness = await openHarness({
      build: (events: DataStream<Event>) => windows(events, looking).process(listed),
      processingTime: 7,
    });
    for (const time of [1, 2, 3]) harness.push(event('a', time), time);
    harness.watermark(101);
    expect(shown(harness.output())).toEqual(['a: 2 3 @99']);
    expect(seen).toEqual([
      ['before', 2, 7],
      ['after', 101, 2],
    ]);
  });

  it('a window of which all is evicted does not emit', async () => {
    const last = await open(countEvictor(0));
    expect(last([1, 1])).toBeUndefined();
  });
});
