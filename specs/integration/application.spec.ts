import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type WeirProcess, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Numbers its records and prints them in the thread of a slot, whose number stands before each. */
const counting = (name: string, count: number | null, ratePerSecond: number): string => `
import { threadId } from 'node:worker_threads';
import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('${name}', (env, params) => {
  env.setParallelism(2).allowGeneratedUids().enableCheckpointing({ intervalMs: 100 });
  env
    .fromSource(generatorSource({ generate: (index) => index, count: ${count}, ratePerSecond: ${ratePerSecond} }))
    .map((index) => threadId + ' ' + index)
    .print();
});
`;

const failing = `
import { defineJob, fixedDelay } from 'weirflow';
export default defineJob('failing', (env) => {
  env.setRestartStrategy(fixedDelay({ attempts: 0, delayMs: 0 }));
  env.fromCollection([1], { uid: 'numbers' }).map(() => { throw new Error('out of order'); }).print();
});
`;

const recordsOf = (process: WeirProcess): readonly number[] =>
  process.stdout.split('\n').flatMap((line) => (line.includes(' ') ? [Number(line.split(' ')[1])] : []));

const threadsOf = (process: WeirProcess): ReadonlySet<string> =>
  new Set(process.stdout.split('\n').flatMap((line) => (line.includes(' ') ? [line.split(' ')[0] ?? ''] : [])));

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const ascending = (a: number, b: number): number => a - b;

describe('weir run --cluster: a cluster for one job', () => {
  it('waits for slots and says how many are missing; ends with the job, and the slots are free for the next', async () => {
    const stage = await ClusterStage.start('nats', 'blue');
    writeFileSync(join(stage.folder, 'first.ts'), counting('first', 200, 400));
    writeFileSync(join(stage.folder, 'second.ts'), counting('second', 100, 400));
    const first = stage.application('first.ts');
    await first.until('stderr', /job first waits for slots: 0 of 2 are free/);
    await first.until('stderr', /2 more to come: weir taskmanager --cluster blue --slots 2/);
    const manager = await stage.taskManager('tm-1', '--slots', '2');
    expect(await first.ended).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(/ task manager tm-1 registered with 2 slots of 256MB$/m);
    await manager.until('stderr', /slot 0: free\n(.*\n)*.*slot 1: free|slot 1: free\n(.*\n)*.*slot 0: free/);
    expect([...recordsOf(manager)].sort(ascending)).toEqual(upTo(200));
    const threads = threadsOf(manager);
    expect(threads.size).toBe(2);
    expect(await stage.application('second.ts').ended).toMatchObject({ code: 0 });
    expect(recordsOf(manager)).toHaveLength(300);
    // Nothing of a job is left in a thread that another job is given.
    expect(threadsOf(manager).size).toBe(4);
  });

  it('killed and started again it goes on; once it has ended it is not run again', async () => {
    const stage = await ClusterStage.start('folder');
    writeFileSync(join(stage.folder, 'job.ts'), counting('job', 600, 300));
    const first = stage.application('job.ts');
    const manager = await stage.taskManager('tm-1', '--slots', '2');
    await manager.until('stdout', / 150\n/);
    first.kill('SIGKILL');
    expect((await first.ended).signal).toBe('SIGKILL');
    const second = await stage.application('job.ts').ended;
    expect(second).toMatchObject({ code: 0 });
    expect(second.stderr).toMatch(/ job resumes from checkpoint \d+-\d+$/m);
    expect([...new Set(recordsOf(manager))].sort(ascending)).toEqual(upTo(600));
    const third = await stage.application('job.ts').ended;
    expect(third).toMatchObject({ code: 0 });
    expect(third.stderr).toContain("Job 'job' has finished already, so nothing was run.");
  });

  it('SIGTERM leaves the job to the next start, Ctrl+C cancels it', async () => {
    const stage = await ClusterStage.start('nats');
    writeFileSync(join(stage.folder, 'endless.ts'), counting('endless', null, 100));
    const first = stage.application('endless.ts');
    const manager = await stage.taskManager('tm-1', '--slots', '2');
    await manager.until('stdout', / 30\n/);
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 143, signal: null });
    expect(first.stderr).toContain('job endless is left as it is, and goes on from its newest checkpoint');
    const second = stage.application('endless.ts');
    await second.until('stderr', /endless resumes from checkpoint/);
    await manager.until('stdout', / 60\n/);
    second.kill('SIGINT');
    expect(await second.ended).toMatchObject({ code: 130, signal: null });
    expect(second.stderr).toContain('endless was canceled');
    const third = await stage.application('endless.ts').ended;
    expect(third.stderr).toContain("Job 'endless' was canceled already, so nothing was run.");
  });

  it('a job that fails ends it with the exit code of a failure', async () => {
    const stage = await ClusterStage.start('nats');
    writeFileSync(join(stage.folder, 'failing.ts'), failing);
    const application = stage.application('failing.ts');
    await stage.taskManager('tm-1');
    const { code, stderr } = await application.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error .*out of order/m);
  });

  it('is refused where a job manager runs, and takes no other job', async () => {
    const stage = await ClusterStage.start('nats');
    writeFileSync(join(stage.folder, 'job.ts'), counting('job', null, 10));
    writeFileSync(join(stage.folder, 'other.ts'), counting('other', null, 10));
    const running = stage.application('job.ts');
    await running.until('stderr', /waits for slots/);
    const again = await stage.application('other.ts').ended;
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toMatch(/A job manager runs in cluster 'default' already.*weir submit.*CLUSTER_TAKEN/s);
    const submitted = await stage.weir('submit', 'other.ts');
    expect(submitted).toMatchObject({ code: 1, stdout: '' });
    expect(submitted.stderr).toMatch(/runs job 'job' and ends with it, so it takes no 'other'.*CLUSTER_DEDICATED/s);
    expect((await stage.weir('list')).stdout).toMatch(/^job +running/m);
    running.kill('SIGTERM');
    await running.ended;
    // What a dedicated cluster has left behind is there for the cluster of many jobs.
    const leader = await stage.jobManager();
    await leader.until('stderr', /job job waits for slots/);
  });

  it.each([
    [['run', '--cluster', 'a', 'job.ts', '--slots', '2'], 'error --slots is for a run in this process, and --cluster'],
    [['run', 'job.ts', '--cluster', '--inline'], 'error --inline is for a run in this process'],
    [['run', 'job.ts', '--store', 'nats'], 'error --store is for a cluster, and weir run needs none. Give --cluster'],
    [['run', 'job.ts', '--creds=x'], 'error --creds is for a cluster'],
    [['run', 'job.ts', '--log-level', 'debug'], 'error --log-level is for a cluster'],
    [['run', 'job.ts', '--placement', 'pack'], 'error --placement is for a cluster'],
    [
      ['run', 'job.ts', '--cluster', 'a', '--placement', 'fill'],
      "error --placement is 'fill', and can be spread, pack.",
    ],
    [['run', '--cluster', 'name'], 'error weir run needs the file of a job.'],
    [['run', '--cluster', 'a.b', 'job.ts'], "error 'a.b' cannot be a name."],
  ])('%j', async (args, message) => {
    const { code, stderr } = await weir(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('cluster of processes: placement', () => {
  it('three task managers with two slots: spread shares a job of three, pack fills one and begins another', async () => {
    for (const [placement, slots] of [
      ['spread', [1, 1, 1]],
      ['pack', [2, 1, 0]],
    ] as const) {
      const stage = await ClusterStage.start('nats');
      writeFileSync(
        join(stage.folder, 'job.ts'),
        counting('job', null, 10).replace('setParallelism(2)', 'setParallelism(3)'),
      );
      const names = ['tm-1', 'tm-2', 'tm-3'];
      const [leader] = await Promise.all([
        stage.jobManager('--placement', placement),
        ...names.map((name) => stage.taskManager(name, '--slots', '2')),
      ]);
      await stage.weir('submit', 'job.ts');
      await leader.until('stderr', /job job running/);
      const status = JSON.parse((await stage.weir('status', '-o', 'json')).stdout) as {
        readonly taskManagers: readonly { readonly jobs: readonly (string | null)[] }[];
      };
      expect(status.taskManagers.map(({ jobs }) => jobs.filter((job) => job === 'job').length)).toEqual(slots);
    }
  });
});
