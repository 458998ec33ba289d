import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { WeirProcess, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

const endlessJob = `
import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('endless', (env) => {
  env.setParallelism(2).allowGeneratedUids();
  env.fromSource(generatorSource({ generate: (index) => index, count: null, ratePerSecond: 10 })).print();
});`;

const printing = (text: string): string => `
import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('endless', (env) => {
  env.allowGeneratedUids();
  env.fromSource(generatorSource({ generate: () => '${text}', count: null, ratePerSecond: 10 })).print();
});`;

/** A port that was free a moment ago and has nobody now. */
async function deadUrl(): Promise<string> {
  const server = await startNatsServer();
  const { url } = server;
  await server.stop();
  return url;
}

describe('cluster of processes: NATS away at the start', () => {
  it.each([['jobmanager', '--http-port', '0'], ['taskmanager', '--slots', '1'], ['status']])(
    'weir %s waits, says so, and gives up by the deadline',
    async (...command) => {
      const url = await deadUrl();
      const { code, stderr } = await weir([...command, '--nats', url, '--wait', '1']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/waiting for NATS at nats:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\), for 1 s more/);
      expect(stderr).toMatch(/No NATS server could be reached at .+ within 1 s: .+\(NATS_UNREACHABLE\)/s);
    },
  );

  it('goes on when it comes in time', async () => {
    const first = await startNatsServer();
    const { port } = first;
    await first.stop();
    const waiting = new WeirProcess(['jobmanager', '--http-port', '0', '--nats', `nats://127.0.0.1:${port}`], '/');
    await waiting.until('stderr', /waiting for NATS/);
    const server = await startNatsServer({ port });
    try {
      await waiting.until('stderr', / serving$/m);
    } finally {
      await server.stop();
    }
  });
});

describe('cluster of processes: a wrong command line', () => {
  it.each([
    [['cancel'], 'error weir cancel takes the id of one job. weir list prints the ids: weir cancel <job>.'],
    [['jobmanager', 'now'], "error weir jobmanager takes no 'now'. See weir jobmanager --help."],
    [['jobmanager', '--cluster', 'a.b'], "error 'a.b' cannot be a name. Use letters, digits, dashes and underscores"],
    [['jobmanager', '--store', 's3'], "error --store is 's3', and can be nats. For a folder write --checkpoints"],
    [['taskmanager', '--store', 'nats', '--checkpoints', 'x'], 'error Jobs are kept in a folder or in NATS. Give'],
    [['taskmanager', '--slots', '0'], "error --slots is '0'. Give a whole number of at least 1: --slots 2."],
    [['list', '-o', 'yaml'], "error --output is 'yaml', and can be text, json. See weir list --help."],
    [['statu'], "error There is no command 'statu'. Did you mean weir status?"],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await weir(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('cluster of processes: commands', () => {
  it('a job submitted twice runs once; another one under its id is refused', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    const both = await Promise.all([stage.submitFlights(8_000), stage.submitFlights(8_000)]);
    expect(both, both.map(({ stderr }) => stderr).join('')).toMatchObject(
      Array(2).fill({ code: 0, stdout: 'flights\n' }),
    );
    expect(await stage.submitFlights(9_000)).toMatchObject({ code: 1, stdout: '' });
    await leader.until('stderr', /job flights ended: finished/);
    expect(leader.stderr.match(/job flights running/g)).toHaveLength(1);
    expect(await stage.differences()).toEqual([]);
    expect(await stage.submitFlights(8_000)).toMatchObject({ code: 0, stdout: 'flights\n' });
    expect((await stage.weir('list')).stdout).toBe('JOB      STATE     FAILURE\nflights  finished\n');
  });

  it('too few slots: says how many are missing, and runs when they come; cancel ends it, SIGTERM the processes', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader, first] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    writeFileSync(join(stage.folder, 'endless.ts'), endlessJob);
    expect(await stage.weir('submit', 'endless.ts')).toMatchObject({ code: 0, stdout: 'endless\n' });
    await leader.until('stderr', /job endless waits for slots: 1 of 2 are free, 1 is missing/);
    expect((await stage.weir('list')).stdout).toMatch(
      /^endless +running +waits for slots: 1 of 2 are free, 1 is missing$/m,
    );
    expect((await stage.weir('status')).stdout).toContain('job endless waits for slots: 1 of 2 are free, 1 is missing');
    const { stdout } = await stage.weir('status', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      cluster: 'default',
      epoch: 1,
      taskManagers: [{ process: 'tm-1', status: 'registered', jobs: [null] }],
      shortages: [{ job: 'endless', wanted: 2, available: 1 }],
      jobs: { running: 1, others: 0 },
    });
    const second = await stage.taskManager('tm-2');
    await leader.until('stderr', /job endless running/);
    await first.until('stdout', /\d/);
    expect((await stage.weir('status')).stdout).toMatch(/^tm-2 +registered +1 +\S+ +0 +endless$/m);
    expect(await stage.weir('cancel', 'endless')).toMatchObject({ code: 0 });
    await leader.until('stderr', /job endless ended: canceled/);
    expect((await stage.weir('cancel', 'absent')).stderr).toContain('JOB_UNKNOWN');
    for (const process of [first, second, leader]) process.kill('SIGTERM');
    const codes = await Promise.all([first, second, leader].map(async ({ ended }) => (await ended).code));
    expect(codes).toEqual([0, 0, 0]);
  });

  it('a task manager that is told to end drains: its job goes on elsewhere', async () => {
    const stage = await ClusterStage.start('folder');
    const starting = [stage.taskManager('tm-1'), stage.taskManager('tm-2'), stage.taskManager('tm-3')] as const;
    const [leader, first] = await Promise.all([stage.jobManager(), ...starting]);
    await stage.submitFlights(5_000);
    await stage.committedParts(2);
    first.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    expect(first.stderr).toContain('draining');
    await leader.until('stderr', /job flights ended: finished/);
    expect(await stage.differences()).toEqual([]);
  });

  it('two clusters on one server: the same names of processes and jobs, and nothing of one reaches the other', async () => {
    const blue = await ClusterStage.start('nats', 'blue');
    const green = blue.beside('green');
    const start = (stage: ClusterStage) => Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    const pairs = await Promise.all([start(blue), start(green)]);
    const [[blueLeader, blueWorker], [greenLeader, greenWorker]] = pairs;
    expect(await blue.submitText('endless', printing('blue'))).toMatchObject({ code: 0 });
    await blueWorker.until('stdout', /blue/);
    expect((await blue.weir('list')).stdout).toContain('endless');
    expect(await green.weir('list')).toMatchObject({ code: 0, stdout: '' });
    const status = JSON.parse((await green.weir('status', '-o', 'json')).stdout);
    expect(status).toMatchObject({
      cluster: 'green',
      taskManagers: [{ process: 'tm-1', jobs: [null] }],
      shortages: [],
    });
    // Another job under the same id is no conflict there.
    expect(await green.submitText('endless', printing('green'))).toMatchObject({ code: 0 });
    await greenWorker.until('stdout', /green/);
    expect(await blue.weir('cancel', 'endless')).toMatchObject({ code: 0 });
    await blueLeader.until('stderr', /job endless ended: canceled/);
    expect((await green.weir('list')).stdout).toMatch(/^endless +running/m);
    expect(new Set(blueWorker.stdout.trim().split('\n'))).toEqual(new Set(['blue']));
    expect(new Set(greenWorker.stdout.trim().split('\n'))).toEqual(new Set(['green']));
    for (const { stderr } of [blueLeader, blueWorker, greenLeader, greenWorker])
      expect(stderr).not.toMatch(/dropped|lost/);
  });

  it('a second process of one name is refused; a cluster without a job manager is said to have none', async () => {
    const stage = await ClusterStage.start('nats');
    const { stderr } = await stage.weir('list', '--wait', '1');
    expect(stderr).toMatch(/No job manager runs in cluster 'default': nobody listened within 1 s/);
    await Promise.all([stage.jobManager(), stage.taskManager('tm-1')]);
    for (const command of [
      ['jobmanager', '--http-port', '0'],
      ['taskmanager', '--name', 'tm-1', '--slots', '1'],
    ]) {
      const again = await stage.weir(...command);
      expect(again.code).toBe(1);
      expect(again.stderr).toMatch(/A process named '(jm|tm-1)' runs in this cluster already/);
    }
  });
});
