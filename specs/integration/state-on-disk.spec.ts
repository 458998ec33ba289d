import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ClusterStage } from './cluster-stage.js';

const job = fileURLToPath(new URL('../../examples/windowed-delays.ts', import.meta.url));
const input = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-20k.json', import.meta.url));

/** What was committed, in an order of its own. */
const daysIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .sort();

describe('state on disk: over NATS', () => {
  it('windows whose state is on disk: a task manager is killed, and the days are those of the heap', async () => {
    const stage = await ClusterStage.start('folder');
    const disk = ['--state-cache', '1MB', '--state-dir', join(stage.folder, 'state')];
    const [leader] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1', ...disk),
      stage.taskManager('tm-2', ...disk),
    ]);
    const submit = (id: string, ...options: readonly string[]) =>
      stage.weir('submit', job, '--job-id', id, ...options, '--', '--input', input, '--output', join(stage.folder, id));
    expect(await submit('on-disk', '--state-backend', 'disk')).toMatchObject({ code: 0 });
    await leader.until('stderr', /job on-disk running/);
    await stage.kill('tm-1');
    await stage.taskManager('tm-1', ...disk);
    await leader.until('stderr', /job on-disk ended: finished/);
    expect(leader.stderr).toContain('job on-disk restoringState');
    expect(await submit('on-heap')).toMatchObject({ code: 0 });
    await leader.until('stderr', /job on-heap ended: finished/);
    const days = daysIn(join(stage.folder, 'on-disk', 'days'));
    expect(days.length).toBeGreaterThan(1_000);
    expect(days).toEqual(daysIn(join(stage.folder, 'on-heap', 'days')));
  });
});
