import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { startNatsServer } from '../../src/runtime/nats-server/start-nats-server.js';
import { certificates, tlsBlock } from '../contracts/nats-certificates.js';
import { identities } from '../contracts/nats-identities.js';
import { folderWith, WeirProcess, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Two subtasks that hear of each other's keys: on two task managers the threads of their slots talk over NATS. */
const keyedJob = `import { defineJob } from 'weirflow';
export default defineJob('keyed', (env) => {
  env.setParallelism(2);
  env
    .fromCollection(Array.from({ length: 40 }, (_, index) => ({ key: index % 8, count: 1 })), { uid: 'numbers' })
    .keyBy(({ key }) => key)
    .reduce((a, b) => ({ key: a.key, count: a.count + b.count }))
    .uid('counts')
    .map(({ key, count }) => \`\${key}:\${count}\`)
    .print();
});
`;

async function serverWith(configuration: string): Promise<NatsServer> {
  const folder = folderWith({ 'nats.conf': configuration });
  const server = await startNatsServer({ args: ['--config', join(folder, 'nats.conf')] });
  onTestFinished(() => server.stop());
  return server;
}

/** A configuration folder with one context in it, which is selected. */
function configWith(fields: Readonly<Record<string, string>>): string {
  const folder = folderWith({});
  mkdirSync(join(folder, 'nats/context'), { recursive: true });
  writeFileSync(join(folder, 'nats/context/prod.json'), JSON.stringify(fields));
  writeFileSync(join(folder, 'nats/context.txt'), 'prod');
  return folder;
}

/** Starts a job manager and two task managers, runs the job, and gives all that any of them has said. */
async function runKeyed(stage: ClusterStage): Promise<{ readonly counts: readonly string[]; readonly said: string }> {
  const processes = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
  writeFileSync(join(stage.folder, 'keyed.ts'), keyedJob);
  const submitted = await stage.weir('submit', 'keyed.ts');
  expect(submitted).toMatchObject({ code: 0, stdout: 'keyed\n' });
  const [leader, first, second] = processes;
  await leader.until('stderr', /job keyed ended: finished/);
  const printed = [first, second].map(({ stdout }) => stdout.split('\n').filter((line) => line.endsWith(':5')));
  // Both had a share: something went from one to the other.
  expect(printed.every((lines) => lines.length > 0)).toBe(true);
  const said = [submitted, ...processes].map(({ stdout, stderr }) => stdout + stderr).join('');
  return { counts: printed.flat().sort(), said };
}

const everyKey = Array.from({ length: 8 }, (_, key) => `${key}:5`);

describe('cluster of processes: access to NATS', () => {
  it('by the selected context of the nats command: TLS both ways, user and password; nothing secret is said', async () => {
    const files = await certificates();
    const server = await serverWith(
      `${tlsBlock(files, files.server, true)}\nauthorization { user: weir, password: "s3cret" }`,
    );
    const { cert, key } = files.client;
    const context = { url: server.url, user: 'weir', password: 's3cret', ca: files.ca, cert, key };
    const stage = ClusterStage.over(server, { XDG_CONFIG_HOME: configWith(context) });
    const { counts, said } = await runKeyed(stage);
    expect(counts).toEqual(everyKey);
    expect(said).toContain("(context 'prod')");
    expect(said).not.toContain('s3cret');
  });

  it('clusters of one name in two accounts, by credentials files, and two in one account', async () => {
    const ids = identities(['A', 'B']);
    const server = await serverWith(ids.configuration);
    const folder = folderWith({ 'a.creds': ids.creds('A'), 'b.creds': ids.creds('B') });
    const over = (creds: string, cluster: string): ClusterStage =>
      ClusterStage.over(server, { NATS_URL: server.url, NATS_CREDS: join(folder, creds) }, cluster);
    const stages = [over('a.creds', 'blue'), over('b.creds', 'blue'), over('b.creds', 'green')];
    const [blueOfA, blueOfB] = stages;
    const runs = await Promise.all([blueOfA, blueOfB].map((stage) => runKeyed(stage as ClusterStage)));
    expect(runs.map(({ counts }) => counts)).toEqual([everyKey, everyKey]);
    const green = stages[2] as ClusterStage;
    await green.jobManager();
    expect(await green.weir('list')).toMatchObject({ code: 0, stdout: '' });
    expect((await (blueOfB as ClusterStage).weir('list')).stdout).toContain('keyed');
  });

  it('the servers are named with -s, --server or --nats', async () => {
    const { url } = await serverWith('');
    for (const option of ['-s', '--server', '--nats']) {
      const { code, stderr } = await weir(['status', option, url, '--wait', '1'], '/');
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('NO_JOB_MANAGER') });
    }
  });

  it('refused: says why, with the exit code of its kind, and shows no secret to ps', async () => {
    const server = await serverWith('authorization { user: weir, password: "s3cret" }');
    const env = { NATS_URL: server.url };
    const nobody = await weir(['status'], '/', env);
    expect(nobody).toMatchObject({ code: 1, stdout: '' });
    expect(nobody.stderr).toMatch(
      /does not let this process in without a login: .*--user and --password.*NATS_DENIED/s,
    );
    const absent = await weir(['status', '--context', 'absent'], '/', env);
    expect(absent.code).toBe(2);
    expect(absent.stderr).toMatch(/There is no NATS context 'absent' in .*NATS_CONTEXT_UNKNOWN/s);
    const bare = await weir(['status', '--context'], '/', env);
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('error Option --context needs a value.') });
    const login = ['--nats', server.url.replace('//', '//weir:s3cret@'), '--password', '0007', '--user', 'weir'];
    const leader = new WeirProcess(['jobmanager', ...login, '--http-port', '0'], '/');
    await leader.until('stderr', / serving$/m);
    const shown = execFileSync('ps', ['-o', 'args=', '-p', String(leader.pid)], { encoding: 'utf8' });
    expect(shown).toMatch(/^weir jobmanager --nats nats:\/\/\*\*\*@127\.0\.0\.1:\d+ --password \*\*\* --user \*\*\*/);
    expect(leader.stderr).not.toContain('s3cret');
  });
});
