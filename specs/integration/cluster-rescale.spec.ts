import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compare } from '../../scripts/demo/compare.js';
import { writeInput } from '../../scripts/demo/input.js';
import { ClusterStage } from './cluster-stage.js';

const ended = /job flights ended: (\w+)/;
const example = fileURLToPath(new URL('../../examples/flights.ts', import.meta.url));

describe('cluster of processes: rescaling', () => {
  it('up, with a task manager killed in the midst, and down again: exactly once', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader, victim] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1', '--slots', '3'),
      stage.taskManager('tm-2', '--slots', '4'),
    ]);
    expect(await stage.submitFlights(1_200)).toMatchObject({ code: 0 });
    await stage.committedParts(2);
    const crowded = await stage.weir('rescale', 'flights', 'mean-delay', '9');
    expect(crowded).toMatchObject({ code: 1, stderr: expect.stringContaining('SLOTS_TOO_FEW') });
    expect(crowded.stderr).toContain('--wait-for-slots');
    expect(await stage.weir('rescale', 'flights', 'delays=2')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('VERTEX_UNKNOWN'),
    });
    const rescaling = stage.start('rescale', 'flights', '--all', '4');
    await leader.until('stderr', /job flights checkpointingForRescale/);
    victim.kill('SIGKILL');
    expect(await rescaling.ended).toMatchObject({ code: 0 });
    const described = JSON.parse((await stage.weir('info', 'flights', '-o', 'json')).stdout);
    expect(described).toMatchObject({ rescales: 1 });
    expect(Object.values(described.parallelism)).toContain(4);
    expect((await stage.weir('info', 'flights')).stdout).toMatch(/parallelism +.*rescaled once/);
    expect(await stage.weir('rescale', 'flights', 'mean-delay', '1')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/4 → 1/),
    });
    await leader.until('stderr', ended);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    expect(await stage.differences()).toEqual([]);
  });

  it('a reactive job follows its task managers: more of them, and fewer', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1', '--slots', '2')]);
    const input = await writeInput(join(stage.folder, 'input'));
    const params = ['--input', input.folder, '--rate', '1000', '--output', stage.output];
    const submitted = await stage.weir('submit', example, '--reactive', '--settle', '1', '--', ...params);
    expect(submitted).toMatchObject({ code: 0 });
    await stage.committedParts(1);
    expect(await stage.weir('rescale', 'flights', '--all', '1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_REACTIVE'),
    });
    await stage.taskManager('tm-2', '--slots', '1');
    await leader.until('stderr', /checkpointingForRescale[\s\S]+job flights running/);
    const widths = async (): Promise<readonly unknown[]> =>
      Object.values(JSON.parse((await stage.weir('info', 'flights', '-o', 'json')).stdout).parallelism);
    expect(new Set(await widths())).toEqual(new Set([3]));
    await stage.kill('tm-2');
    await leader.until(
      'stderr',
      /checkpointingForRescale[\s\S]+job flights running[\s\S]+pausing[\s\S]+job flights running/,
    );
    expect(new Set(await widths())).toEqual(new Set([2]));
    await leader.until('stderr', ended);
    expect(ended.exec(leader.stderr)?.[1]).toBe('finished');
    expect((await compare(input, stage.output)).differences).toEqual([]);
  });
});
