import { describe, expect, it } from 'vitest';
import { BasicOperator, type Operator } from '../../../src/operators/operator.js';
import { SourceHead } from '../../../src/task/source-head.js';
import { CountByKey, countingJob, lastDigit } from './counting-job.js';
import { Driver, type DriverOptions, type Manifest } from './driver.js';
import { Outside, operator, RangeSource, ranges, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const id = (n: number) => ({ epoch: 1, n });
const expectedCounts = (records: number): readonly string[] =>
  Array.from({ length: records }, (_, index) => `${index % 10}:${Math.floor(index / 10) + 1}`).sort();

describe('checkpoint: what it consists of', () => {
  it('puts everything of a subtask into one blob, and says where each key group lies', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), { splits: ranges(100), bounded: false }).deploy();
    world.runFor(1_000);
    const { snapshots } = driver.checkpoint(7);
    const [read, count] = [snapshots.get('read#0'), snapshots.get('count#0')];
    expect([...world.blobs.keys()]).toEqual(['jobs/test/state/1/1-7/count-0']);
    expect(read?.operators).toEqual([]);
    const [counts, sink] = count?.operators ?? [];
    expect(counts).toMatchObject({ uid: 'count', operatorState: null });
    expect(counts?.keyGroups.length).toBeGreaterThan(3);
    expect(counts?.keyGroups.every(({ watermark }) => watermark === 99)).toBe(true);
    expect(sink).toMatchObject({
      uid: 'sink',
      keyGroups: [],
      operatorState: { blob: { name: 'jobs/test/state/1/1-7/count-0' } },
    });
  });

  it('refers to key groups that have not changed since the base where they lie, with the watermark of now', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), { splits: ranges(40), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 40);
    const first = driver.checkpoint(1).snapshots.get('count#0')?.operators[0]?.keyGroups ?? [];
    // One record more, of one key.
    driver.perform('read#0', {
      kind: 'task.assign',
      splits: [{ id: 'more', data: { next: 700, end: 701 } }],
      noMore: false,
    });
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 41);
    const second = driver.checkpoint(2).snapshots.get('count#0')?.operators[0]?.keyGroups ?? [];
    const [changed, unchanged] = [true, false].map((isNew) =>
      second.filter(({ ranges }) => ranges.some(({ blob }) => blob.name.includes('1-2')) === isNew),
    );
    // What changed lies behind the image that the group had.
    expect(changed).toHaveLength(1);
    expect(changed?.[0]?.ranges.map(({ blob }) => blob.name)).toEqual([
      'jobs/test/state/1/1-1/count-0',
      'jobs/test/state/1/1-2/count-0',
    ]);
    expect(unchanged?.map(({ ranges }) => ranges)).toEqual(
      first.filter(({ keyGroup }) => keyGroup !== changed?.[0]?.keyGroup).map(({ ranges }) => ranges),
    );
    expect(first.every(({ watermark }) => watermark === 39)).toBe(true);
    expect(second.every(({ watermark }) => watermark === 700)).toBe(true);
  });

  it('writes anew what has changed since the newest complete checkpoint, when the one between was aborted', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), { splits: ranges(40), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 40);
    driver.snapshot(1);
    driver.abort(id(1));
    const { snapshots } = driver.checkpoint(2);
    const names = snapshots
      .get('count#0')
      ?.operators[0]?.keyGroups.flatMap(({ ranges }) => ranges.map(({ blob }) => blob.name));
    expect(new Set(names)).toEqual(new Set(['jobs/test/state/1/1-2/count-0']));
  });
});

describe('checkpoint: going on from it', () => {
  const crashAndGoOn = (parallelism: number, slots: number): void => {
    const world = new World();
    const outside = new Outside();
    const job = countingJob(outside, parallelism);
    const splits = ranges(100).concat(
      Array.from({ length: 4 }, (_, part) => ({
        id: `p${part}`,
        data: { next: 100 + part * 100, end: 200 + part * 100 },
      })),
    );
    let from: Manifest | null = null;
    for (let run = 1; run <= 4; run++) {
      const options: DriverOptions = { slots, run, splits, from, options: { frameBytes: 500 } };
      world.turnRecordsMax = 16;
      const driver = new Driver(world, job, options).deploy();
      world.runFor(1 + run);
      from = driver.checkpoint(run);
      world.runFor(2);
      driver.crash();
    }
    const last = new Driver(world, job, { slots, run: 9, splits, from }).deploy();
    last.awaitDrained();
    last.checkpoint(10);
    expect([...outside.committed].sort()).toEqual(expectedCounts(500));
    expect(last.failures()).toEqual([]);
  };

  it('counts every record once over four crashes, in one slot', () => crashAndGoOn(1, 1));
  it('counts every record once over four crashes, over two slots', () => crashAndGoOn(2, 2));

  it('loads no key groups but its own from snapshots of several subtasks', () => {
    const world = new World();
    const outside = new Outside();
    const job = countingJob(outside, 2);
    const driver = new Driver(world, job, { slots: 2, splits: ranges(100), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn + driver.tasklet('count#1').recordsIn === 100);
    const from = driver.checkpoint(1);
    driver.crash();
    const next = new Driver(world, job, { slots: 2, run: 2, from });
    next.load();
    const operators = ['count#0', 'count#1'].flatMap((subtask) => from.snapshots.get(subtask)?.operators ?? []);
    for (const subtask of ['count#0', 'count#1']) next.restore(subtask, { from: from.id, operators, finished: false });
    next.awaitAll('task.restored', ['count#0', 'count#1']);
    expect(next.failures()).toEqual([]);
  });

  it('recommits what the checkpoint holds, when the completion was never heard of', () => {
    const world = new World();
    const outside = new Outside();
    const job = countingJob(outside);
    const driver = new Driver(world, job, { splits: ranges(30), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 30);
    const from = driver.snapshot(1);
    expect(outside.committed).toEqual([]);
    driver.crash();
    new Driver(world, job, { run: 2, from }).deploy();
    expect(outside.committed).toHaveLength(30);
  });

  it('a subtask that had finished commits again, ends its channels, and does no more', () => {
    const world = new World();
    const outside = new Outside();
    const job = countingJob(outside);
    const driver = new Driver(world, job, { splits: ranges(30) }).deploy();
    driver.awaitAll('task.drained');
    const from = driver.snapshot(1);
    driver.crash();
    const next = new Driver(world, job, { run: 2, from }).deploy();
    expect(next.subtasks.map((subtask) => next.tasklet(subtask).phase)).toEqual(['finished', 'finished']);
    expect(outside.committed).toHaveLength(30);
    expect(next.messages('task.splitsRequested')).toEqual([]);
  });

  it.each<[string, (world: World, name: string) => void, RegExp]>([
    [
      'is missing',
      (world, name) => world.blobs.delete(name),
      /1-1\/count-0 is not what the checkpoint wrote: it is missing/,
    ],
    ['is shorter', (world, name) => world.blobs.set(name, new Uint8Array(3)), /it has 3 bytes and not/],
    [
      'has changed',
      (world, name) => {
        const bytes = world.blobs.get(name) as Uint8Array;
        world.blobs.set(name, bytes.with(0, (bytes[0] as number) ^ 1));
      },
      /its checksum is/,
    ],
  ])('fails with CHECKPOINT_DAMAGED, naming the blob, when it %s', (_what, damage, message) => {
    const world = new World();
    const job = countingJob(new Outside());
    const driver = new Driver(world, job, { splits: ranges(30), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 30);
    const from = driver.checkpoint(1);
    driver.crash();
    damage(world, 'jobs/test/state/1/1-1/count-0');
    const next = new Driver(world, job, { run: 2, from });
    next.load();
    next.restore('count#0');
    world.runFor(100);
    expect(next.messages('task.failed')).toMatchObject([
      { failure: { code: 'CHECKPOINT_DAMAGED', retry: 'never', message: expect.stringMatching(message) } },
    ]);
  });
});

describe('checkpoint: where the barrier goes', () => {
  it('is between two batches, also while the receivers take nothing: the reader stands behind the batch in hand', () => {
    let isFull = true;
    let wake = (): void => undefined;
    class Full extends CountByKey {
      override ready(): boolean {
        wake = this.context.wake;
        return !isFull;
      }
    }
    const world = new World();
    const outside = new Outside();
    const full = operator('full', () => new Full() as Operator<never, never>, lastDigit as never);
    const job = testJob(
      [
        { id: 'read', source: new RangeSource(10, false), stages: [] },
        { id: 'full', stages: [full, transactionalSink('sink', outside)] },
      ],
      [{ from: 'read', to: 'full', partitioner: 'rebalance' }],
    );
    const options = { channelWindowFrames: 1, batchRecordsMax: 3 };
    const driver = new Driver(world, job, { splits: ranges(30), options }).deploy();
    world.runUntil(() => driver.tasklet('read#0').blocked);
    expect(driver.tasklet('read#0').recordsIn % 10).not.toBe(0);
    driver.trigger(id(1));
    world.runFor(100);
    expect(driver.messages('task.barrierInjected')).toEqual([]);
    isFull = false;
    wake();
    world.runUntil(() => driver.messages('task.snapshotted').length === 2);
    const from = driver.manifest(id(1));
    driver.crash();
    const next = new Driver(world, job, { run: 2, from }).deploy();
    next.awaitDrained();
    next.checkpoint(2);
    expect([...outside.committed].sort()).toEqual(expectedCounts(30));
  });

  it('is not between a batch and its watermark, which a restored reader would not give again', () => {
    const reader = new RangeSource().createReader();
    const culprit = { uid: 'r', name: 'r' };
    const head = new SourceHead(reader, { culprit, splits: null, wait: null, requestSplits: () => undefined });
    head.assign(ranges(5), false);
    expect(head.injectsBarriers()).toBe(true);
    expect(head.next(10)?.kind).toBe('records');
    expect(head.injectsBarriers()).toBe(false);
    expect(head.next(10)).toEqual({ kind: 'watermark', timestamp: 4 });
    expect(head.injectsBarriers()).toBe(true);
  });
});

describe('checkpoint: the store', () => {
  it('writes the same bytes again when it does not know', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), { splits: ranges(30), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 30);
    let unknown = 2;
    world.storeMood = () => (unknown-- > 0 ? 'unknown' : 'well');
    driver.checkpoint(1);
    expect(driver.failures()).toEqual([]);
    expect(unknown).toBeLessThan(0);
  });

  it('declines when the store says nothing in time, and goes on with records meanwhile', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), {
      splits: ranges(1_000),
      bounded: false,
      options: { storeTimeoutMs: 500 },
    }).deploy();
    world.storeMood = () => 'mute';
    world.runFor(2);
    driver.trigger(id(1));
    world.runFor(400);
    expect(driver.tasklet('count#0').recordsIn).toBe(1_000);
    expect(driver.messages('task.declined')).toEqual([]);
    world.runFor(200);
    expect(driver.messages('task.declined')).toMatchObject(
      Array.from({ length: driver.messages('task.declined').length }, () => ({
        checkpoint: id(1),
        failure: { code: 'STORE_TIMEOUT', domain: 'infrastructure' },
      })),
    );
    expect(driver.messages('task.declined').length).toBeGreaterThan(0);
    expect(driver.failures()).toEqual([]);
  });

  it('does not tell of a snapshot that was aborted while it was written', () => {
    const world = new World();
    const driver = new Driver(world, countingJob(new Outside()), { splits: ranges(30), bounded: false }).deploy();
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 30);
    world.storeMood = () => 'unknown';
    driver.trigger(id(1));
    world.runUntil(() => world.blobs.size > 0);
    driver.abort(id(1));
    world.storeMood = () => 'well';
    world.runFor(1_000);
    expect(driver.eventsOf('count#0').filter(({ type }) => type === 'task.snapshotted')).toEqual([]);
    driver.checkpoint(2);
  });

  it('fails with STATE_UNSUPPORTED, naming operator and path, when operator state is no plain data', () => {
    class Keeps extends BasicOperator<number, number> {
      process(): void {}
      override snapshot(): readonly unknown[] {
        return [{ since: new Date(0) }];
      }
    }
    const world = new World();
    const stages = [operator('keeps', () => new Keeps() as Operator<never, never>)];
    const job = testJob([{ id: 'read', source: new RangeSource(), stages }], []);
    const driver = new Driver(world, job, { splits: ranges(1), bounded: false }).deploy();
    driver.trigger(id(1));
    world.runFor(100);
    expect(driver.messages('task.failed')).toMatchObject([
      {
        failure: {
          code: 'STATE_UNSUPPORTED',
          message: expect.stringMatching(/operator 'keeps' \(uid keeps\).*\.since is an instance of Date/),
        },
      },
    ]);
  });
});
