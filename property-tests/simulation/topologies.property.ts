import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type FaultRates, noFaults } from '../../src/simulation/choices.js';
import { planRun, type RunPlan, runOf } from '../../src/simulation/generate.js';
import { packDeviations } from '../../src/simulation/replay-line.js';
import { simulate } from '../../src/simulation/run.js';
import { shrink } from '../../src/simulation/shrink.js';

const rate = (max: number) => fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }));

/** Shrinks to fewer kinds of faults; within one plan the engine's own delta debugging shrinks to fewer faults. */
const rates: fc.Arbitrary<FaultRates> = fc.record({
  ...Object.fromEntries(Object.keys(noFaults).map((kind) => [kind, fc.constant(0)])),
  messageLost: rate(0.2),
  messageTwice: rate(0.2),
  messageDelayed: rate(0.3),
  linkBroken: rate(0.004),
  storeLate: rate(0.06),
  storeMute: rate(0.03),
  crash: rate(1),
  pause: rate(0.5),
  partition: rate(0.6),
  stop: rate(1),
}) as fc.Arbitrary<FaultRates>;

const plans: fc.Arbitrary<RunPlan> = fc
  .record({
    seed: fc.integer({ min: 1, max: 10_000_000 }),
    taskManagers: fc.integer({ min: 1, max: 4 }),
    spare: fc.nat(2),
    rates,
    healAtMs: fc.integer({ min: 500, max: 4_000 }),
  })
  .map(({ seed, taskManagers, spare, rates: drawn, healAtMs }) => {
    const { job, slots, placement, stateBackend, taskManagers: planned } = planRun(seed);
    return {
      seed,
      job,
      taskManagers,
      slots: Math.ceil((slots * planned) / taskManagers) + spare,
      placement,
      stateBackend,
      rates: drawn,
      healAtMs,
    };
  });

describe('simulation: any topology, any mixture of faults', () => {
  it('keeps every invariant and ends with every record committed once', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const report = simulate(runOf(plan));
        if (report.violation === null) return;
        const deviations = packDeviations(shrink(plan, report));
        throw new Error(`${report.violation.message}\nplan ${JSON.stringify(plan)}\ndeviations ${deviations}`);
      }),
      { seed: 1_859, numRuns: 200, endOnFailure: true },
    );
  });
});
