import { describe, expect, it } from 'vitest';
import type { SubtaskCounts } from '../../../src/ports/subtask-counts.js';
import { WorkTimes } from '../../../src/task/slot/work-times.js';
import { Driver } from './driver.js';
import { filter, Outside, RangeSource, ranges, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const countsBySubtask = (driver: Driver): ReadonlyMap<string, SubtaskCounts> =>
  new Map(driver.host.counts().map((counts) => [counts.subtask, counts]));

describe('counts of subtasks', () => {
  it('what one side put out the other took in, in records and in bytes', () => {
    const job = testJob(
      [
        {
          id: 'read',
          parallelism: 2,
          source: new RangeSource(),
          stages: [filter('even', (value: number) => value % 2 === 0)],
        },
        { id: 'write', parallelism: 2, stages: [transactionalSink('sink', new Outside())] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'rebalance' }],
    );
    const driver = new Driver(new World(), job, { slots: 2, splits: ranges(1_000, 600) }).deploy();
    driver.awaitAll('task.drained');
    const counts = countsBySubtask(driver);
    const sum = (vertex: string, of: (counts: SubtaskCounts) => number): number =>
      [...counts.values()]
        .filter(({ subtask }) => subtask.startsWith(vertex))
        .reduce((total, each) => total + of(each), 0);
    expect(sum('read', (each) => each.recordsIn)).toBe(1_600);
    expect(sum('read', (each) => each.recordsOut)).toBe(800);
    expect(sum('write', (each) => each.recordsIn)).toBe(800);
    expect(sum('write', (each) => each.recordsOut)).toBe(0);
    expect(sum('read', (each) => each.bytesOut)).toBeGreaterThan(800);
    expect(sum('write', (each) => each.bytesIn)).toBe(sum('read', (each) => each.bytesOut));
    expect(counts.get('write#0')?.inputWatermarkMs).toBe(Number.POSITIVE_INFINITY);
    expect(driver.host.atWork()).toBeNull();
  });

  it('what stays within the slot has no bytes', () => {
    const job = testJob(
      [
        { id: 'read', source: new RangeSource(), stages: [] },
        { id: 'write', stages: [transactionalSink('sink', new Outside())] },
      ],
      [{ from: 'read', to: 'write', partitioner: 'forward' }],
    );
    const driver = new Driver(new World(), job, { splits: ranges(50) }).deploy();
    driver.awaitAll('task.drained');
    expect(countsBySubtask(driver).get('read#0')).toMatchObject({ recordsIn: 50, recordsOut: 50, bytesOut: 0 });
    expect(countsBySubtask(driver).get('write#0')).toMatchObject({ recordsIn: 50, bytesIn: 0 });
  });
});

describe('work times', () => {
  it('a run that moved something is work, one that only looked is not', () => {
    const times = new WorkTimes(0);
    times.ran(10, 15, true, false);
    times.ran(20, 21, false, false);
    expect([times.busyMs, times.backPressuredMs(100)]).toEqual([5, 0]);
  });

  it('the time between runs is back-pressure while the receivers take nothing, also right now', () => {
    const times = new WorkTimes(0);
    times.ran(10, 15, true, true);
    expect(times.backPressuredMs(25)).toBe(10);
    times.ran(30, 31, false, true);
    expect(times.backPressuredMs(35)).toBe(20);
    // It goes on at 40, works for 2 and is held up once more.
    times.ran(40, 42, true, true);
    times.ran(50, 53, true, false);
    expect([times.busyMs, times.backPressuredMs(100)]).toEqual([10, 33]);
  });
});
