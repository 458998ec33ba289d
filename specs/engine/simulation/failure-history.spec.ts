import { describe, expect, it } from 'vitest';
import type { JobResult } from '../../../actors/protocol/job-graph.js';
import type { FailureRecord } from '../../../actors/protocol/past-failure.js';
import { decodeRecord } from '../../../src/runtime/host/records.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { jobOf } from '../../../src/simulation/jobs/index.js';
import { type RunReport, simulate } from '../../../src/simulation/run.js';
import { smallJob as job } from './small-job.js';

/** A task manager crashes after some 260 ms, which the job survives; the leader crashes after some 600 ms. */
const taskManagerCrashes: Deviations = { 'crash:tm-1@1': 110_001 };
const bothCrash: Deviations = { ...taskManagerCrashes, 'crash:jm@1': 250_001 };

interface Ran {
  readonly report: RunReport;
  /** Records of failures, in the order in which they were to be created. */
  readonly written: readonly FailureRecord[];
  /** How many failures a job-master held, by the life of its leader, at the last. */
  readonly known: Readonly<Record<string, number>>;
}

function run(deviations: Deviations): Ran {
  const { record, code } = jobOf(job);
  const written: FailureRecord[] = [];
  const known: Record<string, number> = {};
  const report = simulate({
    ...{ seed: 1, record, code, taskManagers: 3, slots: 1, rates: noFaults, deviations, healAtMs: 10_000 },
    checkers: allCheckers,
    onTrace: ({ incarnation, actor, effects, contextPatch }) => {
      if (actor.startsWith('job-master/') && Array.isArray(contextPatch.history))
        known[incarnation] = contextPatch.history.length;
      if (!actor.startsWith('failure-history/')) return;
      for (const effect of effects) if (effect.kind === 'record.create') written.push(effect.record as FailureRecord);
    },
  });
  return { report, written, known };
}

function resultOf({ blobs }: RunReport): JobResult {
  const decoded = decodeRecord('result', blobs.get('jobs/sim/result') as Uint8Array);
  return ('record' in decoded ? decoded.record : null) as JobResult;
}

const failuresLeft = ({ blobs }: RunReport): readonly string[] =>
  [...blobs.keys()].filter((name) => name.startsWith('jobs/sim/failures/'));

describe('failure history: in a cluster', () => {
  it('what failed under one leader is known to the next, and stands in the result of the job', () => {
    const { report, written, known } = run(bothCrash);
    expect(report).toMatchObject({ violation: null, outcome: 'finished', crashes: 2 });
    const [first] = written;
    expect(first).toMatchObject({ epoch: 1, failures: [{ where: expect.stringMatching(/tm-1/) }] });
    // The next leader knows it although it has not seen it.
    expect(known['jm.2']).toBeGreaterThanOrEqual(first?.failures.length ?? Number.NaN);
    const { failures } = resultOf(report);
    expect(failures?.[0]).toEqual(first?.failures[0]);
    expect(failures?.[0]?.atMs).toBeGreaterThan(0);
    expect(failuresLeft(report)).toEqual([]);
  });

  it('a job that nothing has failed for keeps nothing', () => {
    const { report, written } = run({});
    expect([report.outcome, written, resultOf(report).failures]).toEqual(['finished', [], undefined]);
    expect(run(taskManagerCrashes).written).not.toEqual([]);
  });
});
