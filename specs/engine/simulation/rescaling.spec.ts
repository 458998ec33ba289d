import { describe, expect, it } from 'vitest';
import { scaleKey } from '../../../actors/protocol/scaling.js';
import type { TraceRecord } from '../../../src/ports/telemetry.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { type JobSpec, jobOf } from '../../../src/simulation/jobs/index.js';
import { type RunReport, type RunSpec, simulate } from '../../../src/simulation/run.js';
import { smallJob as job } from './small-job.js';

/** The client wants everything at 4 after so many milliseconds. */
const scalesUp = { 'rescaler-1:job': 500, 'rescaler-1To:job': 4 };
/** And at 1 later on. */
const scalesDown = { 'rescaler-2:job': 900, 'rescaler-2To:job': 1 };

interface Told extends RunReport {
  /** By the runs of the job that got as far as to run: the states on the way there, and how many subtasks they have. */
  readonly runs: readonly { readonly by: readonly string[]; readonly subtasks: number }[];
}

function run(deviations: Deviations, more: Partial<RunSpec> = {}, spec = job): Told {
  const { record, code } = jobOf(spec);
  const runs: { by: string[]; subtasks: number }[] = [];
  let by: string[] = [];
  const onTrace = ({ actor, fromState, toState, effects }: TraceRecord): void => {
    if (!actor.startsWith('job-master/') || toState === null || toState === fromState) return;
    by.push(toState);
    if (toState !== 'running') return;
    runs.push({ by, subtasks: effects.filter((effect) => effect.kind === 'ask').length });
    by = [];
  };
  const common = { seed: 1, taskManagers: 2, slots: 2, rates: noFaults, healAtMs: 10_000, checkers: allCheckers };
  return { ...simulate({ ...common, record, code, deviations, onTrace, ...more }), runs };
}

/** A crash of that process so many milliseconds after the beginning. */
function crash(process: string, atMs: number): Deviations {
  const drawn = Math.round(((atMs - 400) / 2_200) * 1_000_000);
  return { [`crash:${process}@1`]: drawn % 4 === 0 ? drawn + 1 : drawn };
}

const ended = { violation: null, outcome: 'finished' };

describe('rescaling: a running job', () => {
  it('takes a checkpoint, and goes on from it at the new parallelism, without a back-off', () => {
    const report = run(scalesUp);
    expect(report).toMatchObject({ ...ended, rescaled: true });
    expect(report.runs[1]).toEqual({
      by: [
        'checkpointingForRescale',
        'pausing',
        'retrievingCheckpoint',
        'redistributing',
        'restoringState',
        'rewindingSources',
        'running',
      ],
      subtasks: 8,
    });
  });

  it('up and then down', () => {
    const report = run({ ...scalesUp, ...scalesDown });
    expect(report).toMatchObject({ ...ended, rescaled: true });
    expect(report.runs.map(({ subtasks }) => subtasks)).toEqual([4, 8, 2]);
  });

  it('without slots enough it is refused, and the job runs on', () => {
    const report = run(scalesUp, { taskManagers: 1 });
    expect(report).toMatchObject({ ...ended, rescaled: false });
    expect(report.runs).toHaveLength(1);
  });

  it.each([1, 3, 4])('to %i when some subtasks have finished: no record is lost', (parallelism) => {
    const uneven: JobSpec = { ...job, sources: [{ parallelism: 2, splits: 3, records: 90, ratePerSecond: 60 }] };
    for (const atMs of [700, 1_000, 1_300]) {
      const report = run({ 'rescaler-1:job': atMs, 'rescaler-1To:job': parallelism }, {}, uneven);
      expect(report, `at ${atMs} ms`).toMatchObject(ended);
    }
  });
});

describe('rescaling: with a crash in the midst', () => {
  const moments = Array.from({ length: 15 }, (_, index) => 500 + 4 * index);

  it.each(moments)('the leader at %i ms: what was promised is kept', (atMs) => {
    const report = run({ ...scalesUp, ...crash('jm', atMs) });
    expect(report).toMatchObject({ ...ended, crashes: 1, rescaled: true });
    expect(report.runs.at(-1)?.subtasks).toBe(8);
  });

  it.each(moments)('a task manager at %i ms: the job runs on at the new parallelism', (atMs) => {
    const report = run({ ...scalesUp, ...crash('tm-1', atMs) }, { slots: 4 });
    expect(report).toMatchObject({ ...ended, crashes: 1, rescaled: true });
    expect(report.runs.at(-1)?.subtasks).toBe(8);
  });
});

describe('rescaling: a reactive job', () => {
  const reactive = { parallelismMax: 4, stabilizationMs: 200, cooldownMs: 100 };
  const { record } = jobOf(job);

  it('begins with all the slots that are there', () => {
    const report = run({}, { record: { ...record, reactive } });
    expect(report).toMatchObject(ended);
    expect(report.runs.map(({ subtasks }) => subtasks)).toEqual([8]);
  });

  it('runs on with fewer when a task manager is lost, and with all again when it is back', () => {
    const away = { ...crash('tm-1', 700), 'restart:tm-1@1': 600 };
    const report = run(away, { record: { ...record, reactive } });
    expect(report).toMatchObject({ ...ended, crashes: 1 });
    expect(report.runs.map(({ subtasks }) => subtasks)).toEqual([8, 4, 8]);
  });

  it('its parallelism is nobody’s to choose', () => {
    const report = run({ 'rescaler-1:job': 500, 'rescaler-1To:job': 1 }, { record: { ...record, reactive } });
    expect(report).toMatchObject({ ...ended, rescaled: false });
    expect([...report.blobs.keys()]).not.toContain(scaleKey(record.job, 0));
  });
});
