import { describe, expect, it } from 'vitest';
import { planOf, planRun, type RunPlan, runOf } from '../../src/simulation/generate.js';
import type { StageSpec } from '../../src/simulation/jobs/index.js';
import { Random } from '../../src/simulation/random.js';
import { simulate } from '../../src/simulation/run.js';

const firstSeed = 880_000;
const runs = 150;

/** A generated run, with an asynchronous stage put in anywhere, and one more that is unordered behind the keyed ones. */
function asyncPlan(seed: number): RunPlan {
  const { job } = planRun(seed);
  const random = new Random(seed, 'async');
  const { stages } = job;
  const last = stages.length - Number(stages.at(-1)?.kind === 'farewell');
  const ordered: StageSpec = { kind: 'async', ordered: true, capacity: random.integer(1, 6) };
  const unordered: StageSpec = { kind: 'async', ordered: false, capacity: random.integer(1, 6) };
  const at = random.integer(0, last);
  const withLast = [...stages.slice(0, last), unordered, ...stages.slice(last)];
  // Slot sharing groups begin at another stage then, which may need more slots.
  return planOf({ ...job, stages: [...withLast.slice(0, at), ordered, ...withLast.slice(at)] }, seed);
}

describe(`simulation: asynchronous calls (seed ${firstSeed})`, () => {
  it('every record is committed once, with answers that come in any order, crashes and recoveries', {
    timeout: 300_000,
  }, () => {
    let restored = 0;
    for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
      const report = simulate(runOf(asyncPlan(seed)));
      expect(report.violation?.message, `seed ${seed}`).toBeUndefined();
      expect(['finished', 'canceled'], `seed ${seed}`).toContain(report.outcome);
      restored += Number(report.restoredCheckpoint);
    }
    expect(restored).toBeGreaterThan(runs / 4);
  });
});
