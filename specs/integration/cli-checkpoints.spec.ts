import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, WeirProcess, weir } from './cli-process.js';

/** Runs for some two seconds, and keeps three checkpoints. */
const counting = `import { defineJob } from 'weirflow';
import { generatorSource } from 'weirflow/connectors/generator';

export default defineJob('counting', (env) => {
  env.enableCheckpointing({ intervalMs: 40, retained: 3, allowRollback: env.param('rollback', 'no') === 'yes' });
  env
    .fromSource(generatorSource({ count: 2_000, ratePerSecond: 1_000, generate: (index) => ({ key: index % 7, count: 1 }) }), {
      uid: 'numbers',
    })
    .keyBy(({ key }) => key)
    .reduce((a, b) => ({ key: a.key, count: a.count + b.count }))
    .uid('counts')
    .collect('counts');
});
`;

interface Listed {
  readonly checkpoints: readonly { readonly id: string; readonly entry: string; readonly files: number }[];
  readonly damaged: readonly { readonly name: string; readonly what: string }[];
}

async function listed(folder: string, ...more: readonly string[]): Promise<Listed & { readonly code: number | null }> {
  const { code, stdout } = await weir(
    ['checkpoints', 'counting', '--checkpoints', 'state', '-o', 'json', ...more],
    folder,
  );
  return { ...(JSON.parse(stdout) as Listed), code };
}

/** A folder with a job that was killed in the middle. */
async function killed(rollback: 'yes' | 'no'): Promise<{ folder: string; run: readonly string[] }> {
  const folder = folderWith({ 'job.ts': counting });
  const run = ['run', 'job.ts', '--checkpoints', 'state', '--', '--rollback', rollback];
  const first = new WeirProcess(run, folder);
  await first.until('stdout', /"count":60}/);
  first.kill('SIGKILL');
  await first.ended;
  return { folder, run };
}

/** Flips one bit in a file that the newest checkpoint has written, and says which. */
function flip(folder: string, { checkpoints: [newest] }: Listed): string {
  const entry = JSON.parse(readFileSync(join(folder, 'state', newest?.entry ?? ''), 'utf8').split('\n')[1] ?? '');
  const names = JSON.stringify(entry).match(/jobs\/counting\/state\/[^"]+/g) ?? [];
  const own = names.find((name) => name.includes(`/${newest?.id}/`)) ?? '';
  const bytes = readFileSync(join(folder, 'state', own));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(join(folder, 'state', own), bytes);
  return own;
}

describe('weir checkpoints', () => {
  it('lists what a job keeps, finds a flipped bit, and the job goes back to the one before when it may', async () => {
    const { folder, run } = await killed('yes');
    const before = await listed(folder, '--verify');
    expect(before).toMatchObject({ code: 0, damaged: [] });
    expect(before.checkpoints).toHaveLength(3);
    const own = flip(folder, before);
    const text = await weir(['checkpoints', 'counting', '--checkpoints', 'state', '--verify'], folder);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/^CHECKPOINT +KIND +WRITTEN +BYTES +FILES +COMPLETE\n/);
    expect(text.stdout).toContain(`${own} has the checksum`);
    const { code, stdout } = await weir(run, folder);
    expect(code).toBe(0);
    const last = stdout.split('\n').filter((line) => /"key":0,"count":286}/.test(line));
    expect(last).toHaveLength(1);
    const after = await listed(folder, '--orphans');
    expect(after).toMatchObject({ code: 0, checkpoints: [], ended: 'finished', orphans: [] });
  });

  it('a job that may not go back fails, and what is left of it stays', async () => {
    const { folder, run } = await killed('no');
    const own = flip(folder, await listed(folder));
    expect(await weir(run, folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('CHECKPOINT_DAMAGED') });
    const after = await listed(folder, '--verify');
    expect(after).toMatchObject({ code: 1, ended: 'failed', damaged: [{ name: own }] });
    expect(after.checkpoints).toHaveLength(3);
  });

  it('says what is missing on its line', async () => {
    const folder = folderWith({});
    expect(await weir(['checkpoints', 'counting'], folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--checkpoints <folder>'),
    });
    expect(await weir(['checkpoints', 'counting', '--checkpoints', 'state'], folder)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('It has no jobs'),
    });
  });
});
