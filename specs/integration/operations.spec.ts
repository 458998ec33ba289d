import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { WeirProcess, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';
import { eventually, Scrape, submitWatched, urlOf } from './operations-stage.js';

const statusOf = async (url: string): Promise<{ readonly code: number; readonly body: Record<string, unknown> }> => {
  const response = await fetch(url);
  return { code: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('operations: metrics', () => {
  it('say what the job did, what became of its checkpoints, and that a task manager was killed', async () => {
    const stage = await ClusterStage.start('folder');
    const leader = await stage.jobManager();
    const [first, second] = await Promise.all([stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    const urls = await Promise.all([first, second].map(urlOf));
    const leaderUrl = await urlOf(leader);
    expect(await submitWatched(stage)).toMatchObject({ code: 0 });

    const numbers = { job: 'watched', vertex: 'numbers' };
    const sum = { job: 'watched', vertex: 'sum' };
    const both = () => Promise.all(urls.map((url) => Scrape.of(url)));
    const total = (scrapes: readonly Scrape[], name: string, labels: Readonly<Record<string, string>>): number =>
      scrapes.reduce((all, scrape) => all + scrape.sum(name, labels), 0);
    const tasks = await eventually(
      both,
      (scrapes) =>
        total(scrapes, 'weirflow_task_records_in_total', sum) > 600 &&
        scrapes.every((scrape) => scrape.values('weirflow_task_busy_ratio').length > 0),
    );
    expect(total(tasks, 'weirflow_task_records_in_total', numbers)).toBe(600);
    expect(total(tasks, 'weirflow_task_records_out_total', numbers)).toBe(600);
    expect(total(tasks, 'weirflow_task_records_out_total', sum)).toBe(0);
    expect(total(tasks, 'weirflow_task_bytes_out_total', numbers)).toBeGreaterThan(600);
    for (const scrape of tasks) {
      expect(scrape.values('weirflow_task_input_watermark_seconds', numbers)).toEqual([Number.POSITIVE_INFINITY]);
      expect([scrape.sum('weirflow_task_manager_slots'), scrape.sum('weirflow_task_manager_slots_used')]).toEqual([
        1, 1,
      ]);
      const shares = ['busy', 'idle', 'backpressured'].map((share) => scrape.sum(`weirflow_task_${share}_ratio`, sum));
      expect(shares.reduce((all, share) => all + share)).toBeCloseTo(1);
    }

    const completed = { job: 'watched', outcome: 'completed' };
    const before = await eventually(
      () => Scrape.of(leaderUrl),
      (scrape) => scrape.sum('weirflow_job_checkpoints_total', completed) >= 2,
    );
    expect(before.values('weirflow_epoch')).toEqual([1]);
    expect(before.values('weirflow_jobs', { state: 'running' })).toEqual([1]);
    expect(before.values('weirflow_job_state', { job: 'watched', state: 'running' })).toEqual([1]);
    expect([before.sum('weirflow_slots'), before.sum('weirflow_slots_free')]).toEqual([2, 0]);
    expect(before.values('weirflow_job_restarts_total', { job: 'watched' })).toEqual([0]);
    expect(before.sum('weirflow_job_last_checkpoint_duration_seconds')).toBeGreaterThan(0);
    expect(before.sum('weirflow_job_last_checkpoint_full_size_bytes')).toBeGreaterThan(0);
    expect(before.sum('weirflow_job_last_checkpoint_timestamp_seconds') * 1_000).toBeLessThanOrEqual(Date.now());
    expect(before.values('weirflow_heartbeat_round_trip_seconds')).toHaveLength(2);

    second.kill('SIGKILL');
    const restarted = await eventually(
      () => Scrape.of(leaderUrl),
      (scrape) => scrape.sum('weirflow_job_restarts_total', { job: 'watched' }) === 1,
    );
    expect(restarted.values('weirflow_task_managers_lost_total', { reason: 'unreachable' })).toEqual([1]);
    expect(restarted.sum('weirflow_slots')).toBe(1);
    // The attempt is over, and with it what it counted; its state comes back from the checkpoint.
    const survivor = urls[0] as string;
    await eventually(
      () => Scrape.of(survivor),
      (scrape) => scrape.values('weirflow_task_records_in_total').length === 0,
    );
    await stage.taskManager('tm-2');
    const again = await eventually(
      () => Scrape.of(survivor),
      (scrape) => scrape.sum('weirflow_task_records_in_total', sum) > 0,
    );
    expect(again.sum('weirflow_task_records_in_total', numbers)).toBe(0);
  });
});

describe('operations: health', () => {
  it('a process lives before it is ready, and says what it waits for', async () => {
    const server = await startNatsServer();
    const { port, url } = server;
    await server.stop();
    const leader = new WeirProcess(['jobmanager', '--http-port', '0', '--nats', url], '/');
    const member = new WeirProcess(['taskmanager', '--name', 'tm-1', '--slots', '1', '--nats', url], '/');
    const [leaderUrl, memberUrl] = [await urlOf(leader), await urlOf(member)];
    for (const [each, role] of [
      [leaderUrl, 'jobmanager'],
      [memberUrl, 'taskmanager'],
    ]) {
      const alive = await statusOf(`${each}/health`);
      expect(alive).toMatchObject({ code: 200, body: { status: 'alive', role, cluster: 'default' } });
      const ready = await statusOf(`${each}/ready`);
      expect(ready).toMatchObject({ code: 503, body: { status: 'not ready', reason: 'waits for NATS and the store' } });
    }
    const started = await startNatsServer({ port });
    try {
      await Promise.all([leader.until('stderr', / serving$/m), member.until('stderr', / registered$/m)]);
      expect(await statusOf(`${leaderUrl}/ready`)).toMatchObject({
        code: 200,
        body: { status: 'ready', process: 'jm' },
      });
      expect(await statusOf(`${memberUrl}/ready`)).toMatchObject({ code: 200, body: { process: 'tm-1' } });
      leader.kill('SIGKILL');
      const left = await eventually(
        () => statusOf(`${memberUrl}/ready`),
        ({ code }) => code === 503,
      );
      expect(left.body).toMatchObject({ reason: 'no job manager has taken it: asking' });
      expect(await statusOf(`${memberUrl}/health`)).toMatchObject({ code: 200 });
    } finally {
      await started.stop();
    }
    await eventually(
      () => statusOf(`${memberUrl}/ready`),
      ({ body }) => body.reason === 'the connection to NATS is lost',
    );
  });

  it('a port that is taken ends the start, and says which it is and what to do', async () => {
    const stage = await ClusterStage.start('nats');
    const port = new URL(await urlOf(await stage.jobManager())).port;
    for (const role of ['jobmanager', 'taskmanager']) {
      const { code, stderr } = await stage.weir(role, '--http-port', port);
      expect(code).toBe(1);
      expect(stderr).toContain(`error Port ${port} of 127.0.0.1 is in use. Give another with --http-port, or 0`);
    }
    const asJson = await stage.weir('jobmanager', '--http-port', port, '--log-format', 'json');
    expect(asJson.code).toBe(1);
    const lines = asJson.stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{}, { level: 'error', code: 'HTTP_PORT_TAKEN' }]);
  });

  it.each([
    [
      ['--http-port', '70000'],
      "error --http-port is '70000'. Give a number from 1 to 65535, or 0 for any that is free.",
    ],
    [['--log-level', 'loud'], "error --log-level is 'loud', and can be debug, info, warn, error."],
    [['--log-format', 'xml'], "error --log-format is 'xml', and can be text, json."],
  ])('jobmanager %j is a usage error', async (args, message) => {
    const { code, stderr } = await weir(['jobmanager', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('operations: logs', () => {
  it('a failure of a subtask and what it prints say whose they are; weir logs prints and follows them', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader, first] = await Promise.all([
      stage.jobManager(),
      stage.taskManager('tm-1', '--log-format', 'json'),
      stage.taskManager('tm-2', '--log-format', 'json'),
    ]);
    const following = stage.start('logs', '--follow', '-o', 'json', '--lines', '1');
    // What is said after the first lines is followed, however soon.
    await following.until('stdout', /\n/);
    await submitWatched(stage, '--fail', join(stage.folder, 'failed'));
    await leader.until('stderr', /job watched pausing: /);
    await leader.until('stderr', /job watched rewindingSources[\s\S]*job watched running/);

    const attempt = { job: 'watched', epoch: 1, run: '1.1', vertex: 'numbers', attempt: '1.1' };
    const all = await stage.weir('logs', '-o', 'json', '--job', 'watched', '--level', 'warn');
    const lines = all.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ ...attempt, level: 'warn', console: true, msg: 'seven of 600', slot: 0 }),
    );
    const failed = lines.find(
      ({ msg }) => String(msg).includes('planted failure') && String(msg).startsWith('subtask'),
    );
    expect(failed).toMatchObject({ ...attempt, level: 'error', subtask: expect.any(Number) });
    expect(failed?.stack).toMatch(/at .*watched\.ts/);
    expect(lines.find(({ process }) => process === 'jm')).toMatchObject({ epoch: 1, run: '1.1', level: 'warn' });

    for (const line of first.stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ process: 'tm-1' });
    const text = await stage.weir('logs', 'jm', '-n', '1', '--job', 'watched');
    expect(text.stdout).toMatch(/^\S+Z job watched running\n$/);
    await following.until('stdout', /planted failure/);
    await following.until('stdout', /"msg":"job watched running"/);
    following.kill('SIGINT');
    expect((await following.ended).code).toBe(130);
  });

  it('a process that is not there, and a wrong command line, are said to be', async () => {
    const stage = await ClusterStage.start('nats');
    const absent = await stage.weir('logs', 'tm-9');
    expect([absent.code, absent.stdout]).toEqual([1, '']);
    expect(absent.stderr).toContain("No process 'tm-9' runs in cluster 'default'.");
    expect((await stage.weir('logs')).stderr).toContain("No process runs in cluster 'default'.");
    expect(await stage.weir('logs', 'a', 'b')).toMatchObject({ code: 2 });
    expect((await stage.weir('logs', '-n', '0')).stderr).toContain("--lines is '0'");
  });
});
