import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSavepoint } from 'weirflow/state';
import { ClusterStage } from './cluster-stage.js';

/** Counts the last digits of numbers that come 200 a second, in windows of some size. */
const windows = (
  sizeMs: number,
  uid = 'numbers',
): string => `import { defineJob, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('digits', (env) => {
  env.enableCheckpointing({ intervalMs: 200 });
  const generate = (index: number): number => {
    if (index === 100) console.log('a hundred numbers');
    if (index === 500) console.log('five hundred numbers');
    return index;
  };
  env
    .fromSource(generatorSource({ count: 10_000, generate, ratePerSecond: 200 }), { uid: '${uid}' })
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner((index) => index))
    .uid('times')
    .keyBy((index) => index % 10)
    .window(tumblingEventTimeWindows({ sizeMs: ${sizeMs} }))
    .reduce((a, b) => a + b)
    .uid('sums')
    .collect('sums');
});
`;

/** The newest checkpoint of the job as it runs, which may be replaced while it is read. */
async function checkpointTold(stage: ClusterStage): Promise<void> {
  writeFileSync(join(stage.folder, 'same.ts'), windows(1_000_000));
  const checked = await stage.weir('checkpoints', 'digits', '--verify', '-o', 'json');
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    checkpoints: [{ id: expect.stringMatching(/^1-/) }],
    damaged: [],
  });
  const looked = await stage.weir('state', 'checkpoint:digits');
  const compared = await stage.weir('diff', 'same.ts', '--from', 'checkpoint:digits');
  const isGone = ({ stderr }: { readonly stderr: string }): boolean => stderr.includes('CHECKPOINT_GONE');
  if (!isGone(looked))
    expect(looked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^checkpoint 1-\d+ of job digits, /) });
  if (!isGone(compared))
    expect(compared).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/can begin with checkpoint 1-\d+ of job digits\.$/m),
    });
  expect(await stage.weir('diff', 'same.ts', '--from', 'checkpoint:nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('JOB_UNKNOWN'),
  });
}

describe('weir state and weir diff on a savepoint in NATS', () => {
  it('tell what is in it, and what becomes of it', async () => {
    const stage = await ClusterStage.start('nats');
    const [, worker] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    expect(await stage.submitText('digits', windows(1_000_000))).toMatchObject({ code: 0 });
    await worker.until('stderr', /a hundred numbers/);
    await checkpointTold(stage);
    expect(await stage.weir('stop', 'digits', '--savepoint', '--to', 'kept')).toMatchObject({ code: 0 });

    const listed = await stage.weir('state', 'kept');
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^savepoint kept of job digits, /) });
    const [key] = (
      await stage.weir('state', 'kept', '--operator', 'sums', '--state', 'window/contents', '--json')
    ).stdout.split('\n');
    expect(JSON.parse(key ?? '')).toMatchObject({ key: expect.any(Number), value: [[0, expect.any(Number)]] });
    expect(await stage.weir('state', 'kept', '--operator', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has no state of an operator 'nobody'"),
    });

    const { stdout: positions } = await stage.weir('state', 'kept', '--operator', 'numbers', '--items');
    expect(
      positions
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id)
        .sort(),
    ).toEqual(['lane-0', 'lane-1', 'lane-2', 'lane-3']);

    const diff = async (text: string, ...more: readonly string[]) => {
      writeFileSync(join(stage.folder, 'next.ts'), text);
      return stage.weir('diff', 'next.ts', '--from', 'kept', ...more);
    };
    expect(await diff(windows(1_000_000))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('The job can begin'),
    });
    const sized = await diff(windows(2_000_000));
    expect(sized.stdout).toContain("operator 'sums' was restored with tumbling windows of 1000000 ms");
    expect(sized).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('The job cannot begin with savepoint kept.'),
    });
    const renamed = await diff(windows(1_000_000, 'numbers-2'));
    expect(renamed).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("'numbers' is gone, and 'numbers-2' is new"),
    });
    const allowed = await diff(windows(1_000_000, 'numbers-2'), '--allow-dropped-state', '--json');
    expect(allowed.code).toBe(0);
    expect(JSON.parse(allowed.stdout)).toMatchObject({ verdict: 'dropped', fits: true });
    expect(
      await stage.weir('state', 'kept', '--operator', 'sums', '--state', 'window/contents', '--key', '77'),
    ).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'state window/contents of operator sums has no key 77\n',
    });

    expect(
      await stage.weir('submit', 'next.ts', '--job-id', 'digits-2', '--from', 'kept', '--allow-dropped-state'),
    ).toMatchObject({ code: 0 });
    await worker.until('stderr', /five hundred numbers/);
    const drained = await stage.weir('stop', 'digits-2', '--savepoint', '--drain', '--to', 'drained');
    expect(drained).toMatchObject({ code: 0, stdout: 'drained\n' });
    expect(drained.stderr).toContain('nothing goes on from it');
    expect(await stage.weir('submit', 'next.ts', '--job-id', 'digits-3', '--from', 'drained')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SAVEPOINT_DRAINED'),
    });
  });

  it('in a folder, windows and their timers are read without the job', async () => {
    const stage = await ClusterStage.start('folder');
    const [, worker] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    expect(await stage.submitText('digits', windows(1_000_000))).toMatchObject({ code: 0 });
    await worker.until('stderr', /a hundred numbers/);
    await worker.until('stderr', /five hundred numbers/);
    const checkpoint = await openSavepoint(join(stage.folder, 'store/default/jobs/digits'));
    expect(checkpoint.operators).toContain('sums');
    expect(await stage.weir('stop', 'digits', '--savepoint', '--to', 'kept')).toMatchObject({ code: 0 });
    const sums = (await openSavepoint(join(stage.folder, 'store/default/savepoints/kept'))).operator<number>('sums');
    const keys: number[] = [];
    for await (const { key, contents, ...window } of sums.windows<number>()) {
      expect(window).toEqual({ start: 0, end: 1_000_000, isPane: false });
      expect(contents).toEqual([expect.any(Number)]);
      keys.push(key);
    }
    expect(keys.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for await (const timer of sums.timers()) {
      expect(timer).toEqual({ key: expect.any(Number), timeDomain: 'eventTime', time: 999_999, namespace: 0 });
      keys.splice(keys.indexOf(timer.key), 1);
    }
    expect(keys).toEqual([]);
  });
});
