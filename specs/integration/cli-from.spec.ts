import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Counts numbers by their last digit, at 200 a second where that is said. */
const counting = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('counting', (env) => {
  const rate = env.param('rate', '');
  env.enableCheckpointing({ intervalMs: 200 });
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
    expect(await stage.submitText('counting', counting, '--rate', '200')).toMatchObject({ code: 0 });
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
