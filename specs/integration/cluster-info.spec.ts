import { describe, expect, it } from 'vitest';
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
    expect(await stage.weir('info', 'flights')).toMatchObject({ code: 0, stdout: 'job flights was canceled\n' });
    expect(await stage.weir('info', 'other')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JOB_UNKNOWN'),
    });
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
