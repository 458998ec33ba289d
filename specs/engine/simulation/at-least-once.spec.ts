import { describe, expect, it } from 'vitest';
import { planOf } from '../../../src/simulation/generate.js';
import { generateJob } from '../../../src/simulation/jobs/job-spec.js';
import { Random } from '../../../src/simulation/random.js';
import { simulateAndResume } from '../../../src/simulation/resume.js';
import type { RunReport } from '../../../src/simulation/run.js';

/** More often than copies that stages make: no two of those are the same line. */
function putsOutTwice({ files }: RunReport): boolean {
  const lines = [...files.texts('out', (name) => !name.startsWith('.')).values()].flatMap((text) =>
    text.split('\n').filter((line) => line !== '' && !line.includes('end/')),
  );
  const counts = new Map<string, number>();
  for (const line of lines) {
    const { id } = JSON.parse(line) as { id: string };
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Set(counts.values()).size > 1;
}

const seeds = Array.from({ length: 40 }, (_, index) => 31_000 + index);

describe('checkpoints that are at-least-once, under faults', () => {
  it('lose nothing, put out nothing that is not of the input, and end', () => {
    // Operators between unions and shuffles have several channels there, so that barriers overtake records.
    let restored = 0;
    let twice = 0;
    for (const seed of seeds) {
      const job = { ...generateJob(new Random(seed, 'job')), atLeastOnce: true };
      // Where event time counts, what comes twice may be in another window.
      if (job.time !== null) continue;
      const { report, resumed } = simulateAndResume(planOf(job, seed));
      expect({ seed, violation: report.violation }).toEqual({ seed, violation: null });
      expect({ seed, violation: resumed?.violation ?? null }).toEqual({ seed, violation: null });
      if (report.restoredCheckpoint) restored += 1;
      if (putsOutTwice(report)) twice += 1;
    }
    expect(restored).toBeGreaterThan(6);
    // So barriers were not waited for.
    expect(twice).toBeGreaterThan(0);
  }, 60_000);
});
