import { expect } from 'vitest';
import { buildSimulation } from '../../scripts/mutants/build.js';

/** Runs in all that one suite makes; a soak makes more. */
export const runsPerSuite = 1_200;

/**
 * Runs generated schedules over generated jobs, and stops at the first that breaks an invariant with the line that replays it. The simulation is
 * bundled first: it then runs about twice as fast as through the module transforms of the specs.
 */
export async function expectNothingFound(firstSeed: number, runs: number): Promise<void> {
  const { planRun, simulateAndResume, shrink, replayLine } = await buildSimulation(null);
  const reached = { restored: 0, crashedDuringRecovery: 0, resumed: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const plan = planRun(seed);
    const { report, resumed } = simulateAndResume(plan);
    if (report.violation !== null) {
      const { message, details } = report.violation;
      expect.fail(`${message}\n${JSON.stringify(details)}\n${replayLine(seed, shrink(plan, report))}`);
    }
    if (resumed !== null && resumed.violation !== null) {
      expect.fail(`${resumed.violation.message}\nnpm run replay -- --seed ${seed} --resumed`);
    }
    if (resumed !== null) reached.resumed += 1;
    if (report.restoredCheckpoint) reached.restored += 1;
    if (report.crashedDuringRecovery) reached.crashedDuringRecovery += 1;
  }
  // Schedules that no longer reach what matters would find nothing for the wrong reason.
  expect(reached.restored / runs).toBeGreaterThan(0.35);
  expect(reached.resumed / runs).toBeGreaterThan(0.1);
  expect(reached.crashedDuringRecovery / runs).toBeGreaterThan(0.05);
}
