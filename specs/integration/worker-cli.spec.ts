import { describe, expect, it } from 'vitest';
import { folderWith, weir } from './cli-process.js';

const run = (job: string, ...options: string[]) => weir(['run', 'job.ts', ...options], folderWith({ 'job.ts': job }));

/** Says in which threads its operators run. */
const telling = `import { isMainThread, threadId } from 'node:worker_threads';
import { defineJob } from 'weirflow';
export default defineJob('telling', (env) => {
  env.setParallelism(2);
  env
    .fromCollection(Array.from({ length: 100 }, (_, index) => index), { uid: 'numbers' })
    .keyBy((n) => n)
    .reduce((a, b) => a + b)
    .uid('sums')
    .map(() => (isMainThread ? 'main' : 'thread ' + threadId))
    .print();
});
`;

describe('weir run', () => {
  it('gives each slot a thread, and with --inline none', async () => {
    const inThreads = await run(telling);
    expect(inThreads).toMatchObject({ code: 0, stderr: '' });
    const places = new Set(inThreads.stdout.trimEnd().split('\n'));
    expect([...places].sort()).toEqual([expect.stringMatching(/^thread \d+$/), expect.stringMatching(/^thread \d+$/)]);
    const inline = await run(telling, '--inline');
    expect(inline).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(inline.stdout.trimEnd().split('\n'))).toEqual(new Set(['main']));
  });

  it('shows all that a job writes to the console, and all that it prints', async () => {
    const job = `import { defineJob } from 'weirflow';
export default defineJob('chatty', (env) => {
  env
    .fromCollection(Array.from({ length: 5_000 }, (_, index) => index), { uid: 'numbers' })
    .map((n) => { console.log('logged ' + n); return 'printed ' + n; })
    .print();
});
`;
    const { code, stdout } = await run(job);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    for (const what of ['logged', 'printed']) {
      const numbers = lines.filter((line) => line.startsWith(what)).map((line) => Number(line.split(' ')[1]));
      expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    }
  });

  it('tells an error that no operator threw from one of an operator, and goes on', async () => {
    const job = `import { existsSync, writeFileSync } from 'node:fs';
import { defineJob, fixedDelay } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('careless', (env) => {
  env.setRestartStrategy(fixedDelay({ attempts: 1, delayMs: 1 }));
  env
    .fromSource(generatorSource({ count: 300, ratePerSecond: 1_000, generate: (index) => index }), { uid: 'numbers' })
    .map((n) => {
      if (existsSync('once')) return n;
      writeFileSync('once', '');
      void Promise.reject(new Error('nobody waits for this'));
      return n;
    })
    .collect('numbers');
});
`;
    const { code, stdout, stderr } = await run(job);
    expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 300 });
    expect(stderr).toMatch(
      /^failure The thread of slot 0 of tm-1 ended by itself: nobody waits for this\. .*\ncareless recovers from the beginning/,
    );
  });

  it('tells of --inline', async () => {
    const help = await weir(['run', '--help']);
    expect(help.stdout).toMatch(/--inline +Run all slots in one thread, for a debugger/);
  });
});
