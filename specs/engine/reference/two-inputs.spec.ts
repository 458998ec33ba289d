import { describe, expect, it } from 'vitest';
import { countEvictor, type DataStream, outputTag, tumblingEventTimeWindows } from 'weirflow';
import { openHarness, openTwoInputHarness } from 'weirflow/testing';
import { type Event, event, keyOf, shown, values } from './events.js';

describe('Element: union', () => {
  it('a stream in union with itself doubles its records', async () => {
    const harness = await openHarness({ build: (events: DataStream<Event>) => events.union(events).map(({ n }) => n) });
    harness.push(event('a', 1));
    harness.push(event('a', 2));
    expect(values(harness.output())).toEqual([1, 1, 2, 2]);
  });
});

describe('Keyed', () => {
  it('reduce emits one running result per input, of the key', async () => {
    const harness = await openHarness({
      build: (events: DataStream<Event>) => events.keyBy(keyOf).reduce((a, b) => event(a.key, a.n + b.n)),
    });
    for (const [key, n] of [
      ['a', 1],
      ['b', 5],
      ['a', 2],
    ] as const)
      harness.push(event(key, n));
    expect(values(harness.output())).toEqual([event('a', 1), event('b', 5), event('a', 3)]);
  });

  it('sum, min and max keep the other fields of the first record, minBy and maxBy give whole records', async () => {
    interface Priced extends Event {
      readonly price: number;
    }
    const run = async (build: (prices: DataStream<Priced>) => DataStream<Priced>) => {
      const harness = await openHarness({ build });
      for (const [n, price] of [5, 3, 7].entries()) harness.push({ ...event('a', n), price });
      return values(harness.output()).map(({ n, price }) => `${n} ${price}`);
    };
    expect(await run((prices) => prices.keyBy(keyOf).sum('price'))).toEqual(['0 5', '0 8', '0 15']);
    expect(await run((prices) => prices.keyBy(keyOf).min('price'))).toEqual(['0 5', '0 3', '0 3']);
    expect(await run((prices) => prices.keyBy(keyOf).minBy('price'))).toEqual(['0 5', '1 3', '1 3']);
    expect(await run((prices) => prices.keyBy(keyOf).maxBy('price'))).toEqual(['0 5', '0 5', '2 7']);
  });
});

describe('Two-input: join and coGroup', () => {
  const joined = (first: DataStream<Event>, second: DataStream<Event>) =>
    first
      .keyBy(keyOf)
      .join(second.keyBy(keyOf))
      .window(tumblingEventTimeWindows({ sizeMs: 10 }));

  it('a window join is inner, and the timestamp of a pair is the maxTimestamp of the window', async () => {
    const harness = await openTwoInputHarness({
      build: (first: DataStream<Event>, second: DataStream<Event>) =>
        joined(first, second).join<string>({ processElement: (a, b, { emit }) => emit(`${a.key} ${a.n} ${b.n}`) }),
    });
    harness.pushFirst(event('a', 1), 2);
    harness.pushFirst(event('alone', 1), 2);
    harness.pushSecond(event('a', 2), 3);
    harness.pushSecond(event('a', 3), 12);
    harness.endFirst();
    harness.endSecond();
    expect(shown(harness.output())).toEqual(['a 1 2 @9']);
  });

  it('an evictor takes from the records of both sides, as they came', async () => {
    const harness = await openTwoInputHarness({
      build: (first: DataStream<Event>, second: DataStream<Event>) =>
        joined(first, second)
          .evictor(countEvictor(3))
          .join<string>({ processElement: (a, b, { emit }) => emit(`${a.n} ${b.n}`) }),
    });
    for (const n of [1, 2, 3]) harness.pushFirst(event('a', n), n);
    harness.pushSecond(event('a', 4), 4);
    harness.endFirst();
    harness.endSecond();
    expect(shown(harness.output())).toEqual(['2 4 @9', '3 4 @9']);
  });

  it('coGroup gives both sides, also where one has nothing', async () => {
    const harness = await openTwoInputHarness({
      build: (first: DataStream<Event>, second: DataStream<Event>) =>
        joined(first, second).coGroup<string>({
          process: (a, b, { currentKey, emit }) => emit(`${currentKey} ${a.length} ${b.length}`),
        }),
    });
    harness.pushFirst(event('a', 1), 2);
    harness.pushFirst(event('a', 2), 2);
    harness.pushSecond(event('a', 3), 12);
    harness.endFirst();
    harness.endSecond();
    expect(shown(harness.output())).toEqual(['a 2 0 @9', 'a 0 1 @19']);
  });
});

describe('Two-input: intervalJoin', () => {
  const [lateLeft, lateRight] = [outputTag<Event>('late-left'), outputTag<Event>('late-right')];
  type Bounds = 'inclusive' | 'exclusive';

  const open = async (bounds: Bounds = 'inclusive', keepsLate = true) =>
    openTwoInputHarness({
      build: (left: DataStream<Event>, right: DataStream<Event>) => {
        let join = left.keyBy(keyOf).intervalJoin(right.keyBy(keyOf)).between(-5, 10);
        if (bounds === 'exclusive') join = join.lowerBoundExclusive().upperBoundExclusive();
        if (keepsLate) join = join.sideOutputLeftLateData(lateLeft).sideOutputRightLateData(lateRight);
        return join.process<string>({ processElement: (a, b, { emit }) => emit(`${a.n} ${b.n}`) });
      },
      sideOutputs: [lateLeft, lateRight],
    });

  it.each([
    ['inclusive', ['0 1 @100', '0 2 @100', '0 3 @109', '0 4 @110']],
    ['exclusive', ['0 2 @100', '0 3 @109']],
  ] as const)('bounds that are %s; the timestamp is the greater of both', async (bounds, expected) => {
    const harness = await open(bounds);
    harness.pushFirst(event('a', 0), 100);
    for (const [at, time] of [94, 95, 96, 109, 110, 111].entries()) harness.pushSecond(event('a', at), time);
    expect(shown(harness.output())).toEqual(expected);
  });

  it('it is inner: what has no partner is never put out', async () => {
    const harness = await open();
    harness.pushFirst(event('a', 0), 100);
    harness.pushSecond(event('b', 0), 100);
    harness.endFirst();
    harness.endSecond();
    expect(harness.output()).toEqual([]);
  });

  it('a record with ts < watermark is late and goes to the side output of its side; one at the watermark joins', async () => {
    const harness = await open();
    harness.watermarkFirst(100);
    harness.watermarkSecond(100);
    harness.pushFirst(event('a', 1), 99);
    harness.pushSecond(event('a', 2), 99);
    harness.pushFirst(event('a', 3), 100);
    harness.pushSecond(event('a', 4), 100);
    expect(values(harness.sideOutput(lateLeft))).toEqual([event('a', 1)]);
    expect(values(harness.sideOutput(lateRight))).toEqual([event('a', 2)]);
    expect(shown(harness.output())).toEqual(['3 4 @100']);
    expect(harness.lateRecordsDropped).toBe(0);
  });

  it('without a side output late records are dropped and counted', async () => {
    const harness = await open('inclusive', false);
    harness.watermarkFirst(100);
    harness.watermarkSecond(100);
    harness.pushFirst(event('a', 1), 99);
    expect(harness.lateRecordsDropped).toBe(1);
  });

  it('records are kept until no partner can come: then their timers are gone', async () => {
    const harness = await open();
    harness.pushFirst(event('a', 0), 100);
    expect(harness.timers()).toHaveLength(1);
    harness.watermarkFirst(110);
    harness.watermarkSecond(110);
    expect(harness.timers()).toHaveLength(1);
    harness.watermarkFirst(111);
    harness.watermarkSecond(111);
    expect(harness.timers()).toEqual([]);
  });
});
