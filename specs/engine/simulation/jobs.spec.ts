import { describe, expect, it } from 'vitest';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { noFaults } from '../../../src/simulation/choices.js';
import {
  generateJob,
  type JobSpec,
  jobOf,
  type KeyedStageSpec,
  Reference,
  type StageSpec,
  specOf,
  wholeInput,
} from '../../../src/simulation/jobs/index.js';
import { hasInputsApart } from '../../../src/simulation/jobs/job-spec.js';
import { isTimeStage } from '../../../src/simulation/jobs/time-spec.js';
import { Random } from '../../../src/simulation/random.js';
import { simulate } from '../../../src/simulation/run.js';

const jobs = Array.from({ length: 200 }, (_, seed) => generateJob(new Random(seed, 'job')));

const plain: Omit<JobSpec, 'sources' | 'stages'> = {
  sink: { parallelism: 2 },
  time: null,
  checkpointIntervalMs: 80,
  checkpointTimeoutMs: 1_000,
  tolerableFailedCheckpoints: 0,
  restartDelayMs: 20,
  bufferTimeoutMs: 5,
};

const source = (records: number, splits: number) => ({ parallelism: 2, splits, records, ratePerSecond: 40 });

const keyed = (
  state: KeyedStageSpec['state'],
  keys: number,
  parallelism: number,
  keyKind: KeyedStageSpec['keyKind'],
  inputs: KeyedStageSpec['inputs'] = 1,
): StageSpec => ({ kind: 'keyed', state, keys, keyKind, parallelism, maxParallelism: 4, inputs });

/** Every kind of stage, of state and of key. */
const wide: JobSpec = {
  ...plain,
  sources: [source(20, 3), source(8, 1)],
  stages: [
    { kind: 'hold', capacity: 2, state: 'union' },
    { kind: 'filter', oneIn: 3 },
    { kind: 'flatMap', copies: 2, lazy: true },
    { kind: 'broadcast', parallelism: 2 },
    keyed('list', 3, 2, 'text'),
    { kind: 'rebalance', parallelism: 2 },
    keyed('reduce', 2, 1, 'tuple'),
    keyed('map', 4, 3, 'number', 2),
    { kind: 'notes', parallelism: 2 },
    { kind: 'flatMap', copies: 2, lazy: false },
    keyed('value', 1, 2, 'number'),
    { kind: 'hold', capacity: 3, state: 'list' },
    { kind: 'farewell' },
  ],
};

function run(spec: JobSpec) {
  const { record, code } = jobOf(spec);
  const common = { seed: 1, taskManagers: 2, slots: 2, rates: noFaults, deviations: null, healAtMs: 10 };
  return simulate({ ...common, record, code, checkers: allCheckers });
}

describe('generated jobs', () => {
  it('are small, and the same for the same seed', () => {
    for (const [seed, spec] of jobs.entries()) {
      const { graph } = jobOf(spec).record;
      // A chain that comes into another slot sharing group is two.
      expect(graph.vertices.length, `seed ${seed}`).toBeLessThanOrEqual(spec.groupFrom === undefined ? 4 : 5);
      expect(Math.max(...graph.vertices.map(({ parallelism }) => parallelism))).toBeLessThanOrEqual(3);
      const records = spec.sources.reduce((sum, each) => sum + each.records, 0);
      expect(records).toBeGreaterThanOrEqual(15);
      expect(records).toBeLessThanOrEqual(60);
      expect(generateJob(new Random(seed, 'job'))).toEqual(spec);
    }
  });

  it('are plain data that stands in the record', () => {
    for (const spec of jobs.slice(0, 20)) {
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(specOf(jobOf(spec).record)).toEqual(spec);
    }
    expect(specOf({ params: ['--input', 'flights.csv'] })).toBeNull();
  });

  it('reach every kind of stage, of state and of union', () => {
    const kinds = (stage: StageSpec): string =>
      stage.kind === 'keyed' || stage.kind === 'hold' ? `${stage.kind} ${stage.state}` : stage.kind;
    const reached = new Set(jobs.flatMap(({ stages }) => stages.map(kinds)));
    const states = ['keyed list', 'keyed map', 'keyed reduce', 'keyed value'];
    const plainKinds = ['async', 'broadcast', 'farewell', 'filter', 'flatMap', 'map', 'notes', 'rebalance'];
    const heldKinds = ['hold list', 'hold union'];
    const timeKinds = ['intervalJoin', 'lateWindow', 'rules', 'timers', 'window'];
    expect([...reached].sort()).toEqual([...plainKinds, ...heldKinds, ...timeKinds, ...states].sort());
    expect(new Set(jobs.map(({ sources }) => sources.length))).toEqual(new Set([1, 2]));
    expect(jobs.some(({ stages }) => stages.filter(({ kind }) => kind === 'keyed').length > 1)).toBe(true);
    expect(jobs.some(({ stages }) => stages.some((stage) => stage.kind === 'keyed' && stage.inputs === 2))).toBe(true);
    expect(jobs.some(({ stages }) => stages.filter(isTimeStage).length > 1)).toBe(true);
    expect(jobs.some(hasInputsApart)).toBe(true);
    expect(jobs.some(({ atLeastOnce }) => atLeastOnce === true)).toBe(true);
    expect(jobs.some(({ time, sources }) => time?.alignment !== undefined && sources.length > 1)).toBe(true);
    expect(jobs.some(({ groupFrom }) => groupFrom !== undefined)).toBe(true);
    expect(new Set(jobs.map(({ bufferTimeoutMs }) => bufferTimeoutMs))).toContain(null);
  });

  it('can lose any of their stages, and a source, and still be built', () => {
    for (const spec of jobs.slice(0, 40)) {
      for (const at of spec.stages.keys()) jobOf({ ...spec, stages: spec.stages.filter((_, index) => index !== at) });
      jobOf({ ...spec, sources: spec.sources.slice(0, 1) });
    }
  });
});

describe('reference', () => {
  it('puts each record out as often as stages copy it, and counts it once for each copy', () => {
    const spec: JobSpec = {
      ...plain,
      sources: [source(4, 2)],
      stages: [
        { kind: 'flatMap', copies: 2, lazy: false },
        { kind: 'broadcast', parallelism: 3 },
        keyed('value', 1, 1, 'number'),
      ],
    };
    const { output, keyed: totals } = new Reference(spec).expected(wholeInput);
    expect([...output]).toContainEqual(['0/1/1.0', 3]);
    expect(output.size).toBe(8);
    expect(totals[0]?.get('k0')?.count).toBe(24);
  });

  it('takes of each split no more than the prefix gives', () => {
    const spec: JobSpec = { ...plain, sources: [source(10, 2)], stages: [] };
    const { output } = new Reference(spec).expected((_, split) => (split === 0 ? 2 : 0));
    expect([...output.keys()]).toEqual(['0/0/0', '0/0/1']);
  });
});

describe('a run without faults', () => {
  it('satisfies every checker: all kinds of stages in one job', () => {
    const report = run(wide);
    expect(report.violation?.message).toBeUndefined();
    expect(report.outcome).toBe('finished');
    expect(report.checkpoints).toBeGreaterThan(2);
  });

  it.each([0, 1, 2])('satisfies every checker: generated job %i', (seed) => {
    expect(run(jobs[seed] as JobSpec).violation?.message).toBeUndefined();
  });
});
