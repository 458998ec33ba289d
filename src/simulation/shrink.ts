import type { Deviations } from './choices.js';
import type { RunPlan } from './generate.js';
import { runOf } from './generate.js';
import type { RunReport } from './run.js';
import { simulate } from './run.js';

const runsMax = 400;

/**
 * The fewest deviations that still break the same invariant: drops ever smaller parts of the list while the failure stays (delta debugging), within a
 * bounded number of runs.
 */
export function shrink(plan: RunPlan, report: RunReport): Deviations {
  const invariant = report.violation?.invariant;
  let runs = 0;
  const fails = (deviations: Deviations): boolean => {
    runs += 1;
    return simulate(runOf(plan, deviations)).violation?.invariant === invariant;
  };
  let keys = Object.keys(report.deviations);
  const only = (kept: readonly string[]): Deviations =>
    Object.fromEntries(kept.map((key) => [key, report.deviations[key] as number]));
  let size = Math.ceil(keys.length / 2);
  while (size >= 1 && keys.length > 0 && runs < runsMax) {
    let removed = false;
    for (let from = 0; from < keys.length && runs < runsMax; ) {
      const rest = [...keys.slice(0, from), ...keys.slice(from + size)];
      if (fails(only(rest))) {
        keys = rest;
        removed = true;
      } else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!removed) break;
  }
  return only(keys);
}
