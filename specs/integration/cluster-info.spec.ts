import { describe, expect, it } from 'vitest';
import type { PastFailure } from '../../actors/protocol/past-failure.js';
import { weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

describe('cluster of processes: info', () => {
  it('shows what a running job does, its graphs, what it went through, and how it ended', async () => {
    const stage = await ClusterStage.start('folder');
    const [leader, first] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1'),
      stage.taskManager('tm-2'),
    ]);
    expect(await stage.submitFlights(500)).toMatchObject({ code: 0 });
    await stage.committedParts(1);

    const doing = await stage.weir('info', 'flights');
    expect(doing).toMatchObject({ code: 0, stderr: '' });
    expect(doing.stdout).toMatch(/^job +flights\nstate +running\nrun +1\.1, attempt 1 of this leader/);
    expect(doing.stdout).toMatch(/^checkpoints +newest complete 1-\d+, \d+ log entries, now \w+/m);
    expect(doing.stdout).toMatch(/^SUBTASK +PHASE +TASK MANAGER +SLOT\n\S+#0 +started +tm-[12] +0$/m);

    const stream = await stage.weir('info', 'flights', '--graph', 'stream');
    expect(stream.stdout).toMatch(/^flights\nstream graph: .+process +mean-delay +state/s);
    const job = await stage.weir('info', 'flights', '--graph', 'job', '-o', 'mermaid');
    expect(job.stdout).toMatch(/^flowchart LR\n/);
    const execution = await stage.weir('info', 'flights', '--graph', 'execution', '-o', 'json');
    expect(JSON.parse(execution.stdout)).toMatchObject({ name: 'flights', slots: 2 });

    first.kill('SIGKILL');
    await leader.until('stderr', /job flights backingOff/);
    const recovering = JSON.parse((await stage.weir('info', 'flights', '-o', 'json')).stdout);
    expect(recovering).toMatchObject({
      job: 'flights',
      stopping: false,
      attempts: 2,
      failures: [{ where: expect.stringMatching(/^tm-1@/), failure: { code: 'TASK_MANAGER_LOST' } }],
    });

    await stage.weir('cancel', 'flights');
    await leader.until('stderr', /job flights ended: canceled/);
    // What had failed stands there after the end too.
    const over = await stage.weir('info', 'flights');
    expect(over).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job flights was canceled\n\nFAILED AT /) });
    expect(over.stdout).toMatch(/^20\d\d-\S+ [\d:]{8} +1\.1 +tm-1@\S+ +tm-1 +connection +TASK_MANAGER_LOST: /m);
    expect(await stage.weir('info', 'other')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_UNKNOWN'),
    });
  });

  it('a job that fails again and again: what failed before a change of leader is shown after it, and after the end', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    const failing = `
import { defineJob, fixedDelay } from 'weirflow';
export default defineJob('fails', (env) => {
  env.setRestartStrategy(fixedDelay({ attempts: null, delayMs: 100 }));
  env.fromCollection([1, 2], { uid: 'numbers' })
    .map((n: number): number => { throw new Error('no number is good: ' + n); }).uid('bad').print().uid('lines');
});
`;
    expect(await stage.submitText('fails', failing)).toMatchObject({ code: 0 });
    const failuresOf = async (): Promise<readonly PastFailure[]> => {
      const { stdout } = await stage.weir('info', 'fails', '-o', 'json');
      return (JSON.parse(stdout) as { failures: readonly PastFailure[] }).failures;
    };
    await leader.until('stderr', /(job fails backingOff.*){4}/s);
    const before = await failuresOf();
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect(before.at(-1)).toMatchObject({ process: 'tm-1', slot: 0, class: 'code', failure: { code: 'USER_ERROR' } });
    leader.kill('SIGKILL');
    await leader.ended;
    const next = await stage.jobManager();
    await next.until('stderr', /(job fails backingOff.*){3}/s);
    const after = await failuresOf();
    expect(new Set(after.map(({ run }) => Math.floor(run / 2 ** 20)))).toEqual(new Set([1, 2]));
    expect(after.every(({ atMs }, index) => atMs >= (after[index - 1]?.atMs ?? 0))).toBe(true);
    expect(after.filter(({ atMs }) => before.some((past) => past.atMs === atMs))).not.toEqual([]);

    await stage.weir('cancel', 'fails');
    await next.until('stderr', /job fails ended: canceled/);
    const over = (await failuresOf()).map(({ atMs }) => atMs);
    expect(over).toEqual(expect.arrayContaining(after.map(({ atMs }) => atMs)));
    const { stdout } = await stage.weir('info', 'fails');
    expect(stdout).toMatch(
      /^20\d\d-\S+ [\d:]{8} +2\.\d+ +.+ \(\S+#0\) +tm-1\/0 +code +USER_ERROR: .*no number is good/m,
    );
  });

  it.each([
    [['info', 'flights', '--', '--input', 'x'], "error Job 'flights' of a cluster has its parameters already."],
    [['info', 'flights', '-o', 'mermaid'], 'error Only a graph can be drawn as mermaid. Add --graph stream,'],
    [['info', 'Flights'], "error 'Flights' cannot be a job id."],
  ])('a wrong command line: %j', async (args, message) => {
    const { code, stderr } = await weir(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
