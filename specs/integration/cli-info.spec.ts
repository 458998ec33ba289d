import { describe, expect, it } from 'vitest';
import { folderWith, weir } from './cli-process.js';

const inFolder = (files: Readonly<Record<string, string>>, ...args: string[]) => weir(args, folderWith(files));

describe('weir info', () => {
  it('shows the job graph of the first example', async () => {
    const { code, stdout, stderr } = await weir(['info', 'examples/word-count.ts']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`word-count
job graph: 2 vertices, 6 operators, needs 1 slot

●  lines  ×1
│  source     lines    state
│  transform  flatMap
│  transform  map
└─▶ counts  (hash)

●  counts  ×1  max 128
   transform  counts   state
   transform  map
   sink       print
`);
  });

  it('shows where operators are written, and every graph in every format', async () => {
    const stream = await weir(['info', 'examples/word-count.ts', '--graph', 'stream']);
    expect(stream.stdout).toMatch(/reduce +counts +state +examples\/word-count\.ts:\d+:\d+\n/);
    const json = await weir(['info', 'examples/word-count.ts', '--graph', 'execution', '-o', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'word-count', slots: 1 });
    const mermaid = await weir(['info', 'examples/word-count.ts', '--output=mermaid']);
    expect(mermaid.stdout).toMatch(/^flowchart LR\n {2}b1\["<b>lines<\/b>/);
  });

  it('gives the job its parameters', async () => {
    const job = `
      import { defineJob } from 'weirflow';
      export default defineJob('params', (env) => {
        env.fromCollection([1], { uid: env.param('uid') }).setParallelism(Number(env.param('p', '1'))).print();
      });`;
    const { stdout } = await inFolder({ 'job.ts': job }, 'info', 'job.ts', '--', '--uid', 'mine', '--p=3');
    expect(stdout).toContain('●  mine  ×3');
    const missing = await inFolder({ 'job.ts': job }, 'info', 'job.ts');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('error Parameter --uid is missing. Give it after two dashes: -- --uid <value>.');
  });
});

describe('a job that cannot be built', () => {
  it('throws: its own stack and lines are shown', async () => {
    const job = `import { defineJob } from 'weirflow';

interface Options {
  readonly limit: number;
}

function readOptions(text: string): Options {
  if (text === '') throw new Error('the limit is empty');
  return { limit: Number(text) };
}

export default defineJob('throws', (env) => {
  const { limit } = readOptions('');
  env.fromCollection([1, 2], { uid: 'numbers' }).filter((n) => n < limit).print();
});
`;
    const { code, stdout, stderr } = await inFolder({ 'throws.ts': job }, 'info', 'throws.ts');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`error Job 'throws' failed while it was being built: the limit is empty

  at readOptions (throws.ts:8:26)
  at <anonymous> (throws.ts:13:21)

     6 |
     7 | function readOptions(text: string): Options {
  >  8 |   if (text === '') throw new Error('the limit is empty');
       |                          ^
     9 |   return { limit: Number(text) };
    10 | }

(JOB_BUILD_FAILED)
`);
  });

  it('has one uid twice: both operators are named with their places', async () => {
    const job = `import { defineJob } from 'weirflow';
export default defineJob('twice', (env) => {
  const numbers = env.fromCollection([1, 2], { uid: 'numbers' });
  numbers.keyBy((n) => n % 2).reduce((a, b) => a + b).uid('numbers').print();
});
`;
    const { code, stderr } = await inFolder({ 'twice.ts': job }, 'run', 'twice.ts');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error Two operators have the uid 'numbers': collection 'numbers' at twice.ts:3:23 and reduce 'numbers' at twice.ts:4:31. " +
        'A uid names the state of one operator; give one of them another uid.\n\n(UID_DUPLICATE)\n',
    );
  });

  it('exports no job: it says what to write', async () => {
    const { code, stderr } = await inFolder({ 'empty.ts': 'export const job = 1;\n' }, 'run', 'empty.ts');
    expect(code).toBe(1);
    expect(
      stderr,
    ).toBe(`error empty.ts has no default export. Write: export default defineJob('my-job', (env) => { … });

(JOB_DEFAULT_EXPORT_MISSING)
`);
  });

  it('asks for its own place: file, line and a way out are shown', async () => {
    const job = `import { defineJob } from 'weirflow';
const input = new URL('input.csv', import.meta.url);
export default defineJob('place', (env) => void env.fromCollection([input.href], { uid: 'input' }).print());
`;
    const { code, stderr } = await inFolder({ 'place.ts': job }, 'run', 'place.ts');
    expect(code).toBe(1);
    expect(
      stderr,
    ).toBe(`error place.ts:2:36: import.meta is not available in a job: the job runs from a bundle, which lies elsewhere. Give paths as parameters (env.param('input')) or relative to the folder in which weir is started.
  const input = new URL('input.csv', import.meta.url);
                                     ~~~~~~~~~~~

(JOB_BUNDLE_FAILED)
`);
  });

  it('does not parse: the place is shown', async () => {
    const { code, stderr } = await inFolder({ 'broken.ts': 'export default (;\n' }, 'info', 'broken.ts');
    expect(code).toBe(1);
    expect(stderr).toContain('error broken.ts:1:17: Unexpected ";"\n  export default (;\n');
  });
});
