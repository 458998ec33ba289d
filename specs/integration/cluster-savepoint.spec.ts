import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ClusterStage } from './cluster-stage.js';

const example = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));
const ended = /job flights-2 ended: (\w+)/;

/** The flights, submitted to go on from a savepoint, in a job of their own. */
function goOn(stage: ClusterStage, file: string, savepoint: string, parallelism = 2, ...more: readonly string[]) {
  const params = ['--input', join(stage.folder, 'input'), '--output', stage.output, '--parallelism', `${parallelism}`];
  return stage.weir('submit', file, '--job-id', 'flights-2', '--from', savepoint, ...more, '--', ...params);
}

/** The example, changed. */
function changed(stage: ClusterStage, name: string, from: string, to: string): string {
  const path = join(stage.folder, name);
  const text = readFileSync(example, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replaceAll(from, to));
  return path;
}

describe('cluster of processes: savepoints', () => {
  it('one while the job runs, one with which it stops, and another job goes on from that at another parallelism: exactly once', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(1_500)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    expect(await stage.weir('savepoint', 'flights', '--to', 'one')).toMatchObject({ code: 0, stdout: 'one\n' });
    expect(await stage.weir('savepoint', 'flights', '--to', 'one')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SAVEPOINT_EXISTS'),
    });
    const stopped = await stage.weir('stop', 'flights', '--savepoint', '--to', 'two');
    expect(stopped).toMatchObject({ code: 0, stdout: 'two\n' });
    const listed = await stage.weir('savepoints', '-o', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      savepoints: [
        { name: 'one', job: 'flights', complete: true },
        { name: 'two', job: 'flights', complete: true },
      ],
    });
    const committed = (await stage.prefixes()).reduce((sum, count) => sum + count, 0);
    expect(committed).toBeGreaterThan(0);
    expect(committed).toBeLessThan(20_000);
    expect(await stage.weir('savepoint', 'delete', 'one')).toMatchObject({ code: 0 });
    expect(existsSync(join(stage.folder, 'store', 'default', 'savepoints', 'one'))).toBe(false);
    expect(await goOn(stage, example, 'two', 1)).toMatchObject({ code: 0, stdout: 'flights-2\n' });
    await leader.until('stderr', ended);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    expect(await stage.differences()).toEqual([]);
  });

  it('what a job cannot begin with is refused before there is a job, with what to do', async () => {
    const stage = await ClusterStage.start('nats');
    await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(1_500)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    expect(await stage.weir('stop', 'flights', '--savepoint', '--to', 'kept')).toMatchObject({ code: 0 });
    const renamed = changed(stage, 'renamed.ts', "'mean-delay'", "'delay-by-airport'");
    const grouped = changed(stage, 'grouped.ts', ".uid('mean-delay')", ".uid('mean-delay').setMaxParallelism(7)");
    const timed = changed(stage, 'timed.ts', "('totals')", "('totals', { ttl: { ttlMs: 60_000 } })");
    expect(await goOn(stage, example, 'lost')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SAVEPOINT_UNKNOWN'),
    });
    expect(await goOn(stage, renamed, 'kept')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/'mean-delay'.*--allow-dropped-state[\s\S]*STATE_UNMATCHED/),
    });
    expect(await goOn(stage, grouped, 'kept')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('MAX_PARALLELISM_DIFFERS'),
    });
    expect(await goOn(stage, timed, 'kept')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/it has a TTL in the code, and none in the savepoint[\s\S]*STATE_UNREADABLE/),
    });
    expect(JSON.parse((await stage.weir('list', '-o', 'json')).stdout).jobs).toMatchObject([{ job: 'flights' }]);
    expect(await goOn(stage, renamed, 'kept', 2, '--allow-dropped-state')).toMatchObject({ code: 0 });
  });

  it('copied out of the cluster, damaged and deleted in it, and by the path of the copy the beginning of a job: exactly once', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(1_500)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    expect(await stage.weir('stop', 'flights', '--savepoint', '--to', 'kept')).toMatchObject({ code: 0 });
    const copied = await stage.weir('savepoint', 'copy', 'kept', 'copy');
    expect(copied).toMatchObject({ code: 0, stdout: 'copy/savepoints/kept\n' });
    const store = join(stage.folder, 'store');
    const [damaged = ''] = readdirSync(join(store, 'default/savepoints/kept'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.startsWith('mean-delay'))
      .map((entry) => join(entry.parentPath, entry.name));
    writeFileSync(damaged, 'damaged');
    expect(await goOn(stage, example, 'kept')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has 7 bytes and should have[\s\S]*SAVEPOINT_DAMAGED/),
    });
    expect(JSON.parse((await stage.weir('list', '-o', 'json')).stdout).jobs).toMatchObject([{ job: 'flights' }]);
    renameSync(store, `${store}-elsewhere`);
    expect(await stage.weir('savepoint', 'import', 'copy/savepoints/kept')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/it is the folder [\s\S]*STORE_UNREACHED/),
    });
    renameSync(`${store}-elsewhere`, store);
    expect(await stage.weir('savepoint', 'delete', 'kept')).toMatchObject({ code: 0 });
    const onDisk = await goOn(stage, example, 'copy/savepoints/kept', 2, '--state-backend', 'disk');
    expect(onDisk).toMatchObject({ code: 0, stdout: 'flights-2\n' });
    expect(readFileSync(join(store, 'default/jobs/flights-2/record'), 'utf8')).toContain('"stateBackend":"disk"');
    await leader.until('stderr', ended);
    expect(await stage.differences()).toEqual([]);
    const other = stage.beside('other');
    await other.jobManager();
    expect(await other.weir('savepoint', 'import', join(stage.folder, 'copy/savepoints/kept'))).toMatchObject({
      code: 0,
      stdout: 'kept\n',
    });
    expect((await other.weir('savepoints')).stdout).toMatch(/kept +flights/);
  });

  it('a checkpoint of a job that was canceled, in a store in NATS, is the beginning of another: exactly once', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    expect(await stage.submitFlights(1_500)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    expect(await goOn(stage, example, 'checkpoint:flights')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_NOT_ENDED'),
    });
    expect(await stage.weir('cancel', 'flights')).toMatchObject({ code: 0 });
    await leader.until('stderr', /job flights ended: canceled/);
    expect(await goOn(stage, example, 'checkpoint:flights', 1)).toMatchObject({ code: 0 });
    await leader.until('stderr', ended);
    expect(await stage.differences()).toEqual([]);
  });
});
