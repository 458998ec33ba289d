import { describe, expect, it } from 'vitest';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { noFaults } from '../../../src/simulation/choices.js';
import { type JobSpec, jobOf } from '../../../src/simulation/jobs/index.js';
import { simulate } from '../../../src/simulation/run.js';
import { smallJob } from './small-job.js';

const job: JobSpec = {
  ...smallJob,
  checkpointIntervalMs: 100,
  sources: [{ parallelism: 2, splits: 2, records: 40, ratePerSecond: 40 }],
};

/** When checkpoints began and ended, while nothing went wrong. */
function run(checkpointIntervalMs: number) {
  const { record, code } = jobOf({ ...job, checkpointIntervalMs });
  const beganMs: number[] = [];
  const endedMs: number[] = [];
  const report = simulate({
    ...{ seed: 1, record, code, taskManagers: 2, slots: 1, rates: noFaults, deviations: {}, healAtMs: 10_000 },
    checkers: allCheckers,
    onTrace: ({ actor, fromState, toState, atMs }) => {
      if (!actor.startsWith('checkpoint-coordinator/') || fromState === toState) return;
      if (toState === 'triggering') beganMs.push(atMs);
      if (fromState === 'notifying') endedMs.push(atMs);
    },
  });
  // The last one comes when all has been read, whenever that is.
  const betweenMs = beganMs.slice(1, -1).map((atMs, index) => atMs - (beganMs[index] as number));
  const pausesMs = beganMs.slice(1, -1).map((atMs, index) => atMs - (endedMs[index] as number));
  return {
    report,
    betweenMs,
    pausesMs,
    lastsMs: Math.min(...endedMs.map((atMs, at) => atMs - (beganMs[at] as number))),
  };
}

describe('checkpoints: their interval in a cluster', () => {
  it('goes from begin to begin, however long they take', () => {
    const { report, betweenMs, lastsMs } = run(100);
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(betweenMs.length).toBeGreaterThan(5);
    expect(lastsMs).toBeGreaterThan(1);
    expect(Math.min(...betweenMs)).toBeCloseTo(100, 1);
    expect(Math.max(...betweenMs)).toBeCloseTo(100, 1);
  });

  it('shorter than a checkpoint takes: the next begins at once, and the job still finishes', {
    timeout: 60_000,
  }, () => {
    const { report, pausesMs, betweenMs, lastsMs } = run(1);
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(lastsMs).toBeGreaterThan(1);
    expect(Math.max(...pausesMs)).toBeCloseTo(0, 1);
    expect(betweenMs.length).toBeGreaterThan(50);
  });
});
