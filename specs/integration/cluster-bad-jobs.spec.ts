import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WeirProcess } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';

/** Numbers without end; `functions` come before the job, `chain` is put after the exchange by key. */
const job = (name: string, chain: string, functions = ''): string => `
import { defineJob, fixedDelay } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
${functions}
export default defineJob('${name}', (env) => {
  env.setParallelism(2).setRestartStrategy(fixedDelay({ attempts: 1, delayMs: 50 }));
  env.fromSource(generatorSource({ generate: (index) => index, count: null, ratePerSecond: 2_000 }), { uid: 'numbers' })
    .keyBy((n) => n % 100).reduce((a, b) => Math.max(a, b)).uid('largest')${chain}.print().uid('lines');
});
`;

/** In the environment of one task manager, so that it is a node which differs from the others. */
const odd = { env: { NODE_KIND: 'odd' } };
const onlyThere = (what: string): string => `if (process.env.NODE_KIND === 'odd') ${what}`;

async function oddCluster(special = odd): Promise<{ readonly stage: ClusterStage; readonly leader: WeirProcess }> {
  const stage = await ClusterStage.start('folder');
  const [leader] = await Promise.all([
    stage.jobManager(),
    stage.taskManager('tm-1'),
    stage.taskManager('tm-2', special),
  ]);
  return { stage, leader };
}

/** What the job manager has said of one job. */
const saidOf = ({ stderr }: WeirProcess, id: string): string =>
  stderr
    .split(/\n(?=\d{4}-)/)
    .filter((line) => line.includes(` job ${id} `))
    .join('\n')
    .trimEnd();

describe('cluster of processes: code of a job that fails on one node', () => {
  it('is named with the node, the subtask and the place in the source; what ends the thread counts as well', async () => {
    const { stage, leader } = await oddCluster();
    const end = async (id: string, text: string): Promise<string> => {
      expect(await stage.submitText(id, text)).toMatchObject({ code: 0 });
      await leader.until('stderr', new RegExp(`job ${id} ended`));
      return saidOf(leader, id);
    };
    const load = onlyThere("throw new Error('no licence on this node');");
    const loading = await end('loads', job('loads', '', load));
    expect(loading).toMatch(
      /pausing: .*loads\.ts failed while it was being loaded: no licence on this node\. At tm-2, slot 0\.\n +at .*loads\.ts:4:\d+/,
    );
    expect(loading).toMatch(/ended: failed, JOB_BUILD_FAILED: .+ At tm-2, slot 0\.$/m);

    const convert = `function convert(n: number): number {\n  ${onlyThere("throw new TypeError('no such thing: ' + n);")}\n  return n;\n}`;
    const running = await end('runs', job('runs', ".map(convert).uid('convert')", convert));
    expect(running.match(/running/g)).toHaveLength(2);
    expect(running).toMatch(
      /pausing: operator '[^']+' \(uid convert\) threw processing a record: no such thing: \d+\. .+ At largest#\d on tm-2, slot 0\.\n +at convert \(.*runs\.ts:5:/,
    );
    expect(running).toMatch(/ended: failed, USER_ERROR: .+ At largest#\d on tm-2, slot 0\.$/m);

    const exits = await end(
      'exits',
      job('exits', `.filter((n) => { ${onlyThere('process.exit(3);')} return n < 0; }).uid('exit')`),
    );
    expect(exits.match(/running/g)).toHaveLength(2);
    expect(exits).toMatch(
      /ended: failed, SLOT_WORKER_DIED: The thread of slot 0 of tm-2 ended by itself with exit code 3\./,
    );

    const talks = await end(
      'talks',
      job('talks', `.map(() => { throw new Error('x'.repeat(3_000_000)); }).uid('talk')`),
    );
    expect(talks).toMatch(/ended: failed, USER_ERROR: .+x… \(3000\d+ characters\)\. At/);
    const listed = (await stage.weir('list')).stdout;
    expect(listed).toMatch(/^exits +failed +SLOT_WORKER_DIED: The thread of slot 0 of tm-2 ended by itself/m);
  });

  it('a heap that is full: the slot ends and not the process, and after its attempts the job', async () => {
    const special = { env: { NODE_KIND: 'odd', NODE_OPTIONS: '--max-old-space-size=96' } };
    const { stage, leader } = await oddCluster(special);
    const hoard = `const hoard: unknown[] = [];`;
    const fill = `.filter((n) => { ${onlyThere('for (let i = 0; i < 500; i += 1) hoard.push(new Array(1_000).fill(n));')} return n < 0; }).uid('fill')`;
    await stage.submitText('hoards', job('hoards', fill, hoard));
    await leader.until('stderr', /job hoards ended/);
    expect(saidOf(leader, 'hoards')).toMatch(
      /ended: failed, SLOT_OUT_OF_MEMORY: .+ of tm-2 ended by itself: .+Its heap is full/,
    );
    expect(leader.stderr).not.toContain('tm-2 lost');
  });
});

describe('cluster of processes: submissions that are refused', () => {
  it('a job that is not the same each time; the second of two different ones of one id at the same instant', async () => {
    const { stage, leader } = await oddCluster();
    const chance = await stage.submitText('chance', job('chance', ".map((n) => n).uid('map-' + Math.random())"));
    expect(chance).toMatchObject({ code: 1, stdout: '' });
    expect(chance.stderr).toMatch(/The code of job 'chance' gives another graph .+ First difference.+map-0\.\d+/s);
    expect(chance.stderr).toContain('A job must be written the same each time');
    const text = job('node', ".map((n) => n).uid(process.env.NODE_KIND ?? 'even')");
    expect(await stage.submitText('node', text)).toMatchObject({ code: 0 });
    await leader.until('stderr', /job node ended/);
    expect(saidOf(leader, 'node')).toMatch(
      /ended: failed, GRAPH_MISMATCH: .+ First difference, submitted and then given: .*even.*odd.+ At tm-2, slot 0\.$/ms,
    );

    writeFileSync(join(stage.folder, 'one.ts'), job('same', ''));
    writeFileSync(join(stage.folder, 'other.ts'), job('same', ".map((n) => -n).uid('negative')"));
    const submit = (file: string) => stage.weir('submit', file, '--job-id', 'same');
    const both = await Promise.all([submit('one.ts'), submit('other.ts')]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const refused = both.find(({ code }) => code === 1)?.stderr;
    expect(refused).toMatch(
      /Job 'same' exists and is another: .+ differs\. Submit the new one under another id\.\s+\(JOB_EXISTS\)/s,
    );
    await leader.until('stderr', /job same running/);
    expect(leader.stderr.match(/job same created/g)).toHaveLength(1);
  });

  it('300 KiB of parameters are refused with what to do; 5,000 splits and 32,768 key groups are not too many', async () => {
    const stage = await ClusterStage.start('nats');
    const [leader] = await Promise.all([stage.jobManager(), stage.taskManager('tm-1'), stage.taskManager('tm-2')]);
    const params = Array.from({ length: 3 }, () => 'p'.repeat(100_000));
    const refused = await stage.submitText('long', job('long', ''), ...params);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /Job 'long' takes 30\d+ bytes .+ 300000 of them parameters, .+ may take 262144\. Put what is long into a file/s,
    );
    const folder = join(stage.folder, 'in');
    mkdirSync(folder);
    for (let n = 0; n < splits; n += 1) writeFileSync(join(folder, `${'long-'.repeat(20)}${n}.jsonl`), `{"n":${n}}\n`);
    for (const [id, text] of [
      ['wide', wide],
      ['splits', manySplits],
    ] as const) {
      await stage.submitText(id, text, '--in', folder);
      await leader.until('stderr', new RegExp(`job ${id} ended`));
      expect(saidOf(leader, id)).toContain('ended: finished');
      expect(saidOf(leader, id)).not.toContain('pausing');
    }
  });
});

const splits = 5_000;

/** Each subtask's part of a checkpoint says of 16,384 key groups where they lie: some 1.7 MB. */
const wide = `
import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('wide', (env) => {
  env.setParallelism(2).setMaxParallelism(32_768).allowGeneratedUids().enableCheckpointing({ intervalMs: 500 });
  env.fromSource(generatorSource({ generate: (n) => n, count: 40_000 }))
    .keyBy((n) => n).reduce((a, b) => a + b).filter(() => false).print();
});`;

const manySplits = `
import { defineJob } from 'weirflow';
import { fileSource } from 'weirflow/connectors/file';
export default defineJob('splits', (env) => {
  env.setParallelism(2).allowGeneratedUids().enableCheckpointing({ intervalMs: 1_000 });
  const source = fileSource<{ n: number }>({ path: env.param('in'), format: 'jsonLines' });
  env.fromSource(source).keyBy(({ n }) => n % 10).reduce((a, b) => ({ n: a.n + b.n })).filter(() => false).print();
});`;
