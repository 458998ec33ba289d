import { describe, expect, it } from 'vitest';
import { WatermarkStrategy } from '../../../src/api/watermark-strategy.js';
import { generatorSource } from '../../../src/connectors/generator/index.js';
import type { Operator } from '../../../src/operators/operator.js';
import type { Source } from '../../../src/operators/source.js';
import { WatermarkOperator } from '../../../src/operators/watermarks.js';
import { Driver, type DriverOptions } from './driver.js';
import { Outside, operator, RangeSource, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const stepMs = 10;
const limitMs = 1_000;
const updateMs = 50;

const lanes = (count: number | null): Source<number> =>
  generatorSource({ count, splits: 2, generate: (index) => index * stepMs });
const splits = [
  { id: 'lane-0', data: { lanes: 2, next: 0 } },
  { id: 'lane-1', data: { lanes: 2, next: 1 } },
];

/** A source of a group, of whose other members the spec itself speaks. */
function run(source: Source, options: DriverOptions = {}, outside = new Outside()) {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>()
    .withTimestampAssigner<number>((value) => value)
    .withAlignment('group', 0, updateMs);
  const create = (): Operator<never, never> => new WatermarkOperator(strategy, 20) as Operator<never, never>;
  const job = testJob(
    [
      { id: 'read', source, stages: [operator('time', create)] },
      { id: 'write', stages: [transactionalSink('sink', outside)] },
    ],
    [{ from: 'read', to: 'write', partitioner: 'forward' }],
  );
  const world = new World();
  const driver = new Driver(world, job, { splits, ...options });
  const reports = () =>
    driver.eventsOf('read#0').flatMap((event) => (event.type === 'task.watermarkReached' ? [event.report] : []));
  const align = (limit: number | null): void => driver.perform('read#0', { kind: 'task.align', limit });
  const watermark = () => driver.host.counts().find(({ subtask }) => subtask === 'read#0')?.outputWatermarkMs ?? null;
  return { world, driver, reports, align, watermark };
}

describe('Alignment: a source that waits for others', () => {
  it('before it has heard of a limit, and while there is none, it reads what has no watermark and stops there', () => {
    const { world, driver, reports, align, watermark } = run(lanes(null));
    driver.deploy();
    expect(reports()[0]).toEqual({ number: 1, watermark: null, status: 'active' });
    world.runFor(500);
    const reached = watermark() as number;
    expect(reached).toBeLessThan(driver.world.turnRecordsMax * 2 * stepMs);
    expect(driver.host.counts()[0]?.inputTimes).toMatchObject([{ input: 'splits', parts: 2, waiting: 2, idle: 0 }]);
    align(null);
    world.runFor(500);
    expect(watermark()).toBe(reached);
    // Reports go on at the interval, so that the limit comes although messages are lost.
    expect(reports().length).toBeGreaterThan(15);
    expect(reports().at(-1)).toMatchObject({ status: 'active', watermark: reached });
  });

  it('reads up to its limit, and one batch further at most', () => {
    const { world, driver, align, watermark } = run(lanes(null));
    driver.deploy();
    for (const limit of [limitMs, 3 * limitMs]) {
      align(limit);
      world.runFor(300);
      expect(watermark()).toBeGreaterThan(limit);
      expect(watermark()).toBeLessThan(limit + driver.world.turnRecordsMax * 2 * stepMs);
    }
    // A limit that comes late does not undo what has been read.
    align(0);
    world.runFor(300);
    expect(watermark()).toBeGreaterThan(3 * limitMs);
  });

  it('a split that has been read to its end holds back neither the source nor the others', () => {
    // One lane ends at 20 s, the other one is a hundred times as fast.
    const generate = (index: number): number => index * stepMs * (index % 2 === 0 ? 1 : 100);
    const { world, driver, reports, align, watermark } = run(generatorSource({ count: 2_000, splits: 2, generate }));
    driver.deploy();
    align(100 * limitMs);
    world.runFor(1_000);
    expect(watermark()).toBeGreaterThan(100 * limitMs);
    expect(reports().at(-1)?.watermark).toBe(watermark());
    expect(driver.host.counts()[0]?.inputTimes).toMatchObject([{ parts: 1, waiting: 1, heldBackBy: 'lane-1' }]);
  });

  it('waiting it still takes checkpoints, and after a restore waits where it stood', () => {
    const outside = new Outside();
    const { world, driver, align, watermark } = run(lanes(200), {}, outside);
    driver.deploy();
    align(limitMs);
    world.runFor(300);
    const reached = watermark() as number;
    const from = driver.checkpoint(1);
    driver.crash();
    const next = run(lanes(200), { run: 2, from }, outside);
    for (const [name, bytes] of world.blobs) next.world.blobs.set(name, bytes);
    next.driver.deploy();
    next.world.runFor(300);
    expect(next.watermark()).toBe(reached);
    expect(next.driver.host.counts()[0]).toMatchObject({ recordsIn: 0 });
    expect(next.reports().at(-1)).toMatchObject({ watermark: reached });
    next.align(Number.MAX_SAFE_INTEGER);
    next.driver.awaitDrained();
    next.driver.checkpoint(2);
    expect([...outside.committed].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 200 }, (_, index) => index * stepMs),
    );
    expect(next.reports().at(-1)).toMatchObject({ status: 'ended' });
  });

  it('a stop ends it although it waits', () => {
    const { world, driver, reports } = run(lanes(null));
    driver.deploy();
    world.runFor(300);
    driver.perform('read#0', { kind: 'task.stop' });
    driver.awaitDrained();
    expect(reports().at(-1)).toMatchObject({ status: 'ended' });
  });

  it('a source whose readers cannot leave splits out is refused, and named', () => {
    const { world, driver } = run(new RangeSource());
    driver.load();
    driver.restore('read#0');
    world.runUntil(() => driver.failures().length > 0, 'the failure');
    expect(driver.failures()).toEqual(['ALIGNMENT_UNSUPPORTED']);
  });
});
