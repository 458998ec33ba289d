import { describe, expect, it } from 'vitest';
import { Driver } from './driver.js';
import { filter, map, Outside, RangeSource, ranges, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

describe('task host: a bounded job', () => {
  it('runs to its end in one slot, and its output is committed to the last record', () => {
    const outside = new Outside();
    const job = testJob(
      [
        {
          id: 'read',
          source: new RangeSource(),
          stages: [map('double', (value: number) => value * 2), filter('large', (value: number) => value >= 10)],
        },
        { id: 'write', stages: [transactionalSink('sink', outside)] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'rebalance' }],
    );
    const driver = new Driver(new World(), job, { splits: ranges(100) }).deploy();
    driver.awaitAll('task.drained');
    expect(outside.committed).toEqual([]);
    driver.checkpoint(1);
    expect(outside.committed).toEqual(Array.from({ length: 95 }, (_, index) => (index + 5) * 2));
    expect(driver.host.inspect().flatMap(({ tasklets }) => tasklets.map(({ phase }) => phase))).toEqual([
      'finished',
      'finished',
    ]);
    expect(driver.failures()).toEqual([]);
  });

  it('runs to its end over two slots', () => {
    const outside = new Outside();
    const job = testJob(
      [
        {
          id: 'read',
          parallelism: 2,
          source: new RangeSource(),
          stages: [map('double', (value: number) => value * 2)],
        },
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
});
