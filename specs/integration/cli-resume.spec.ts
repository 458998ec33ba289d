import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, WeirProcess, weir } from './cli-process.js';

const keys = 7;
const recordsPerKey = 300;

/** Runs for about two seconds; each value it collects tells the count of one key so far. */
const counting = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('counting', (env) => {
  env.enableCheckpointing({ intervalMs: 50 });
  env
    .fromSource(
      generatorSource({ count: ${keys * recordsPerKey}, ratePerSecond: 1_000, generate: (index) => ({ key: index % ${keys}, count: 1 }) }),
      { uid: 'numbers' },
    )
    .keyBy(({ key }) => key)
    .reduce((a, b) => ({ key: a.key, count: a.count + b.count }))
    .uid('counts')
    .collect('counts');
});
`;

const short = `import { defineJob } from 'weirflow';
export default defineJob('short', (env) => void env.fromCollection([1, 2], { uid: 'numbers' }).collect('numbers'));
`;

const run = ['run', 'job.ts', '--checkpoints', 'state'];

/** Runs the counting job until some checkpoints are complete, and kills it. */
async function killedInTheMiddle(folder: string): Promise<string[]> {
  const first = new WeirProcess(run, folder);
  await first.until('stdout', /"count":60}/);
  first.kill('SIGKILL');
  const { signal, stdout } = await first.ended;
  expect(signal).toBe('SIGKILL');
  return linesOf(stdout);
}

/** Whole lines: a killed process may have got only part of the last one out. */
const linesOf = (stdout: string): string[] => stdout.split('\n').slice(0, -1);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('weir run --checkpoints', () => {
  it('goes on from the newest checkpoint after a kill -9: nothing is lost or counted twice', async () => {
    const folder = folderWith({ 'job.ts': counting });
    const before = await killedInTheMiddle(folder);
    const { code, stdout, stderr } = await weir(run, folder);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^counting resumes from checkpoint \d+-\d+\n$/);
    const after = linesOf(stdout);
    expect(new Set(after).size).toBe(after.length);
    expect(after.length).toBeLessThan(keys * recordsPerKey);
    // What was being handed over at the moment of the kill comes again; anything else comes once.
    const expected = Array.from({ length: keys * recordsPerKey }, (_, index) => {
      return `counts> {"key":${index % keys},"count":${Math.floor(index / keys) + 1}}`;
    });
    expect([...new Set([...before, ...after])].sort()).toEqual(expected.sort());
  });

  it('does not run a job again that has finished, and says how to', async () => {
    const folder = folderWith({ 'job.ts': short });
    const first = await weir(run, folder);
    expect(first).toMatchObject({ code: 0, stdout: 'numbers> 1\nnumbers> 2\n', stderr: '' });
    const second = await weir(run, folder);
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toBe(
      "Job 'short' has finished already, so nothing was run. To run it again from the beginning, give another --job-id or another folder.\n",
    );
    expect(await weir([...run, '--job-id', 'again'], folder)).toMatchObject({ code: 0, stdout: first.stdout });
  });

  it('refuses a damaged checkpoint, naming the file', async () => {
    const folder = folderWith({ 'job.ts': counting });
    await killedInTheMiddle(folder);
    for (const path of filesUnder(join(folder, 'state'))) {
      if (!path.includes('/log/')) continue;
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    const { code, stdout, stderr } = await weir(run, folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error .*jobs\/counting\/log\/\d+.*damaged/);
  });

  it('says so when it cannot write to the folder', async () => {
    const folder = folderWith({ 'job.ts': short });
    const { code, stdout, stderr } = await weir(['run', 'job.ts', '--checkpoints', 'job.ts/state'], folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('error ');
    expect(stderr).toContain(join(folder, 'job.ts/state'));
  });
});
