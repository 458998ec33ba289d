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

const resumedLine = (seed: number): string => `npm run replay -- --seed ${seed} --resumed`;

/** Runs seeds against one mutant until an invariant catches it, then shrinks the schedule. */
export async function hunt(name: string, seed: number, runsMax: number): Promise<Hunt> {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}.`);
  const { planRun, simulateAndResume, shrink, replayLine } = await buildSimulation(mutant);
  for (let runs = 1; runs <= runsMax; runs += 1) {
    const plan = planRun(seed + runs - 1);
    const { report: first, resumed } = simulateAndResume(plan);
    const report = first.violation === null && resumed !== null ? resumed : first;
    if (report.violation === null) continue;
    const isFirst = report === first;
    const deviations = isFirst ? shrink(plan, report) : report.deviations;
    return {
      mutant: name,
      race: mutant.race,
      killedBy: report.violation.invariant,
      message: report.violation.message,
      runs,
      deviations: Object.keys(deviations).length,
      replay: `${isFirst ? replayLine(plan.seed, deviations) : resumedLine(plan.seed)} --mutant ${name}`,
    };
  }
  return { mutant: name, race: mutant.race, killedBy: null, message: '', runs: runsMax, deviations: 0, replay: '' };
}
