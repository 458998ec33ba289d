import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommittedRows } from '../../scripts/demo/committed.js';
import { progressText } from '../../scripts/demo/live-line.js';
import { killMoments, rateFor } from '../../scripts/demo/plan.js';

const pace = { firstKillMs: 1_500, killEveryMs: 4_000, afterLastKillMs: 4_000 };

describe('demo: plan and progress', () => {
  it('the moments of the kills are those of the seed, and the input lasts beyond the last', () => {
    expect(killMoments(3, 5, pace)).toEqual(killMoments(3, 5, pace));
    expect(killMoments(3, 5, pace)).not.toEqual(killMoments(3, 6, pace));
    for (const [kills, seed] of [
      [1, 1],
      [3, 77],
      [8, 12_345],
    ] as const) {
      const inputEndsMs = (20_000 * 1_000) / rateFor(20_000, kills, pace);
      const last = killMoments(kills, seed, pace).at(-1) ?? 0;
      expect(inputEndsMs - last).toBeGreaterThan(3_900);
    }
  });

  it('rows count once they are committed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-spec-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const rows = new CommittedRows(join(folder, 'output'));
    expect(await rows.count()).toBe(0);
    const here = new CommittedRows(folder);
    await writeFile(join(folder, 'part-a-0.jsonl'), '1\n2\n');
    await writeFile(join(folder, '.part-a-1.pending'), '3\n');
    expect(await here.count()).toBe(2);
    await writeFile(join(folder, 'part-a-1.jsonl'), '3\n');
    expect(await here.count()).toBe(3);
  });

  it('progress is one line of state, records, checkpoints and task managers', () => {
    const progress = { state: 'running', committed: 5_015, records: 20_000, checkpoints: 3 };
    expect(progressText({ ...progress, taskManagers: { alive: 2, of: 3 } })).toBe(
      'running                5,015 of 20,000 committed    3 checkpoints  2 of 3 alive',
    );
  });
});
