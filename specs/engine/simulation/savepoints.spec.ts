import { describe, expect, it } from 'vitest';
import type { SavepointManifest } from '../../../actors/protocol/savepoint.js';
import { decodeRecord } from '../../../src/runtime/host/records.js';
import type { CheckerContext } from '../../../src/simulation/checker.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { type JobSpec, jobOf } from '../../../src/simulation/jobs/index.js';
import { SavedOutput } from '../../../src/simulation/resume.js';
import { type RunReport, type RunSpec, simulate } from '../../../src/simulation/run.js';
import { smallJob as job } from './small-job.js';

/** The client takes a savepoint, or stops the job with one, after so many milliseconds. */
const saves = { 'savepoint:job': 500 };
const stops = { 'stop:job': 500, 'stopWith:job': 1 };
const drains = { 'stop:job': 500, 'stopWith:job': 2 };

function run(deviations: Deviations, spec: JobSpec = job, more: Partial<RunSpec> = {}): RunReport {
  const { record, code } = jobOf(spec);
  const common = { seed: 1, taskManagers: 2, slots: 2, rates: noFaults, healAtMs: 10_000, checkers: allCheckers };
  return simulate({ ...common, record, code, deviations, ...more });
}

function manifestOf({ blobs }: RunReport, name: string): SavepointManifest {
  const decoded = decodeRecord(name, blobs.get(`savepoints/${name}/manifest`) as Uint8Array);
  return ('record' in decoded ? decoded.record : null) as SavepointManifest;
}

const wideJob: JobSpec = { ...job, stages: [{ ...job.stages[0], parallelism: 3 } as JobSpec['stages'][number]] };

/** The same job, by default at another parallelism, in a cluster of its own that has nothing but the savepoint and the output. */
function goOn(
  report: RunReport,
  name: string,
  next: JobSpec = wideJob,
  isLeft = (path: string): boolean => path.startsWith('out/part-'),
): RunReport {
  const { record } = jobOf(next);
  const from = { savepoint: name, allowDroppedState: false, maxParallelism: {} };
  const files = [...report.files.files].filter(([path]) => isLeft(path));
  return run({}, next, {
    record: { ...record, job: 'resumed', from },
    blobs: new Map([...report.blobs].filter(([key]) => key.startsWith(`savepoints/${name}/`))),
    files: Object.fromEntries(files),
    slots: 3,
  });
}

const ended = { violation: null, outcome: 'finished' };

describe('savepoints: a job that goes on', () => {
  it('its savepoint is whole, the client hears of it, and the job puts out each record once', () => {
    const report = run(saves);
    expect(report).toMatchObject({ ...ended, saved: true });
    expect(manifestOf(report, 'saved').checkpoint.subtasks).toHaveLength(4);
  });

  it('the leader crashes while it is taken: the next one takes it for the same question', () => {
    // Some 530 ms: the barriers are on their way.
    const crash = Math.round(((530 - 400) / 2_200) * 1_000_000);
    const report = run({ ...saves, 'crash:jm@1': crash % 4 === 0 ? crash + 1 : crash });
    expect(report).toMatchObject({ ...ended, crashes: 1, saved: true });
  });
});

describe('savepoints: a job that is stopped meanwhile', () => {
  it.each([
    ['without one', {}],
    ['with one, drained', { 'stopWith:job': 2 }],
  ])('%s: nothing is lost, whenever the stop comes', { timeout: 60_000 }, (_, how) => {
    const outcomes = new Set<boolean>();
    for (let afterMs = -4; afterMs <= 44; afterMs += 2) {
      const output = new SavedOutput();
      const checkers = [...allCheckers, (context: CheckerContext) => output.watch(context)];
      const report = run({ 'savepoint:job': 500, 'stop:job': 500 + afterMs, ...how }, job, { checkers });
      const at = `stop after ${afterMs} ms`;
      expect(report, at).toMatchObject(ended);
      const isThere = report.blobs.has('savepoints/saved/manifest');
      expect(report.saved, at).toBe(isThere);
      outcomes.add(isThere);
      if (!isThere) continue;
      const { subtasks, finished } = manifestOf(report, 'saved').checkpoint;
      expect([finished, subtasks.filter(({ drained }) => drained)], at).toEqual([[], []]);
      expect(
        goOn(report, 'saved', wideJob, (path) => output.pathsOf('saved')?.includes(path) === true),
        at,
      ).toMatchObject(ended);
    }
    expect([...outcomes].sort()).toEqual([false, true]);
  });
});

describe('savepoints: a job that ends with one', () => {
  it('ends where it is; another one goes on from there at another parallelism, and both put out each record once', () => {
    const report = run(stops);
    expect(report).toMatchObject({ ...ended, stopped: true });
    expect(report.virtualMs).toBeLessThan(12_000);
    expect(manifestOf(report, 'stopped').checkpoint.subtasks.some(({ drained }) => drained)).toBe(false);
    expect(goOn(report, 'stopped')).toMatchObject(ended);
  });

  it('drained, its windows have fired and nothing is left to go on with', () => {
    const report = run(drains);
    expect(report).toMatchObject({ ...ended, stopped: true });
    expect(manifestOf(report, 'stopped').checkpoint.subtasks.every(({ drained }) => drained)).toBe(true);
  });

  it('the leader crashes at any moment on the way: it ends with that savepoint all the same', {
    timeout: 60_000,
  }, () => {
    for (let atMs = 500; atMs < 526; atMs += 4) {
      const crash = Math.round(((atMs - 400) / 2_200) * 1_000_000);
      const report = run({ ...stops, 'crash:jm@1': crash % 4 === 0 ? crash + 1 : crash });
      expect(report, `crash at ${atMs} ms`).toMatchObject({ ...ended, crashes: 1 });
      expect(manifestOf(report, 'stopped').name).toBe('stopped');
      expect(goOn(report, 'stopped'), `crash at ${atMs} ms`).toMatchObject(ended);
    }
  });
});

describe('savepoints: a vertex of which a part had finished', () => {
  // The second reader has no split, and has finished long before the savepoint.
  const sources = [{ parallelism: 2, splits: 1, records: 40, ratePerSecond: 60 }];
  const partly: JobSpec = { ...job, sources };

  it('runs again at another parallelism, and each record is put out once', () => {
    const report = run(stops, partly);
    expect(manifestOf(report, 'stopped').checkpoint.finished).toEqual(['source-0#1']);
    const wide = { ...partly, sources: [{ ...sources[0], parallelism: 3 } as JobSpec['sources'][number]] };
    expect(goOn(report, 'stopped', wide)).toMatchObject(ended);
  });

  it('goes on where that parallelism stays, so that what a function puts out at its end comes once too', () => {
    const farewells: JobSpec = { ...job, sources, sink: { parallelism: 2 }, stages: [{ kind: 'farewell' }] };
    const report = run(stops, farewells);
    // It stands among the parts, with its list state.
    const { subtasks } = manifestOf(report, 'stopped').checkpoint;
    expect(subtasks.filter(({ drained }) => drained).map(({ subtask }) => subtask)).toEqual(['source-0#1']);
    const resumed = goOn(report, 'stopped', farewells);
    expect(resumed).toMatchObject(ended);
    const parts = [...resumed.files.files].filter(([path]) => path.startsWith('out/part-'));
    const text = parts.map(([, bytes]) => Buffer.from(bytes).toString()).join('');
    expect(text.match(/"end\/\d\/\d"/g)?.sort()).toEqual(['"end/0/0"', '"end/0/1"']);
  });
});
