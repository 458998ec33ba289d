import { describe, expect, it } from 'vitest';
import type { SavepointManifest } from '../../../actors/protocol/savepoint.js';
import { savepointBlobs } from '../../../actors/protocol/savepoint.js';
import { decodeRecord } from '../../../src/runtime/host/records.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { planRun } from '../../../src/simulation/generate.js';
import { type JobSpec, jobOf } from '../../../src/simulation/jobs/index.js';
import { simulateAndResume } from '../../../src/simulation/resume.js';
import { type RunReport, type RunSpec, simulate } from '../../../src/simulation/run.js';

/** One split: the second reader has nothing to read, and its subtask has finished long before the first. */
const job = (state: 'list' | 'union'): JobSpec => ({
  time: null,
  sink: { parallelism: 1 },
  checkpointIntervalMs: 80,
  checkpointTimeoutMs: 1_000,
  tolerableFailedCheckpoints: 0,
  restartDelayMs: 20,
  bufferTimeoutMs: 5,
  sources: [{ parallelism: 2, splits: 1, records: 60, ratePerSecond: 40 }],
  stages: [{ kind: 'hold', capacity: 3, state }],
});

const stops: Deviations = { 'stop:job': 700, 'stopWith:job': 1 };
const saves: Deviations = { 'savepoint:job': 700 };

function run(spec: JobSpec, deviations: Deviations, more: Partial<RunSpec> = {}): RunReport {
  const { record, code } = jobOf(spec);
  const common = { seed: 1, taskManagers: 2, slots: 2, rates: noFaults, healAtMs: 10_000, checkers: allCheckers };
  return simulate({ ...common, record, code, deviations, ...more });
}

function goOn(report: RunReport, name: string, spec: JobSpec, deviations: Deviations = {}): RunReport {
  const files = [...report.files.files].filter(([path]) => path.startsWith('out/part-'));
  return run(spec, deviations, {
    record: {
      ...jobOf(spec).record,
      job: 'resumed',
      from: { savepoint: name, allowDroppedState: false, maxParallelism: {} },
    },
    blobs: new Map([...report.blobs].filter(([key]) => key.startsWith(`savepoints/${name}/`))),
    files: Object.fromEntries(files),
  });
}

function manifestOf({ blobs }: RunReport, name: string): SavepointManifest {
  const decoded = decodeRecord(name, blobs.get(`savepoints/${name}/manifest`) as Uint8Array);
  return ('record' in decoded ? decoded.record : null) as SavepointManifest;
}

const ended = { violation: null, outcome: 'finished' };

describe.each(['list', 'union'] as const)('savepoints: %s state of a subtask that has finished', (state) => {
  // The checkers hold counts and records against the input at each checkpoint; a union of which a part is missing puts out a record that nobody knows.
  it('a job ends with one, with copies of what it has left, and another goes on from it, also after a crash', () => {
    const report = run(job(state), stops);
    expect(report).toMatchObject({ ...ended, restarts: 0 });
    const { checkpoint } = manifestOf(report, 'stopped');
    expect(savepointBlobs(checkpoint).filter(({ name }) => name.endsWith('source-0-1-left-0'))).toHaveLength(1);
    expect(goOn(report, 'stopped', job(state))).toMatchObject(ended);
    const crashed = goOn(report, 'stopped', job(state), { 'crash:tm-1@1': 50_001 });
    expect(crashed).toMatchObject({ ...ended, crashes: 1, restoredCheckpoint: true });
  });

  it('at another parallelism everybody who goes on from it has a share', () => {
    const report = run(job(state), stops);
    for (const parallelism of [1, 3]) {
      const { sources, ...rest } = job(state);
      const other = { ...rest, sources: sources.map((source) => ({ ...source, parallelism })) };
      expect(goOn(report, 'stopped', other)).toMatchObject(ended);
    }
  });

  it('a job that goes on has one too', () => {
    const report = run(job(state), saves);
    expect(report).toMatchObject({ ...ended, saved: true });
  });
});

describe('regressions: generated runs', () => {
  it.each([
    // The savepoint with which the job was to end was given up again and again, and each counted as a failed checkpoint.
    [3_000_169],
  ])('seed %i', (seed) => {
    const { report, resumed } = simulateAndResume(planRun(seed));
    expect(report.violation?.message).toBeUndefined();
    expect(resumed?.violation?.message).toBeUndefined();
  });
});
