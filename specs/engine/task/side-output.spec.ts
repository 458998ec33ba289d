import { describe, expect, it } from 'vitest';
import { BasicOperator, type Operator } from '../../../src/operators/operator.js';
import { Driver, type Manifest } from './driver.js';
import { map, Outside, operator, RangeSource, ranges, type TestJob, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

/** Sends multiples of three to the side, the others on; its watermark is five behind. */
class Threes extends BasicOperator<number, number> {
  process(value: number, timestamp: number): void {
    if (value % 3 === 0) this.context.output.side('threes', value, timestamp);
    else this.context.output.emit(value, timestamp);
  }
  override watermark(timestamp: number): void {
    this.context.output.watermark(timestamp - 5);
  }
}

/** Lets no watermark through. */
class Timeless extends BasicOperator<number, number> {
  process(value: number, timestamp: number): void {
    this.context.output.emit(value, timestamp);
  }
  override watermark(): void {}
}

const threes = operator('threes', () => new Threes() as Operator<never, never>);
const timeless = operator('timeless', () => new Timeless() as Operator<never, never>);

function sideJob(main: Outside, side: Outside): TestJob {
  return testJob(
    [
      {
        id: 'read',
        source: new RangeSource(),
        stages: [threes, timeless, map('text', (value: number) => `m${value}`)],
      },
      { id: 'main', stages: [transactionalSink('main-sink', main)] },
      { id: 'side', parallelism: 2, stages: [transactionalSink('side-sink', side)] },
    ],
    [
      { from: 'read', to: 'main', partitioner: 'forward' },
      { from: 'read', to: 'side', partitioner: 'rebalance', side: { operator: 'threes', tag: 'threes' } },
      { from: 'read', to: 'side', partitioner: 'rebalance', side: { operator: 'threes', tag: 'nothing' } },
    ],
  );
}

const inOrder = ({ committed }: Outside): readonly unknown[] => [...committed].sort((a, b) => Number(a) - Number(b));
const threesOf = (count: number): readonly number[] =>
  Array.from({ length: Math.ceil(count / 3) }, (_, index) => index * 3);

describe.each([1, 2])('side outputs, in %i slots', (slots) => {
  it('leave the chain where they are put out; every record is in one output', () => {
    const [main, side] = [new Outside(), new Outside()];
    const driver = new Driver(new World(), sideJob(main, side), { slots, splits: ranges(100) }).deploy();
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(inOrder(side)).toEqual(threesOf(100));
    expect(main.committed).toHaveLength(66);
    expect(main.committed.every((value) => typeof value === 'string')).toBe(true);
    expect(driver.failures()).toEqual([]);
    expect(driver.isFinished()).toBe(true);
  });

  it('have the watermark of the operator that puts them out, and not that of the end of the chain', () => {
    const world = new World();
    const job = sideJob(new Outside(), new Outside());
    const driver = new Driver(world, job, { slots, splits: ranges(100), bounded: false }).deploy();
    world.runFor(1_000);
    expect(driver.tasklet('side#0').watermark).toBe(94);
    expect(driver.tasklet('side#1').watermark).toBe(94);
    expect(driver.tasklet('main#0').watermark).toBeNull();
  });

  it('checkpoint: barriers go into them too; a crash after it repeats and loses nothing', () => {
    const [main, side] = [new Outside(), new Outside()];
    const world = new World();
    const job = sideJob(main, side);
    const first = new Driver(world, job, { slots, splits: ranges(2_000, 1_000), bounded: false }).deploy();
    world.runUntil(() => first.tasklet('side#0').recordsIn > 20);
    const manifest: Manifest = first.checkpoint(1);
    world.runFor(5);
    first.crash();
    const second = new Driver(world, job, { slots, run: 2, from: manifest }).deploy();
    second.awaitAll('task.drained');
    second.checkpoint(2);
    expect(side.committed).toHaveLength(threesOf(2_000).length + 334 - 1);
    expect(new Set(side.committed).size).toBe(side.committed.length);
    expect(main.committed.length + side.committed.length).toBe(3_000);
  });
});
