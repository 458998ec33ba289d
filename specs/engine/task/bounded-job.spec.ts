import { describe, expect, it } from 'vitest';
import { Driver } from './driver.js';
import {
  filter,
  map,
  Outside,
  RangeSource,
  ranges,
  type TestEdge,
  type TestJob,
  type TestVertex,
  testJob,
  transactionalSink,
} from './test-jobs.js';
import { World } from './world.js';

const double = map('double', (value: number) => value * 2);
const id = (n: number) => ({ epoch: 1, n });

/** Two sources, `short` and `long`, into one sink. */
function union(outside: Outside): TestJob {
  const vertices: TestVertex[] = [
    { id: 'short', source: new RangeSource(), stages: [double] },
    { id: 'long', source: new RangeSource(), stages: [] },
    { id: 'write', stages: [transactionalSink('sink', outside)] },
  ];
  const edge = (from: string): TestEdge => ({ from, to: 'write', partitioner: 'forward' });
  return testJob(vertices, [edge('short'), edge('long')]);
}

describe('bounded job', () => {
  it('runs to its end in one slot, and its output is committed to the last record', () => {
    const outside = new Outside();
    const job = testJob(
      [
        { id: 'read', source: new RangeSource(), stages: [double, filter('large', (value: number) => value >= 10)] },
        { id: 'write', stages: [transactionalSink('sink', outside)] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'rebalance' }],
    );
    const driver = new Driver(new World(), job, { splits: ranges(100) }).deploy();
    driver.awaitAll('task.drained');
    expect(outside.committed).toEqual([]);
    driver.checkpoint(1);
    expect(outside.committed).toEqual(Array.from({ length: 95 }, (_, index) => (index + 5) * 2));
    expect(driver.subtasks.map((subtask) => driver.tasklet(subtask).phase)).toEqual(['finished', 'finished']);
    expect(driver.failures()).toEqual([]);
  });

  it('runs to its end over two slots', () => {
    const outside = new Outside();
    const job = testJob(
      [
        { id: 'read', parallelism: 2, source: new RangeSource(), stages: [double] },
        { id: 'write', parallelism: 2, stages: [transactionalSink('sink', outside)] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'hash', key: (value: number) => value % 7 }],
    );
    const driver = new Driver(new World(), job, { slots: 2, splits: ranges(500, 300, 200) }).deploy();
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(outside.committed.length).toBe(1_000);
    expect(new Set(outside.committed).size).toBe(1_000);
    expect(driver.failures()).toEqual([]);
  });

  it('a reader that is stopped ends as at the end of its input, keeps what it had not read, and is not asked again', () => {
    const outside = new Outside();
    const world = new World();
    const driver = new Driver(world, union(outside), { bounded: false }).deploy();
    const give = (subtask: string, next: number, end: number): void =>
      driver.perform(subtask, { kind: 'task.assign', splits: [{ id: subtask, data: { next, end } }], noMore: false });
    give('short#0', 0, 1_000);
    give('long#0', 1_000, 1_000_000);
    world.runUntil(() => driver.tasklet('write#0').recordsIn > 2_000);
    for (const subtask of ['short#0', 'long#0']) driver.perform(subtask, { kind: 'task.stop' });
    driver.perform('long#0', { kind: 'task.stop' });
    driver.awaitAll('task.drained');
    const { recordsIn } = driver.tasklet('long#0');
    expect(recordsIn).toBeLessThan(100_000);
    driver.checkpoint(1);
    expect(driver.subtasks.map((subtask) => driver.tasklet(subtask).phase)).toEqual([
      'finished',
      'finished',
      'finished',
    ]);
    expect(outside.committed).toContain(1_000 + recordsIn - 1);
    expect(outside.committed).toHaveLength(driver.tasklet('short#0').recordsIn + recordsIn);
    expect(driver.failures()).toEqual([]);
  });

  it('goes on with one source when the other has ended, through checkpoints before and after', () => {
    const outside = new Outside();
    const world = new World();
    const driver = new Driver(world, union(outside), { bounded: false }).deploy();
    const give = (subtask: string, next: number, end: number, noMore: boolean): void =>
      driver.perform(subtask, {
        kind: 'task.assign',
        splits: [{ id: `${subtask}${next}`, data: { next, end } }],
        noMore,
      });
    give('short#0', 0, 20, true);
    give('long#0', 1_000, 1_010, false);
    world.runUntil(() => driver.tasklet('write#0').recordsIn === 30);
    driver.awaitAll('task.drained', ['short#0']);
    // `short` is drained and commits; its barrier still flows, `long` and `write` go on.
    driver.checkpoint(1);
    expect(driver.subtasks.map((subtask) => driver.tasklet(subtask).phase)).toEqual(['finished', 'running', 'running']);
    expect(outside.committed).toHaveLength(30);
    give('long#0', 2_000, 2_010, false);
    world.runUntil(() => driver.tasklet('write#0').recordsIn === 40);
    driver.checkpoint(2);
    expect(outside.committed).toHaveLength(40);
    give('long#0', 3_000, 3_010, true);
    driver.awaitAll('task.drained');
    driver.checkpoint(3);
    expect(outside.committed).toHaveLength(50);
    expect(driver.subtasks.map((subtask) => driver.tasklet(subtask).phase)).toEqual([
      'finished',
      'finished',
      'finished',
    ]);
    expect(driver.failures()).toEqual([]);
  });

  it('takes the checkpoint of a task behind finished ones only after all its channels have ended', () => {
    // The sources commit their drained snapshots, while what they sent is still on its way to the sink.
    const outside = new Outside();
    const world = new World();
    const job = testJob(
      [
        { id: 'read', parallelism: 2, source: new RangeSource(), stages: [] },
        { id: 'write', parallelism: 2, stages: [transactionalSink('sink', outside)] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'rebalance' }],
    );
    const driver = new Driver(world, job, { slots: 2, splits: ranges(30, 30) }).deploy();
    driver.awaitAll('task.drained');
    driver.snapshot(1);
    for (const subtask of ['read#0', 'read#1']) driver.perform(subtask, { kind: 'task.complete', checkpoint: id(1) });
    for (const subtask of ['write#0', 'write#1']) driver.perform(subtask, { kind: 'task.abort', checkpoint: id(1) });
    for (const subtask of ['write#0', 'write#1']) {
      driver.perform(subtask, { kind: 'task.trigger', checkpoint: id(2), base: null });
    }
    const parts = () =>
      ['write#0', 'write#1'].flatMap((subtask) =>
        driver.eventsOf(subtask).flatMap((event) => (event.type === 'task.snapshotted' ? [event.checkpoint.n] : [])),
      );
    expect(parts()).toEqual([1, 1]);
    world.runUntil(() => parts().length === 4);
    expect(parts().toSorted()).toEqual([1, 1, 2, 2]);
    driver.complete({ id: id(2) });
    expect(outside.committed).toHaveLength(60);
  });
});

describe('checkpoints of a task with several inputs', () => {
  it('declines the older one when the barrier of a newer one comes, and takes the newer one', () => {
    const outside = new Outside();
    const world = new World();
    const driver = new Driver(world, union(outside), { bounded: false }).deploy();
    driver.perform('short#0', { kind: 'task.trigger', checkpoint: id(1), base: null });
    world.runUntil(() => driver.tasklet('write#0').aligning === '1-1');
    driver.perform('long#0', { kind: 'task.trigger', checkpoint: id(2), base: null });
    driver.awaitAll('task.declined', ['write#0']);
    expect(driver.messages('task.declined')).toMatchObject([
      { checkpoint: id(1), failure: { code: 'CHECKPOINT_SUPERSEDED' } },
    ]);
    expect(driver.tasklet('write#0').aligning).toBe('1-2');
    driver.perform('short#0', { kind: 'task.trigger', checkpoint: id(2), base: null });
    world.runUntil(() => driver.eventsOf('write#0').some(({ type }) => type === 'task.snapshotted'));
    expect(driver.traces.filter(({ what }) => what === 'aligned')).toHaveLength(1);
  });

  it('reads all channels again when the checkpoint is aborted while it is being aligned', () => {
    const outside = new Outside();
    const world = new World();
    const driver = new Driver(world, union(outside), { bounded: false }).deploy();
    driver.perform('short#0', { kind: 'task.trigger', checkpoint: id(1), base: null });
    world.runUntil(() => driver.tasklet('write#0').aligning === '1-1');
    driver.perform('short#0', { kind: 'task.assign', splits: [{ id: 's', data: { next: 0, end: 5 } }], noMore: false });
    world.runFor(100);
    expect(driver.tasklet('write#0').recordsIn).toBe(0);
    driver.perform('write#0', { kind: 'task.abort', checkpoint: id(1) });
    world.runUntil(() => driver.tasklet('write#0').recordsIn === 5);
    // The barrier of `long` comes late and holds nothing up any more.
    driver.perform('long#0', { kind: 'task.trigger', checkpoint: id(1), base: null });
    world.runFor(100);
    expect(driver.tasklet('write#0').aligning).toBeNull();
    driver.checkpoint(2);
  });
});
