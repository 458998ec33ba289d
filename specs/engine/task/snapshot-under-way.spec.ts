import { describe, expect, it } from 'vitest';
import type { Operator } from '../../../src/operators/operator.js';
import { CountByKey } from './counting-job.js';
import { Driver, type Manifest } from './driver.js';
import { Outside, operator, RangeSource, type TestJob, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

/** Every record is a key of its own, and counts how often it came. */
const itself = (value: number): number => value;
const keys = 200;

function repeatingJob(outside: Outside): TestJob {
  const repeated = operator('repeated', () => new CountByKey(itself) as Operator<never, never>, itself as never);
  return testJob(
    [
      { id: 'read', parallelism: 1, source: new RangeSource(), stages: [] },
      { id: 'count', parallelism: 1, stages: [repeated, transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'count', partitioner: 'hash', key: itself as never }],
  );
}

const id = (n: number) => ({ epoch: 1, n });

/** All keys have come once; from now on a turn has time for four records. */
function counted(outside = new Outside(), from: Manifest | null = null, tasks = {}): { world: World; driver: Driver } {
  const world = new World();
  const driver = new Driver(world, repeatingJob(outside), {
    splits: [],
    bounded: false,
    from,
    options: tasks,
  }).deploy();
  again(driver, 'first');
  world.runUntil(() => driver.tasklet('count#0').recordsIn === keys);
  world.turnRecordsMax = 4;
  return { world, driver };
}

/** The same keys once more. */
const again = (driver: Driver, name: string): void =>
  driver.perform('read#0', {
    kind: 'task.assign',
    splits: [{ id: name, data: { next: 0, end: keys } }],
    noMore: false,
  });

const tookSnapshots = (driver: Driver): readonly unknown[] =>
  driver.traces
    .filter(({ what, subtask }) => what === 'snapshotTaken' && subtask === 'count#0')
    .map(({ detail }) => detail.checkpoint);

/** What comes out when the job goes on from there with each key once more. */
function committedAfter(world: World, from: Manifest): readonly unknown[] {
  const outside = new Outside();
  const next = new Driver(world, repeatingJob(outside), { run: 2, splits: [], from, bounded: false }).deploy();
  const recommitted = outside.committed.length;
  again(next, 'after');
  world.runUntil(() => next.tasklet('count#0').recordsIn === keys);
  next.checkpoint(9);
  const after = outside.committed.slice(recommitted);
  next.crash();
  return after.sort();
}

const everyKey = (count: number): readonly string[] =>
  Array.from({ length: keys }, (_, key) => `${key}:${count}`).sort();

const chainsOf = (manifest: Manifest): readonly number[] =>
  (manifest.snapshots.get('count#0')?.operators[0]?.keyGroups ?? []).map(({ ranges: chain }) => chain.length);

describe('a snapshot under way', () => {
  it('is written while records go on, and holds nothing of them', () => {
    const { world, driver } = counted();
    driver.trigger(id(1));
    again(driver, 'again');
    world.runUntil(() => driver.tasklet('count#0').recordsIn >= keys + 20);
    expect(tookSnapshots(driver)).toEqual([]);
    world.runUntil(() => tookSnapshots(driver).length === 1);
    expect(driver.tasklet('count#0').recordsIn).toBeLessThan(2 * keys);
    const from = driver.snapshot(1);
    driver.crash();
    expect(committedAfter(world, from)).toEqual(everyKey(2));
  });

  it('is written to its end when no records come', () => {
    const { world, driver } = counted();
    driver.trigger(id(1));
    world.runUntil(() => tookSnapshots(driver).length === 1);
    const [detail] = driver.traces.filter(({ what, subtask }) => what === 'snapshotTaken' && subtask === 'count#0');
    expect(detail?.detail).toMatchObject({ syncMs: 0, asyncMs: expect.any(Number), bytes: expect.any(Number) });
    expect(Number(detail?.detail.asyncMs)).toBeGreaterThan(0);
  });

  it('that is aborted is let go of, and the next one loses nothing', () => {
    const { world, driver } = counted();
    driver.checkpoint(1);
    again(driver, 'again');
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 2 * keys);
    driver.trigger(id(2));
    world.runUntil(() => driver.traces.some(({ what, detail }) => what === 'aligned' && detail.checkpoint === '1-2'));
    world.runFor(0.3);
    driver.abort(id(2));
    const from = driver.checkpoint(3);
    expect(tookSnapshots(driver)).toEqual(['1-1', '1-3']);
    driver.crash();
    expect(committedAfter(world, from)).toEqual(everyKey(3));
  });

  it('gives way to the barrier of the next one', () => {
    const { world, driver } = counted();
    driver.trigger(id(1));
    world.runUntil(() => driver.traces.some(({ what, detail }) => what === 'aligned' && detail.checkpoint === '1-1'));
    const from = driver.checkpoint(2);
    expect(tookSnapshots(driver)).toEqual(['1-2']);
    driver.crash();
    expect(committedAfter(world, from)).toEqual(everyKey(2));
  });

  it('holds what changed behind the chain of its group, until that outgrows its image', () => {
    const { world, driver } = counted();
    const first = driver.checkpoint(1);
    expect(new Set(chainsOf(first))).toEqual(new Set([1]));
    const chains: number[] = [];
    let from = first;
    for (let n = 2; n <= 14; n += 1) {
      driver.perform('read#0', {
        kind: 'task.assign',
        splits: [{ id: `one-${n}`, data: { next: 7, end: 8 } }],
        noMore: false,
      });
      world.runUntil(() => driver.tasklet('count#0').recordsIn === keys + n - 1);
      from = driver.checkpoint(n);
      chains.push(Math.max(...chainsOf(from)));
    }
    expect(chains.slice(0, 2)).toEqual([2, 3]);
    expect(chains).toContain(1);
    driver.crash();
    const after = committedAfter(world, from);
    expect(after).toContain('7:15');
    expect(after.filter((text) => String(text).endsWith(':2'))).toHaveLength(keys - 1);
  });
});

const blobBytes = 128;

/** As `counted`, with snapshots in small blobs. */
const countedInBlobs = () => counted(new Outside(), null, { snapshotBlobBytes: blobBytes });

const blobsOf = (world: World, checkpoint: string): readonly string[] =>
  [...world.blobs.keys()].filter((name) => name.includes(`/${checkpoint}/`));

describe('a snapshot in several blobs', () => {
  it('that is aborted in the middle leaves no blob, and the next one loses nothing', () => {
    const { world, driver } = countedInBlobs();
    driver.checkpoint(1);
    again(driver, 'again');
    world.runUntil(() => driver.tasklet('count#0').recordsIn === 2 * keys);
    driver.trigger(id(2));
    world.runUntil(() => blobsOf(world, '1-2').length >= 2);
    expect(tookSnapshots(driver)).toEqual(['1-1']);
    driver.abort(id(2));
    world.runFor(100);
    expect(blobsOf(world, '1-2')).toEqual([]);
    const from = driver.checkpoint(3);
    driver.crash();
    expect(committedAfter(world, from)).toEqual(everyKey(3));
  });

  it('that cannot be stored is declined in the middle, and leaves no blob', () => {
    const { world, driver } = countedInBlobs();
    world.storeMood = (_call, name) => (name.endsWith('.3') ? 'mute' : 'well');
    driver.trigger(id(1));
    world.runUntil(() => driver.messages('task.declined').length > 0);
    expect(driver.messages('task.declined')).toMatchObject([{ failure: { code: 'STORE_TIMEOUT' } }]);
    world.runFor(100);
    expect(blobsOf(world, '1-1')).toEqual([]);
    world.storeMood = () => 'well';
    const from = driver.checkpoint(2);
    driver.crash();
    expect(committedAfter(world, from)).toEqual(everyKey(2));
  });
});
