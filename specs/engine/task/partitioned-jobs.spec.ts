import { describe, expect, it } from 'vitest';
import { Driver } from './driver.js';
import { map, Outside, RangeSource, ranges, type TestEdge, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const custom: Partial<TestEdge> = { route: (value: number, parallelism) => value % parallelism };

function run(partitioner: TestEdge['partitioner'], producers: number, consumers: number) {
  const outside = new Outside();
  const job = testJob(
    [
      {
        id: 'read',
        parallelism: producers,
        source: new RangeSource(),
        stages: [map('same', (value: number) => value)],
      },
      { id: 'write', parallelism: consumers, stages: [transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'write', partitioner, ...(partitioner === 'custom' ? custom : {}) }],
  );
  const slots = Math.max(producers, consumers);
  const driver = new Driver(new World(), job, { slots, splits: ranges(100, 80, 60, 40) }).deploy();
  driver.awaitAll('task.drained');
  const counts = Array.from({ length: consumers }, (_, index) => driver.tasklet(`write#${index}`).recordsIn);
  const channels = Array.from({ length: consumers }, (_, index) => driver.tasklet(`write#${index}`).inputs.length);
  driver.checkpoint(1);
  expect(new Set(outside.committed).size).toBe(280);
  expect(outside.committed).toHaveLength(280);
  expect(driver.isFinished()).toBe(true);
  return { counts, channels };
}

describe('partitioned jobs, over slots', () => {
  it.each([
    [2, 4, [1, 1, 1, 1]],
    [4, 2, [2, 2]],
    [3, 2, [2, 1]],
  ])('rescale from %i to %i: each consumer has its share of the producers', (producers, consumers, channels) => {
    expect(run('rescale', producers, consumers).channels).toEqual(channels);
  });

  it('global: all records go to the first, and the others end all the same', () => {
    expect(run('global', 2, 3).counts).toEqual([280, 0, 0]);
  });

  it('shuffle: everybody gets some', () => {
    for (const count of run('shuffle', 2, 3).counts) expect(count).toBeGreaterThan(50);
  });

  it('custom: as the function says', () => {
    expect(run('custom', 2, 2).counts).toEqual([140, 140]);
  });
});
