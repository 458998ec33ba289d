import { buildSimulation } from './build.js';
import { mutants } from './list.js';

/** What the hunt for one mutant gave. */
export interface Hunt {
  readonly mutant: string;
  readonly race: number | null;
  /** Null when it survived. */
  readonly killedBy: string | null;
  readonly message: string;
  readonly runs: number;
  readonly deviations: number;
  readonly replay: string;
}

/** Runs seeds against one mutant until an invariant catches it, then shrinks the schedule. */
export async function hunt(name: string, seed: number, runsMax: number): Promise<Hunt> {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}.`);
  const { planRun, runOf, simulate, shrink, replayLine } = await buildSimulation(mutant);
  for (let runs = 1; runs <= runsMax; runs += 1) {
    const plan = planRun(seed + runs - 1);
    const report = simulate(runOf(plan));
    if (report.violation === null) continue;
    const deviations = shrink(plan, report);
    return {
      mutant: name,
      race: mutant.race,
      killedBy: report.violation.invariant,
      message: report.violation.message,
      runs,
      deviations: Object.keys(deviations).length,
      replay: `${replayLine(plan.seed, deviations)} --mutant ${name}`,
    };
  }
  return { mutant: name, race: mutant.race, killedBy: null, message: '', runs: runsMax, deviations: 0, replay: '' };
}
