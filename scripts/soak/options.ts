import type { JobSize } from '../../src/simulation/jobs/index.js';

export interface SoakOptions {
  readonly runs: number;
  /** Of the first run; run i has seed + i. */
  readonly seed: number;
  readonly size: JobSize;
  /** False: only what every run watches, which is answers, throws and the job's end. */
  readonly checkers: boolean;
  readonly keepGoing: boolean;
  readonly workers: number;
}

/** What the command line says; throws with what is wrong about it. */
export function soakOptions(given: Readonly<Record<string, unknown>>): SoakOptions {
  return {
    runs: whole(given, 'runs', 1),
    seed: whole(given, 'seed', 0),
    size: given.small === true ? 'small' : 'any',
    checkers: given.checkers !== false,
    keepGoing: given.keepGoing === true,
    workers: whole(given, 'workers', 1),
  };
}

function whole(given: Readonly<Record<string, unknown>>, name: string, least: number): number {
  const value = Number(given[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${String(given[name])} is not a whole number of at least ${least}.`);
}
