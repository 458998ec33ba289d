import { describe, expect, it } from 'vitest';
import type { RestorePlan } from '../../../actors/protocol/deployment.js';
import type { OperatorSnapshot } from '../../../actors/protocol/manifest.js';
import { countingJob } from './counting-job.js';
import { Driver } from './driver.js';
import { map, Outside, RangeSource, ranges, type TestJob } from './test-jobs.js';
import { World } from './world.js';

/** What the attempt of a job fails with that goes on from a checkpoint of `countingJob`. */
const restored = (
  change: (snapshot: OperatorSnapshot) => OperatorSnapshot,
  now: TestJob = countingJob(new Outside()),
  more: Partial<RestorePlan> = {},
) => {
  const world = new World();
  const job = countingJob(new Outside());
  const driver = new Driver(world, job, { splits: ranges(30), bounded: false }).deploy();
  world.runUntil(() => driver.tasklet('count#0').recordsIn === 30);
  const from = driver.checkpoint(1);
  driver.crash();
  const next = new Driver(world, now, { run: 2, from });
  next.load();
  const operators = (from.snapshots.get('count#0')?.operators ?? []).map(change);
  next.restore('count#0', { from: from.id, operators, finished: false, ...more });
  world.runFor(100);
  return next.messages('task.failed');
};

describe('checkpoint: state of another version', () => {
  it('ends the attempt, naming the operator, when keyed state was written by an unknown serializer', () => {
    const changed = restored((snapshot) => ({
      ...snapshot,
      serializers: snapshot.serializers.map((identity) =>
        identity.kind === 'value' ? { ...identity, version: 99 } : identity,
      ),
    }));
    expect(changed).toMatchObject([
      { failure: { code: 'STATE_UNREADABLE', message: expect.stringContaining("operator 'count'") } },
    ]);
  });

  it('ends the attempt when operator state was written by an unknown serializer', () => {
    const changed = restored((snapshot) => (snapshot.uid === 'sink' ? { ...snapshot, serializers: [] } : snapshot));
    expect(changed).toMatchObject([
      { failure: { code: 'CHECKPOINT_DAMAGED', message: expect.stringContaining('unknown serializer') } },
    ]);
  });
});

describe('checkpoint: an operator that is not keyed any more', () => {
  const unkeyed = countingJob(new Outside(), 1, new RangeSource(), map('count', String));

  it('ends the attempt for good, naming it: its state would be lost without a word', () => {
    const message = expect.stringContaining("'count' has keyed state in checkpoint 1-1");
    const failures = restored((snapshot) => snapshot, unkeyed);
    expect(failures).toMatchObject([{ failure: { code: 'STATE_UNMATCHED', retry: 'never', message } }]);
  });

  it('leaves it behind where that is allowed', () => {
    expect(restored((snapshot) => snapshot, unkeyed, { dropsState: true })).toEqual([]);
  });
});

describe('checkpoint: operator state that the operator of its uid does not take', () => {
  /** The keyed operator has what the sink had to commit. */
  const swapped = (snapshot: OperatorSnapshot): OperatorSnapshot =>
    snapshot.uid === 'sink' ? { ...snapshot, uid: 'count' } : { ...snapshot, keyGroups: [] };
  const plain = countingJob(new Outside(), 1, new RangeSource(), map('count', String));

  it.each([
    ['has none of that kind', undefined],
    ['is a plain function', plain],
  ])('ends the attempt for good when it %s', (_, now) => {
    const message = expect.stringContaining("'count' has what a sink had to commit in checkpoint 1-1");
    expect(restored(swapped, now)).toMatchObject([{ failure: { code: 'STATE_UNMATCHED', retry: 'never', message } }]);
    expect(restored(swapped, now, { dropsState: true })).toEqual([]);
  });
});
