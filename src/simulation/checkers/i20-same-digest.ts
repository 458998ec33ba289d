import { Violation } from '../checker.js';
import type { RunReport, RunSpec } from '../run.js';
import { simulate } from '../run.js';

/**
 * I20: runs the spec twice and gives the report of the first run; when the digests of the two differ, the report has
 * that as its violation. A digest goes over every step of every actor and every crash. What is the same in both runs of
 * one process, but would not be in a process of its own, is seen only by comparing the digests of two processes.
 */
export function sameDigest(spec: RunSpec): RunReport {
  const first = simulate(spec);
  const second = simulate(spec);
  if (first.digest === second.digest) return first;
  const seen = { first: first.digest, second: second.digest, events: [first.events, second.events] };
  return { ...first, violation: new Violation('I20', `two runs of seed ${spec.seed} differ`, seen) };
}
