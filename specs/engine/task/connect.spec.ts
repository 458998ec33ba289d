import { describe, expect, it } from 'vitest';
import { CoMapOperator } from '../../../src/operators/co-map.js';
import { KeyedCoProcessOperator } from '../../../src/operators/keyed-co-process.js';
import type { KeyedInstance, KeyedProcessContext } from '../../../src/operators/keyed-process.js';
import type { Stage, TwoInputOperator } from '../../../src/operators/operator.js';
import { valueState } from '../../../src/state/descriptors.js';
import type { ValueState } from '../../../src/state/keyed-state.js';
import { Driver, type Manifest } from './driver.js';
import { Outside, RangeSource, type TestJob, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const lastDigit = (value: number): number => value % 10;

/** Counts what came of each key on either input. */
class CountBoth {
  private counts!: ValueState<readonly [number, number]>;

  open({ state }: KeyedInstance): void {
    this.counts = state(valueState<readonly [number, number]>('counts'));
  }
  processElement1(_value: number, context: KeyedProcessContext<number, string>): void {
    this.count(0, context);
  }
  processElement2(_value: number, context: KeyedProcessContext<number, string>): void {
    this.count(1, context);
  }
  private count(input: 0 | 1, context: KeyedProcessContext<number, string>): void {
    const [first, second] = this.counts.value() ?? [0, 0];
    const counts = input === 0 ? ([first + 1, second] as const) : ([first, second + 1] as const);
    this.counts.update(counts);
    context.emit(`${context.currentKey} ${input === 0 ? 'l' : 'r'}${counts[input]}`);
  }
}

const both = (create: () => unknown, key: ((value: number) => number) | null): Stage => ({
  kind: 'twoInputs',
  uid: 'both',
  name: 'both',
  create: create as () => TwoInputOperator,
  keys: [key as never, key as never],
});

const counting = both(() => new KeyedCoProcessOperator(new CountBoth()), lastDigit);

/** Two sources whose records meet, key by key. */
function connected(outside: Outside, parallelism: number): TestJob {
  return testJob(
    [
      { id: 'left', source: new RangeSource(7), stages: [] },
      { id: 'right', source: new RangeSource(3), stages: [] },
      { id: 'meet', parallelism, stages: [counting, transactionalSink('sink', outside)] },
    ],
    [
      { from: 'left', to: 'meet', partitioner: 'hash', key: lastDigit as never },
      { from: 'right', to: 'meet', partitioner: 'hash', key: lastDigit as never, input: 1 },
    ],
  );
}

function give(driver: Driver, source: string, next: number, end: number, noMore: boolean): void {
  driver.perform(`${source}#0`, {
    kind: 'task.assign',
    splits: [{ id: `${source}${next}`, data: { next, end } }],
    noMore,
  });
}

const counts = (side: string, records: number): readonly string[] =>
  Array.from({ length: records }, (_, index) => `${index % 10} ${side}${Math.floor(index / 10) + 1}`);
const expected = (left: number, right: number): readonly string[] =>
  [...counts('l', left), ...counts('r', right)].sort();

describe.each([
  [1, 1],
  [2, 2],
])('connect: two inputs, parallelism %i in %i slots', (parallelism, slots) => {
  it('gives each record to the function of its input, and ends when both have ended', () => {
    const outside = new Outside();
    const driver = new Driver(new World(), connected(outside, parallelism), { slots, bounded: false }).deploy();
    give(driver, 'left', 0, 100, true);
    give(driver, 'right', 0, 250, true);
    driver.awaitDrained();
    driver.checkpoint(1);
    expect([...outside.committed].sort()).toEqual(expected(100, 250));
    expect(driver.isFinished()).toBe(true);
    expect(driver.failures()).toEqual([]);
  });

  it('event time is the lesser of both', () => {
    const world = new World();
    const driver = new Driver(world, connected(new Outside(), parallelism), { slots, bounded: false }).deploy();
    give(driver, 'left', 0, 100, false);
    world.runFor(500);
    expect(driver.tasklet('meet#0').watermark).toBeNull();
    give(driver, 'right', 0, 41, false);
    world.runFor(500);
    expect(driver.tasklet('meet#0').watermark).toBe(40);
    give(driver, 'right', 41, 300, false);
    world.runFor(500);
    expect(driver.tasklet('meet#0').watermark).toBe(99);
  });

  it('checkpoint: aligned over both inputs; after a crash each record of either is counted once', () => {
    const outside = new Outside();
    const world = new World();
    const job = connected(outside, parallelism);
    const first = new Driver(world, job, { slots, bounded: false }).deploy();
    give(first, 'left', 0, 900, false);
    give(first, 'right', 0, 3_000, false);
    world.runUntil(() => first.tasklet('meet#0').recordsIn > 300);
    const manifest: Manifest = first.checkpoint(1);
    world.runFor(3);
    first.crash();
    const second = new Driver(world, job, { slots, run: 2, from: manifest, bounded: true }).deploy();
    second.awaitDrained();
    second.checkpoint(2);
    expect([...outside.committed].sort()).toEqual(expected(900, 3_000));
    expect(second.failures()).toEqual([]);
  });

  it('goes on with one input when the other has ended, through a checkpoint in between', () => {
    const outside = new Outside();
    const world = new World();
    const driver = new Driver(world, connected(outside, parallelism), { slots, bounded: false }).deploy();
    give(driver, 'left', 0, 50, true);
    give(driver, 'right', 0, 20, false);
    driver.awaitAll('task.drained', ['left#0']);
    driver.checkpoint(1);
    expect(driver.tasklet('left#0').phase).toBe('finished');
    give(driver, 'right', 20, 40, true);
    driver.awaitDrained();
    driver.checkpoint(2);
    expect([...outside.committed].sort()).toEqual(expected(50, 40));
  });
});

describe('connect: without keys', () => {
  it('puts what both make into one stream', () => {
    const outside = new Outside();
    const text = both(
      () =>
        new CoMapOperator(
          (value: number) => `l${value}`,
          (value: number) => `r${value}`,
        ),
      null,
    );
    const job = testJob(
      [
        { id: 'left', source: new RangeSource(), stages: [] },
        { id: 'right', source: new RangeSource(), stages: [] },
        { id: 'meet', stages: [text, transactionalSink('sink', outside)] },
      ],
      [
        { from: 'left', to: 'meet', partitioner: 'forward' },
        { from: 'right', to: 'meet', partitioner: 'forward', input: 1 },
      ],
    );
    const driver = new Driver(new World(), job, { bounded: false }).deploy();
    give(driver, 'left', 0, 2, true);
    give(driver, 'right', 5, 7, true);
    driver.awaitDrained();
    driver.checkpoint(1);
    expect([...outside.committed].sort()).toEqual(['l0', 'l1', 'r5', 'r6']);
  });
});
