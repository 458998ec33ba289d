import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../../../actors/protocol/ids.js';
import { rangesOf } from '../../../actors/protocol/manifest.js';
import { BasicOperator, type Operator } from '../../../src/operators/operator.js';
import { valueState } from '../../../src/state/descriptors.js';
import { controlFrame, readControl } from '../../../src/task/frame/control-frame.js';
import { headerBytes } from '../../../src/task/frame/frame-header.js';
import { Driver, type Manifest } from './driver.js';
import { map, Outside, operator, RangeSource, ranges, type TestJob, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const id = (n: number): CheckpointId => ({ epoch: 1, n });
const records = 3_000;

/** How many records each key has had. */
class CountByKey extends BasicOperator<number, string> {
  process(value: number, timestamp: number): void {
    const state = this.context.keyed?.value(valueState<number>('count'));
    const count = (state?.value() ?? 0) + 1;
    state?.update(count);
    this.context.output.emit(`${value % 10}:${count}`, timestamp);
  }
}

const lastDigit = (value: number): number => value % 10;

function countingJob(outside: Outside): TestJob {
  const count = operator('count', () => new CountByKey() as Operator<never, never>, lastDigit as never);
  return testJob(
    [
      { id: 'read', source: new RangeSource(), stages: [map('same', (value: number) => value)] },
      { id: 'count', stages: [count, transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'count', partitioner: 'hash', key: lastDigit as never }],
  );
}

const expectedCounts: readonly string[] = Array.from(
  { length: records },
  (_, index) => `${index % 10}:${Math.floor(index / 10) + 1}`,
).sort();

/** Takes one, as the checkpoint-coordinator has it triggered. */
function save(driver: Driver, n: number, suspends: boolean): Manifest {
  const savepoint = { name: 'kept', suspends };
  for (const subtask of driver.subtasks.filter((each) => each.startsWith('read'))) {
    driver.perform(subtask, { kind: 'task.trigger', checkpoint: id(n), base: null, savepoint });
  }
  const parts = driver.subtasks.length;
  driver.world.runUntil(() => {
    const taken = driver.messages('task.snapshotted').filter((each) => 'checkpoint' in each && each.checkpoint.n === n);
    return taken.length === parts;
  });
  return driver.manifest(id(n));
}

const recordsIn = (driver: Driver): readonly number[] =>
  driver.subtasks.map((subtask) => driver.tasklet(subtask).recordsIn);

function running(): { readonly driver: Driver; readonly outside: Outside } {
  const outside = new Outside();
  const driver = new Driver(new World(), countingJob(outside), { splits: ranges(records) }).deploy();
  driver.world.runUntil(() => driver.tasklet('count#0').recordsIn > 100);
  return { driver, outside };
}

describe('savepoint: the data plane', () => {
  it('is whole, lies in its own folder, and records go on; a checkpoint behind it is as if there were none', () => {
    const { driver, outside } = running();
    const before = driver.checkpoint(1);
    const saved = save(driver, 2, false);
    const blobs = [...saved.snapshots.values()].flatMap(({ operators }) => operators.flatMap(rangesOf));
    expect(blobs.length).toBeGreaterThan(0);
    expect(blobs.filter(({ blob }) => !blob.name.startsWith('savepoints/kept/1/1-2/'))).toEqual([]);
    const counted = driver.tasklet('count#0').recordsIn;
    driver.world.runUntil(() => driver.tasklet('count#0').recordsIn > counted);
    expect(before.id).toEqual(id(1));
    driver.awaitDrained();
    driver.checkpoint(3);
    expect([...outside.committed].sort()).toEqual(expectedCounts);
  });

  it('behind one with which the job ends nothing is processed; given up, everything goes on', () => {
    const { driver, outside } = running();
    save(driver, 1, true);
    const stopped = recordsIn(driver);
    driver.world.runFor(200);
    expect(recordsIn(driver)).toEqual(stopped);
    driver.abort(id(1));
    driver.awaitDrained();
    driver.checkpoint(2);
    expect([...outside.committed].sort()).toEqual(expectedCounts);
  });

  it('when it is complete every subtask has finished, and what comes after is processed by those who go on from it', () => {
    const { driver, outside } = running();
    const from = save(driver, 1, true);
    driver.complete(from);
    expect(driver.messages('task.committed').every((each) => 'finished' in each && each.finished)).toBe(true);
    expect(outside.committed.length).toBeLessThan(records);
    driver.crash();
    const next = new Driver(driver.world, driver.job, { run: 2, from }).deploy();
    next.awaitDrained();
    next.checkpoint(2);
    expect([...outside.committed].sort()).toEqual(expectedCounts);
  });

  it.each([
    { checkpoint: id(7), base: id(6), savepoint: { name: 'kept', suspends: true } },
    { checkpoint: id(7), base: null, savepoint: { name: 'a', suspends: false } },
    { checkpoint: id(7), base: null },
  ])('its barrier passes a connection as it is: %o', (said) => {
    const barrier = { kind: 'barrier', ...said } as const;
    expect(readControl('barrier', controlFrame(barrier).subarray(headerBytes))).toEqual(barrier);
  });

  it('a barrier of a savepoint without a name is damage', () => {
    const named = controlFrame({
      kind: 'barrier',
      checkpoint: id(1),
      base: null,
      savepoint: { name: 'kept', suspends: false },
    });
    named[named.length - 1] = 0xff;
    expect(readControl('barrier', named.subarray(headerBytes))).toHaveProperty('damage');
  });
});
