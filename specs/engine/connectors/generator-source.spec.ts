import { describe, expect, it } from 'vitest';
import { type GeneratorOptions, generatorSource } from '../../../src/connectors/generator/index.js';
import { noTimestamp } from '../../../src/operators/operator.js';
import { DrivenReader, discover, throughStore } from './read-source.js';
import { VirtualClock } from './virtual-clock.js';

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const numbers = (options: Partial<GeneratorOptions<number>> = {}) =>
  generatorSource({ count: 100, generate: (index) => index, ...options });

describe('generator source', () => {
  it('one reader has all lanes, and makes every record in order', async () => {
    const source = numbers();
    const driven = new DrivenReader(source);
    for (const split of await discover(source)) {
      // It begins only when it has its share, and asks until then.
      expect(driven.poll(10)).toBe('needsSplit');
      driven.reader.addSplits([split]);
    }
    expect(await driven.read()).toBe('needsSplit');
    driven.reader.noMoreSplits();
    expect(await driven.read()).toBe('finished');
    expect(driven.values).toEqual(indices(100));
    expect(driven.timestamps.every((at) => at === noTimestamp)).toBe(true);
    expect(driven.reader.snapshot()).toEqual([]);
  });

  it('readers share the indices: each is made once, and all readers advance together', async () => {
    const source = numbers({ splits: 5 });
    const readers = [0, 1].map(() => new DrivenReader(source, { parallelism: 2 }));
    for (const [i, split] of (await discover(source)).entries()) readers[i % 2]?.reader.addSplits([split]);
    for (const { reader } of readers) reader.noMoreSplits();
    for (const driven of readers) await driven.read(3, 20);
    for (const { values } of readers) expect(Math.max(...values)).toBeLessThan(60);
    for (const driven of readers) expect(await driven.read()).toBe('finished');
    expect(readers.flatMap(({ values }) => values).sort((a, b) => a - b)).toEqual(indices(100));
    for (const { values } of readers) expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  it('few records and many lanes: the ones without an index are not made', async () => {
    expect(await discover(numbers({ count: 2, splits: 8 }))).toHaveLength(2);
    const driven = new DrivenReader(numbers({ count: 0 }));
    expect(await discover(numbers({ count: 0 }))).toEqual([]);
    driven.reader.noMoreSplits();
    expect(await driven.read()).toBe('finished');
  });

  it('restore: nothing is lost or repeated, also when lanes move between readers', async () => {
    const source = numbers({ splits: 3 });
    const first = [0, 1].map(() => new DrivenReader(source, { parallelism: 2 }));
    for (const [i, split] of (await discover(source)).entries()) first[i % 2]?.reader.addSplits([split]);
    for (const { reader } of first) reader.noMoreSplits();
    await first[0]?.read(4, 31);
    await first[1]?.read(4, 8);
    const checkpoint = first.flatMap(({ reader }) => reader.snapshot()).map(throughStore);
    const second = new DrivenReader(source);
    second.reader.addSplits(checkpoint);
    second.reader.noMoreSplits();
    expect(await second.read()).toBe('finished');
    const all = [...first.flatMap(({ values }) => values), ...second.values];
    expect(all.sort((a, b) => a - b)).toEqual(indices(100));
  });

  it('timestamps: watermarks rise right behind them, and promise nothing too early', async () => {
    const source = numbers({ splits: 2, timestamp: (value) => Math.floor(value / 3) * 10 });
    const driven = new DrivenReader(source);
    driven.reader.addSplits(await discover(source));
    for (let polled = 0; polled < 100; polled = driven.values.length) {
      const bound = driven.watermarks.at(-1) ?? noTimestamp;
      driven.poll(7);
      for (const at of driven.timestamps.slice(polled)) expect(at).toBeGreaterThan(bound);
      if (driven.watermarks.length > 0) {
        expect(driven.watermarks.at(-1)).toBe((driven.timestamps.at(-1) ?? 0) - 1);
      }
    }
    expect(driven.watermarks).toEqual([...new Set(driven.watermarks)].sort((a, b) => a - b));
  });

  it('timestamps out of order: the watermark stays so far behind', async () => {
    // Each group of 5 comes backwards: 40, 30, 20, 10, 0, 90, …
    const time = (index: number): number => 10 * (index - (index % 5) + 4 - (index % 5));
    const source = numbers({ splits: 2, timestamp: time, outOfOrdernessMs: 40 });
    const driven = new DrivenReader(source);
    driven.reader.addSplits(await discover(source));
    for (let polled = 0; polled < 100; polled = driven.values.length) {
      const bound = driven.watermarks.at(-1) ?? noTimestamp;
      driven.poll(3);
      for (const at of driven.timestamps.slice(polled)) expect(at).toBeGreaterThan(bound);
    }
    expect(driven.watermarks.at(-1)).toBe(990 - 40 - 1);
  });

  it('without end: goes on for as long as it is polled', async () => {
    const source = numbers({ count: null });
    const driven = new DrivenReader(source);
    driven.reader.addSplits(await discover(source));
    expect(await driven.read(1_000, 10_000)).toBe('read');
    expect(driven.values).toEqual(indices(10_000));
    expect(driven.reader.snapshot()).toHaveLength(4);
  });

  it('rate: each reader has the part of its lanes; a restore brings no burst', async () => {
    const source = numbers({ count: null, splits: 4, ratePerSecond: 1_000 });
    const splits = await discover(source);
    const clock = new VirtualClock();
    const counts = [3, 1].map((lanes) => {
      const driven = new DrivenReader(source, { clock });
      driven.reader.addSplits(lanes === 3 ? splits.slice(0, 3) : splits.slice(3));
      driven.reader.noMoreSplits();
      return driven;
    });
    const run = (driven: DrivenReader<number>): void => {
      while (driven.poll(1_000) !== 'idle');
    };
    for (let passedMs = 0; passedMs < 10_000; passedMs += 5) {
      for (const driven of counts) run(driven);
      clock.pass(5);
    }
    const [three, one] = counts.map(({ values }) => values.length);
    expect(three).toBeGreaterThan(7_400);
    expect(three).toBeLessThanOrEqual(7_501);
    expect(one).toBeGreaterThan(2_450);
    expect(one).toBeLessThanOrEqual(2_501);
    const restored = new DrivenReader(source, { clock });
    clock.pass(60_000);
    restored.reader.addSplits((counts[0]?.reader.snapshot() ?? []).map(throughStore));
    restored.reader.noMoreSplits();
    run(restored);
    expect(restored.values.length).toBeLessThanOrEqual(1);
  });

  it('options that cannot be meant, data of another source, and times that are none, are refused', async () => {
    expect(() => numbers({ count: -1 })).toThrow('count must be');
    expect(() => numbers({ splits: 0 })).toThrow('splits must be');
    expect(() => numbers({ ratePerSecond: 0 })).toThrow('ratePerSecond must be');
    expect(() => numbers({ outOfOrdernessMs: -1 })).toThrow('outOfOrdernessMs must be');
    const driven = new DrivenReader(numbers());
    driven.reader.addSplits([{ id: 'a.txt#0', data: { file: 'a.txt' } }]);
    expect(driven.failure?.code).toBe('SPLIT_UNREADABLE');
    const source = numbers({ timestamp: () => Number.NaN });
    const timeless = new DrivenReader(source);
    timeless.reader.addSplits(await discover(source));
    expect(() => timeless.poll(1)).toThrow('timestamp() gave NaN');
  });
});

describe('generator source: splits apart', () => {
  const apart = async (more: Partial<GeneratorOptions<number>> = {}) => {
    const source = numbers({ count: 40, splits: 2, timestamp: (value) => value * 10, ...more });
    const driven = new DrivenReader(source, { splitsApart: true });
    driven.reader.addSplits(await discover(source));
    driven.reader.noMoreSplits();
    return driven;
  };

  it('each batch is of the lane that is furthest behind, has no watermark, and the last one says so', async () => {
    const { reader } = await apart();
    const batches = Array.from({ length: 6 }, () => reader.poll(7)).filter((polled) => typeof polled !== 'string');
    expect(batches.map(({ split, endsSplit, values }) => [split, endsSplit, values[0]])).toEqual([
      ['lane-0', false, 0],
      ['lane-1', false, 1],
      ['lane-0', false, 14],
      ['lane-1', false, 15],
      ['lane-0', true, 28],
      ['lane-1', true, 29],
    ]);
    expect(batches.every(({ watermark }) => watermark === null)).toBe(true);
    expect(reader.poll(7)).toBe('finished');
  });

  it('a lane that is left out is not read and not forgotten', async () => {
    const { reader } = await apart();
    reader.leaveOut?.(new Set(['lane-0']));
    const polled = Array.from({ length: 3 }, () => reader.poll(100));
    expect(polled[0]).toMatchObject({ split: 'lane-1', endsSplit: true });
    expect(polled.slice(1)).toEqual(['idle', 'idle']);
    expect(reader.snapshot().map(({ id }) => id)).toEqual(['lane-0']);
    reader.leaveOut?.(new Set());
    expect(reader.poll(100)).toMatchObject({ split: 'lane-0', endsSplit: true });
    expect(reader.poll(100)).toBe('finished');
  });
});
