import type { Deviations } from './choices.js';
import type { RunPlan } from './generate.js';
import { runOf } from './generate.js';
import type { RunReport } from './run.js';
import { simulate } from './run.js';

const runsMax = 400;

/** The fewest deviations that still break the same invariant. */
export function shrink(plan: RunPlan, report: RunReport): Deviations {
  const invariant = report.violation?.invariant;
  return shrinkDeviations(
    report.deviations,
    (deviations) => simulate(runOf(plan, deviations)).violation?.invariant === invariant,
  );
}

function shrinkDeviations(deviations: Deviations, fails: (deviations: Deviations) => boolean): Deviations {
  const tries = reductions(deviations);
  let next = tries.next();
  while (next.done !== true) next = tries.next(fails(next.value));
  return next.value;
}

/** As `shrink`, for runs that are waited for. */
export async function shrinkAsync(
  deviations: Deviations,
  fails: (deviations: Deviations) => Promise<boolean>,
): Promise<Deviations> {
  const tries = reductions(deviations);
  let next = tries.next();
  while (next.done !== true) next = tries.next(await fails(next.value));
  return next.value;
}

/**
 * Drops ever smaller parts of the list while what is left fails (delta debugging), within a bounded number of runs: gives what is to be tried,
 * is told whether it fails, and returns the least that does.
 */
function* reductions(deviations: Deviations): Generator<Deviations, Deviations, boolean> {
  let runs = 0;
  let keys = Object.keys(deviations);
  const only = (kept: readonly string[]): Deviations =>
    Object.fromEntries(kept.map((key) => [key, deviations[key] as number]));
  let size = Math.ceil(keys.length / 2);
  while (size >= 1 && keys.length > 0 && runs < runsMax) {
    let removed = false;
    for (let from = 0; from < keys.length && runs < runsMax; ) {
      const rest = [...keys.slice(0, from), ...keys.slice(from + size)];
      runs += 1;
      if (yield only(rest)) {
        keys = rest;
        removed = true;
      } else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!removed) break;
  }
  return only(keys);
}
