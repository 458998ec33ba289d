import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, weir } from './cli-process.js';
import { ClusterStage } from './cluster-stage.js';
import { eventually, Scrape, urlOf } from './operations-stage.js';

/** Answers come later, each in its own time; one record cannot be asked about. */
const asking = `import { defineJob, fixedDelayRetry } from 'weirflow';
import { fileSink, jsonLines } from 'weirflow/connectors/file';

export default defineJob('asking', (env) => {
  env.enableCheckpointing({ intervalMs: 50 });
  const numbers = env.fromCollection(Array.from({ length: 40 }, (_, n) => n), { uid: 'numbers' });
  let firstTries = 0;
  numbers
    .asyncMap(
      async (n, { attempt }) => {
        await new Promise((resolve) => setTimeout(resolve, (n * 7) % 20));
        if (n === 5) throw new Error('five is out');
        if (n === 9 && attempt === 1) throw new Error('once more');
        return 'answer ' + n;
      },
      { timeoutMs: 5_000, capacity: 8, retry: fixedDelayRetry({ retriesMax: 2, delayMs: 5 }) },
    )
    .onError({ deadLetters: fileSink({ folder: 'letters', format: jsonLines() }) })
    .uid('asked')
    .print();
});
`;

/** A trickle that its function counts, and of which it passes over a part. */
const counting = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

class Counting {
  open({ metrics, run, operator }) {
    this.seen = metrics.counter('seen');
    this.sizes = metrics.histogram('sizes', [10, 100]);
    metrics.gauge('run_is_known', () => (run > 0 && operator === 'counting' ? 1 : 0));
  }
  processElement(value, context) {
    if (value % 10 === 3) throw new Error('a three');
    this.seen.inc();
    this.sizes.update(value);
    context.emit(value);
  }
}

export default defineJob('counting', (env) => {
  env.enableCheckpointing({ intervalMs: 100 });
  const trickle = env.fromSource(generatorSource({ count: null, generate: (index) => index, ratePerSecond: 200 }), { uid: 'trickle' });
  trickle.process(new Counting()).onError('skip').uid('counting').filter(() => false).print();
});
`;

describe('functions of a job', () => {
  it('asyncMap: answers in the order of the input, retries, and what fails for good in the dead letters', async () => {
    const folder = folderWith({ 'job.ts': asking });
    const { code, stdout, stderr } = await weir(['run', 'job.ts'], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const expected = Array.from({ length: 40 }, (_, n) => `answer ${n}`).filter((line) => line !== 'answer 5');
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
    const parts = readdirSync(join(folder, 'letters')).filter((name) => name.startsWith('part-'));
    const letters = parts.flatMap((name) =>
      readFileSync(join(folder, 'letters', name), 'utf8')
        .trimEnd()
        .split('\n'),
    );
    expect(letters.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { record: 5, origin: { job: 'asking', operator: 'asked', subtask: 0 }, error: { message: 'five is out' } },
    ]);
  });

  it('metrics of their own, and records that a policy has left out, are in Prometheus', async () => {
    const stage = await ClusterStage.start('folder');
    await stage.jobManager();
    const taskManager = await stage.taskManager('tm-1');
    const url = await urlOf(taskManager);
    writeFileSync(join(stage.folder, 'counting.ts'), counting);
    expect(await stage.weir('submit', 'counting.ts')).toMatchObject({ code: 0 });
    const labels = { job: 'counting', operator: 'counting', subtask: '0' };
    const scrape = await eventually(
      () => Scrape.of(url),
      (seen) => seen.sum('weirflow_user_seen_total', labels) > 150,
    );
    const seen = scrape.sum('weirflow_user_seen_total', labels);
    expect(scrape.values('weirflow_user_run_is_known', labels)).toEqual([1]);
    expect(scrape.values('weirflow_user_sizes_bucket', { ...labels, le: '10' })).toEqual([10]);
    expect(scrape.values('weirflow_user_sizes_count', labels)).toEqual([seen]);
    const skipped = scrape.sum('weirflow_task_records_skipped_total', { job: 'counting' });
    expect(Math.abs(skipped - seen / 9)).toBeLessThanOrEqual(1);
    await taskManager.until('stderr', /operator 'counting' of \S+ has left out its first record: a three/);
    expect(await stage.weir('cancel', 'counting')).toMatchObject({ code: 0 });
  });
});
