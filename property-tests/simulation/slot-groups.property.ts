import { describe, expect, it } from 'vitest';
import { planOf, type RunPlan, runOf } from '../../src/simulation/generate.js';
import { generateJob } from '../../src/simulation/jobs/index.js';
import { Random } from '../../src/simulation/random.js';
import { simulate } from '../../src/simulation/run.js';

const firstSeed = 910_000;
const runs = 120;

/** A generated run whose operators are in a second slot sharing group from any stage on. */
function groupedPlan(seed: number): RunPlan {
  const job = generateJob(new Random(seed, 'job'));
  const random = new Random(seed, 'groups');
  const stages = job.stages.length === 0 ? [{ kind: 'map' } as const] : job.stages;
  return planOf({ ...job, stages, groupFrom: random.integer(0, stages.length - 1) }, seed);
}

describe(`simulation: slot sharing groups (seed ${firstSeed})`, () => {
  it('a slot holds subtasks of one group, and every record is committed once, with crashes and recoveries', {
    timeout: 300_000,
  }, () => {
    let restored = 0;
    for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
      const report = simulate(runOf(groupedPlan(seed)));
      expect(report.violation?.message, `seed ${seed}`).toBeUndefined();
      expect(['finished', 'canceled'], `seed ${seed}`).toContain(report.outcome);
      restored += Number(report.restoredCheckpoint);
    }
    expect(restored).toBeGreaterThan(runs / 4);
  });
});
