import { describe, expect, it } from 'vitest';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { jobOf } from '../../../src/simulation/jobs/index.js';
import { simulate, simulatedClusterOptions } from '../../../src/simulation/run.js';
import { smallJob as job } from './small-job.js';

/** The leader crashes after some 600 ms, and its next life starts 40 ms later. */
const leaderCrashes: Deviations = { 'crash:jm@1': 250_001 };
/** The second announcement is the next leader's. */
const secondIsLost: Deviations = { 'message:jm>tm-1:send.leader.announced#2': 1 };
/** A reason to lose something: which message it is the deviations say. */
const rates = { ...noFaults, messageLost: 1e-9 };
const { heartbeatTimeoutMs, askEveryMs } = simulatedClusterOptions;

/** Runs the job, and tells after how many milliseconds each task manager was in a new leader's table. */
function failover(deviations: Deviations) {
  const { record, code } = jobOf(job);
  let ledAtMs = Number.NaN;
  const registeredAfterMs: Record<string, number> = {};
  const report = simulate({
    ...{ seed: 1, record, code, taskManagers: 2, slots: 1, rates, deviations, healAtMs: 10_000, checkers: allCheckers },
    onTrace: ({ process, incarnation, actor, fromState, toState, atMs }) => {
      if (incarnation === 'jm.2' && actor === 'resource-manager' && fromState === null) ledAtMs = atMs;
      if (actor === 'task-manager' && fromState === 'registering' && toState === 'serving' && atMs > ledAtMs)
        registeredAfterMs[process] = atMs - ledAtMs;
    },
  });
  return { report, registeredAfterMs };
}

describe('failover: the leader crashes and starts again within a heartbeat timeout', () => {
  it('task managers hear its next life announce itself, and register at once', () => {
    const { report, registeredAfterMs } = failover(leaderCrashes);
    expect(report).toMatchObject({ violation: null, outcome: 'finished', crashes: 1 });
    expect(Object.keys(registeredAfterMs).sort()).toEqual(['tm-1', 'tm-2']);
    expect(Math.max(...Object.values(registeredAfterMs))).toBeLessThan(5);
  });

  it('one that misses the announcement notices at its heartbeat timeout', () => {
    const { report, registeredAfterMs } = failover({ ...leaderCrashes, ...secondIsLost });
    expect(report).toMatchObject({ violation: null, outcome: 'finished', crashes: 1 });
    expect(registeredAfterMs['tm-2']).toBeLessThan(5);
    expect(registeredAfterMs['tm-1']).toBeGreaterThan(100);
    expect(registeredAfterMs['tm-1']).toBeLessThan(heartbeatTimeoutMs + askEveryMs);
  });
});
