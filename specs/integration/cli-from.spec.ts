import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { folderWith, WeirProcess, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Counts numbers by their last digit, at so many a second as is said. */
const counting = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('counting', (env) => {
  const rate = env.param('rate', '');
  env.enableCheckpointing({ intervalMs: 200, externalized: 'retainOnCancellation' });
  env
    .fromSource(
      generatorSource({ count: 1_000, generate: (index) => ({ key: index % 10, count: 1 }), ...(rate === '' ? {} : { ratePerSecond: Number(rate) }) }),
      { uid: 'numbers' },
    )
    .keyBy(({ key }) => key)
    .reduce((a, b) => ({ key: a.key, count: a.count + b.count }))
    .uid('counts')
    .collect('counts');
});
`;

describe('weir run --from', () => {
  it('goes on in one process from a savepoint of a cluster, by the path of its copy, also with a store of its own', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1', '--slots', '2')]);
    // The first checkpoint of either job: what they collect must not be taken for the same.
    const once = counting.replace('intervalMs: 200', 'intervalMs: 60_000');
    expect(await stage.submitText('counting', once, '--rate', '20')).toMatchObject({ code: 0 });
    await leader.until('stderr', /job counting running/);
    expect(await stage.weir('stop', 'counting', '--savepoint', '--to', 'kept')).toMatchObject({ code: 0 });
    cpSync(join(stage.folder, 'store/default/savepoints'), join(stage.folder, 'copy/savepoints'), { recursive: true });
    rmSync(join(stage.folder, 'store'), { recursive: true });
    const from = ['run', 'counting.ts', '--from', 'copy/savepoints/kept'];
    const { code, stdout, stderr } = await weir([...from, '--checkpoints', 'own'], stage.folder);
    expect(stderr).toContain('counting begins with savepoint kept');
    expect(code).toBe(0);
    const counts = stdout.split('\n').filter((line) => line.includes('"count":100}'));
    expect(counts).toHaveLength(10);
    const [blob = ''] = readdirSync(join(stage.folder, 'copy/savepoints/kept'), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile() && entry.name.startsWith('counts'))
      .map((entry) => join(entry.parentPath, entry.name));
    writeFileSync(blob, 'damaged');
    expect(await weir(from, stage.folder)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/has 7 bytes and should have[\s\S]*SAVEPOINT_DAMAGED/),
    });
    expect(await weir(['run', 'counting.ts', '--from', 'kept'], stage.folder)).toMatchObject({ code: 2 });
  });
});

/** The same, into files. */
const writing = counting
  .replace("from 'weirflow';", "from 'weirflow';\nimport { fileSink, jsonLines } from 'weirflow/connectors/file';")
  .replace(".collect('counts')", ".sinkTo(fileSink({ folder: 'out', format: jsonLines() })).uid('out')");

/** Every count of every key, once. */
const everyCount = Array.from({ length: 10 }, (_, key) =>
  Array.from({ length: 100 }, (__, index) => JSON.stringify({ key, count: index + 1 })),
)
  .flat()
  .sort();

/** All that is committed, in order. */
function committed(folder: string): readonly string[] {
  const names = readdirSync(join(folder, 'out')).filter((name) => name.startsWith('part-'));
  const lines = names.flatMap((name) => readFileSync(join(folder, 'out', name), 'utf8').split('\n'));
  return lines.filter((line) => line !== '').sort();
}

/** Settles when it has committed something. */
const running = (run: WeirProcess, folder: string): Promise<void> =>
  vi
    .waitFor(() => expect(committed(folder).length).toBeGreaterThan(0), { timeout: 20_000, interval: 50 })
    .then(() => {
      expect(run.stderr).not.toContain('finished');
    });

describe('weir run, which ends with something to go on from', () => {
  const own = ['--checkpoints', 'own'];
  const slowly = ['--', '--rate', '200'];

  it('--stop-with-savepoint: SIGTERM ends it with a savepoint of that name, from which another job goes on', async () => {
    const folder = folderWith({ 'counting.ts': writing });
    const run = new WeirProcess(['run', '--stop-with-savepoint=half', 'counting.ts', ...own, ...slowly], folder);
    await running(run, folder);
    run.kill('SIGTERM');
    const stopped = await run.ended;
    expect(stopped).toMatchObject({ code: 0, stderr: expect.stringContaining('finished with savepoint half') });
    expect(stopped.stderr).toContain('--from own/savepoints/half');
    const other = ['run', 'counting.ts', '--job-id', 'counting-2'];
    const taken = await weir([...other, ...own, '--stop-with-savepoint', 'half'], folder);
    expect(taken).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('SAVEPOINT_EXISTS') });
    const resumed = await weir([...other, ...own, '--from', 'half'], folder);
    expect(resumed.code).toBe(0);
    expect(committed(folder)).toEqual(everyCount);
  });

  it('--from checkpoint: of a job that was canceled, once, and refused of one that has not ended', async () => {
    const folder = folderWith({ 'counting.ts': writing });
    const run = new WeirProcess(['run', 'counting.ts', ...own, ...slowly], folder);
    await running(run, folder);
    const from = ['run', 'counting.ts', ...own, '--job-id', 'counting-2', '--from'];
    expect(await weir([...from, 'checkpoint:counting'], folder)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_NOT_ENDED'),
    });
    run.kill('SIGINT');
    const canceled = await run.ended;
    expect(canceled.code).toBe(130);
    expect(await weir([...from, 'checkpoint:lost'], folder)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_UNKNOWN'),
    });
    expect(await weir([...from, 'checkpoint:counting/1'], folder)).toMatchObject({ code: 2 });
    expect(await weir([...from, 'checkpoint:counting/9-9'], folder)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has no checkpoint 9-9. Its newest are [\s\S]*CHECKPOINT_UNKNOWN/),
    });
    const resumed = await weir([...from, 'checkpoint:counting'], folder);
    expect(resumed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/begins with savepoint checkpoint-counting-\d+-\d+/),
    });
    expect(committed(folder)).toEqual(everyCount);
  });

  it('what it cannot do is refused at once', async () => {
    const folder = folderWith({ 'counting.ts': writing });
    expect(await weir(['run', 'counting.ts', '--stop-with-savepoint'], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--checkpoints'),
    });
    expect(await weir(['run', 'counting.ts', '--cluster', 'c', '--stop-with-savepoint'], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('weir stop <job> --savepoint'),
    });
  });
});
