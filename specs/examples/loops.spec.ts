import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkJob } from 'weirflow/testing';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'weirflow-loops-'));
afterAll(() => rmSync(folder, { recursive: true }));

function steps(number: number): number {
  let n = number;
  let count = 0;
  for (; n !== 1; count += 1) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
  return count;
}

describe('docs/loops.md', () => {
  it('its job takes every step of every key once, under generated failures', { timeout: 60_000 }, async () => {
    const [, code = ''] = readFileSync(join(root, 'docs/loops.md'), 'utf8').match(/```ts\n([\s\S]*?)```/) ?? [];
    const job = join(folder, 'collatz.ts');
    writeFileSync(job, code);
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
    const report = await checkJob({
      job,
      files: { 'numbers.txt': numbers.map((n) => `${n}\n`).join('') },
      output: 'out',
      runs: 15,
    });
    expect(report.restored).toBeGreaterThan(2);
    expect(report.lines).toEqual(numbers.map((n) => `${n} takes ${steps(n)} steps`).sort());
  });
});
