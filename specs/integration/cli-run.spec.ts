import { describe, expect, it } from 'vitest';
import { folderWith, WeirProcess, weir } from './cli-process.js';

const inFolder = (job: string, ...args: string[]) => weir(['run', 'job.ts', ...args], folderWith({ 'job.ts': job }));

const failing = (attempts: number): string => `import { defineJob, fixedDelay } from 'weirflow';

export default defineJob('failing', (env) => {
  env.setRestartStrategy(fixedDelay({ attempts: ${attempts}, delayMs: 1 }));
  env
    .fromCollection(['1', '2', 'three'], { uid: 'numbers' })
    .map((text) => parse(text))
    .name('parse')
    .print();
});

function parse(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new TypeError('not a number: ' + text);
  return value;
}
`;

/** Never ends by itself, and prints once it runs. */
const endless = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';
export default defineJob('endless', (env) => {
  env.fromSource(generatorSource({ count: null, ratePerSecond: 1_000, generate: (index) => index }), { uid: 'numbers' }).print();
});
`;

describe('weir run', () => {
  it('runs the first example: the counts of words, as they come', async () => {
    const { code, stdout, stderr } = await weir(['run', 'examples/word-count.ts']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...['to 1', 'be 1', 'or 1', 'not 1', 'to 2', 'be 2'],
      ...['that 1', 'is 1', 'the 1', 'question 1'],
    ]);
  });

  it('prints what a job collects, under its name, each value once', async () => {
    const job = `import { defineJob } from 'weirflow';
export default defineJob('collects', (env) => {
  env.setParallelism(2);
  const numbers = env.fromCollection([1n, 2n, 3n], { uid: 'numbers' });
  numbers.map((value) => ({ value })).collect('values');
  numbers.print('seen');
});
`;
    const { code, stdout } = await inFolder(job);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').sort()).toEqual([
      ...['seen> 1', 'seen> 2', 'seen> 3'],
      ...['values> {"value":"1"}', 'values> {"value":"2"}', 'values> {"value":"3"}'],
    ]);
  });

  it('gives the job its parameters', async () => {
    const job = `import { defineJob } from 'weirflow';
export default defineJob('params', (env) => {
  env.fromCollection([env.param('text'), ...env.params], { uid: 'params' }).print();
});
`;
    expect((await inFolder(job, '--', '--text', 'one two')).stdout).toBe('one two\n--text\none two\n');
  });

  it('shows a failure in the code of the job: the operator, the stack, the lines, and exits with 1', async () => {
    const { code, stdout, stderr } = await inFolder(failing(0));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n2\n' });
    expect(stderr).toContain("error operator 'parse'");
    expect(stderr).toContain('not a number: three');
    expect(stderr).toContain('  at parse (job.ts:14:34)\n');
    expect(stderr).toContain("  > 14 |   if (Number.isNaN(value)) throw new TypeError('not a number: ' + text);\n");
  });

  it('tells of each restart, and where it goes on from', async () => {
    const { code, stdout, stderr } = await inFolder(failing(1));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n2\n1\n2\n' });
    expect(stderr).toMatch(
      /^failure operator 'parse'.*not a number: three.*\nfailing recovers from the beginning: no checkpoint is complete yet\nerror /,
    );
  });

  it('refuses fewer slots than the job needs', async () => {
    const job = failing(0).replace('env\n', 'env.setParallelism(3)\n');
    const { code, stderr } = await inFolder(job, '--slots', '2');
    expect(code).toBe(2);
    expect(stderr).toBe(
      "error Job 'failing' has parallelism 3, and so needs 3 slots; --slots gives it 2. Leave --slots out, or lower the parallelism.\n",
    );
  });

  it('ends in good order at the first interrupt', async () => {
    const running = new WeirProcess(['run', 'job.ts'], folderWith({ 'job.ts': endless }));
    await running.until('stdout', /^10$/m);
    running.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toBe('stopping; press Ctrl+C again to stop at once\nendless was canceled\n');
  });

  it('ends at once at the second interrupt', async () => {
    const running = new WeirProcess(['run', 'job.ts'], folderWith({ 'job.ts': endless }));
    await running.until('stdout', /^10$/m);
    running.kill('SIGTERM');
    await running.until('stderr', /stopping/);
    running.kill('SIGINT');
    const { code } = await running.ended;
    // The job may have ended in good order while the second signal was on its way.
    expect([130, 143]).toContain(code);
  });
});
