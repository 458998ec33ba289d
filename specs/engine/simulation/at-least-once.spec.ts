import { describe, expect, it } from 'vitest';
import { planOf, runOf } from '../../../src/simulation/generate.js';
import { generateJob } from '../../../src/simulation/jobs/job-spec.js';
import { Random } from '../../../src/simulation/random.js';
import { simulate } from '../../../src/simulation/run.js';

const seeds = Array.from({ length: 40 }, (_, index) => 31_000 + index);

describe('checkpoints that are at-least-once, under faults', () => {
  it('lose nothing, put out nothing that is not of the input, and end', () => {
    // Operators between unions and shuffles have several channels there, so that barriers overtake records.
    let restored = 0;
    for (const seed of seeds) {
      const job = { ...generateJob(new Random(seed, 'job')), atLeastOnce: true };
      // Where event time counts, what comes twice may be in another window.
      if (job.time !== null) continue;
      const plan = planOf(job, seed);
      const report = simulate(runOf({ ...plan, rates: { ...plan.rates, stop: 0, savepoint: 0 } }));
      expect({ seed, violation: report.violation }).toEqual({ seed, violation: null });
      if (report.restoredCheckpoint) restored += 1;
    }
    expect(restored).toBeGreaterThan(6);
  }, 60_000);
});
