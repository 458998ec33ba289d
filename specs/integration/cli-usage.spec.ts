import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { weir } from './cli-process.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

describe('weir, the command line', () => {
  it('tells what it can do, without a command and with --help', async () => {
    for (const args of [[], ['--help']]) {
      const { code, stdout, stderr } = await weir(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('$ weir <command> [options]');
      expect(stdout).toMatch(/run <job> +Run the job of a .ts or .js file in this process/);
    }
  });

  it('tells the options of a command', async () => {
    const { code, stdout } = await weir(['run', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--checkpoints <folder> +Keep checkpoints there, and go on from the newest when run again/);
    expect(stdout).toContain('$ weir run examples/word-count.ts');
  });

  it('tells its version', async () => {
    expect((await weir(['--version'])).stdout).toContain(`weir/${version} `);
  });

  it.each([
    [['rn', 'job.ts'], "error There is no command 'rn'. Did you mean weir run?"],
    [['frobnicate'], "error There is no command 'frobnicate'. See weir --help."],
    [['job.ts'], "error There is no command 'job.ts'. Did you mean weir run job.ts?"],
    [
      ['run', 'job.ts', '--chekpoints', 'x'],
      'error There is no option --chekpoints of weir run. Did you mean --checkpoints?',
    ],
    [['run', 'job.ts', '--jobid', 'x'], 'error There is no option --jobid of weir run. Did you mean --job-id?'],
    [['info', 'job.ts', '--slots', '2'], 'error There is no option --slots of weir info. See weir info --help.'],
    [['run', 'job.ts', '--slots'], 'error Option --slots needs a value. Write --slots <n>. See weir run --help.'],
    [['run', 'job.ts', '--slots', 'two'], "error --slots is 'two'. Give a whole number of at least 1: --slots 2."],
    [['run', 'job.ts', '--slots', '0'], "error --slots is '0'. Give a whole number of at least 1: --slots 2."],
    [['run', 'job.ts', '--job-id', 'a', '--job-id', 'b'], 'error Option --job-id is given twice. Give it once.'],
    [['run', 'job.ts', '--job-id', 'A/B'], "error 'A/B' cannot be a job id. Use 1 to 63 lower-case letters,"],
    [['run'], 'error weir run needs the file of a job. For example weir run job.ts.'],
    [
      ['run', 'job.ts', '5'],
      "error weir run takes one file; '5' is more. Parameters of the job stand after two dashes: weir run job.ts -- 5",
    ],
    [
      ['info', 'job.ts', '--graph', 'jop'],
      "error --graph is 'jop', and can be stream, job, execution. Did you mean --graph job?",
    ],
    [['info', 'job.ts', '-o', 'xml'], "error --output is 'xml', and can be text, json, mermaid. See weir info --help."],
    [['run', 'absent.ts'], 'error There is no job file absent.ts. Give the path of a .ts or .js file.'],
  ])('says what is wrong with %j, what to type instead, and exits with 2', async (args, message) => {
    const { code, stdout, stderr } = await weir(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
