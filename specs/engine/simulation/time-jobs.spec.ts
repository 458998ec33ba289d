import { describe, expect, it } from 'vitest';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { checkLateRecords } from '../../../src/simulation/checkers/late-records.js';
import { noFaults } from '../../../src/simulation/choices.js';
import { type JobSpec, jobOf, Reference, type StageSpec, wholeInput } from '../../../src/simulation/jobs/index.js';
import type { SimRecord } from '../../../src/simulation/jobs/sim-record.js';
import { afterTimeStage, type Timed } from '../../../src/simulation/jobs/time-reference.js';
import type { TimeSpec, TimeStageSpec, WindowShape } from '../../../src/simulation/jobs/time-spec.js';
import { eventTimeOf, lateResultId } from '../../../src/simulation/jobs/timed-record.js';
import { simulate } from '../../../src/simulation/run.js';

const time: TimeSpec = {
  startMs: -60,
  stepMs: 5,
  grainMs: 5,
  disorderMs: 20,
  boundMs: 20,
  intervalMs: 40,
  idleMs: null,
};
const keyedBy = { keys: 2, keyKind: 'text', parallelism: 2, maxParallelism: 4 } as const;
const sliding: WindowShape = { kind: 'sliding', sizeMs: 50, slideMs: 20, offsetMs: -5 };

const spec = (stages: readonly StageSpec[], sources = 1, times = time): JobSpec => ({
  sources: Array.from({ length: sources }, () => ({ parallelism: 2, splits: 3, records: 30, ratePerSecond: 40 })),
  stages,
  time: times,
  sink: { parallelism: 2 },
  checkpointIntervalMs: 80,
  checkpointTimeoutMs: 1_000,
  tolerableFailedCheckpoints: 0,
  restartDelayMs: 20,
  bufferTimeoutMs: 5,
});

const timers: StageSpec = { kind: 'timers', ...keyedBy, grainMs: 20, echoMs: 7, inputs: 1, isChained: true };
const joined: StageSpec = {
  kind: 'intervalJoin',
  ...keyedBy,
  lowerMs: -20,
  upperMs: 15,
  isLowerExclusive: true,
  isUpperExclusive: false,
};
const windowed = (shape: WindowShape, computation: 'reduce' | 'aggregate' | 'process', latenessMs = 0): StageSpec => ({
  kind: 'window',
  ...keyedBy,
  shape,
  computation,
  latenessMs,
  isChained: computation !== 'process',
});
const late: StageSpec = { kind: 'lateWindow', ...keyedBy, shape: sliding, computation: 'aggregate', latenessMs: 5 };

function run(job: JobSpec) {
  const { record, code } = jobOf(job);
  const common = { seed: 1, taskManagers: 2, slots: 2, rates: noFaults, deviations: null, healAtMs: 10 };
  return simulate({ ...common, record, code, checkers: allCheckers });
}

describe('generated jobs: event time', () => {
  it.each<readonly [string, JobSpec]>([
    ['timers', spec([timers])],
    ['timers of two inputs', spec([{ kind: 'map' }, { ...timers, inputs: 2 }])],
    ['timers of two sources', spec([{ ...timers, inputs: 2 }], 2)],
    [
      'tumbling windows behind answers in any order',
      spec([
        { kind: 'async', ordered: false, capacity: 3 },
        windowed({ kind: 'tumbling', sizeMs: 20, offsetMs: 5 }, 'process', 10),
      ]),
    ],
    ['sliding windows by panes', spec([windowed(sliding, 'aggregate')])],
    ['sliding windows of all records', spec([windowed(sliding, 'process')])],
    ['sessions', spec([windowed({ kind: 'session', gapMs: 10 }, 'reduce')])],
    ['rules', spec([{ kind: 'rules', ...keyedBy, grainMs: 20 }])],
    ['an interval join, counted in windows', spec([joined, windowed(sliding, 'reduce')])],
    ['a union, and a keyed stage behind', spec([timers, { kind: 'keyed', ...keyedBy, state: 'list', inputs: 1 }], 2)],
    ['late records', spec([late, { kind: 'farewell' }], 1, { ...time, boundMs: 0, idleMs: 100 })],
  ])('a run without faults satisfies every checker: %s', (_, job) => {
    const report = run(job);
    expect(report.violation?.message).toBeUndefined();
    expect(report.outcome).toBe('finished');
    expect(report.checkpoints).toBeGreaterThan(1);
  });

  it('a record is never more behind one before it than the bound allows, and often as much', () => {
    const times = Array.from({ length: 600 }, (_, number) => eventTimeOf(recordOf(`0/0/${number}`, number), time, 1));
    let greatest = Number.NEGATIVE_INFINITY;
    const behind = times.map((at) => {
      greatest = Math.max(greatest, at);
      return greatest - at;
    });
    expect(Math.max(...behind)).toBeLessThanOrEqual(time.boundMs);
    expect(behind.filter((each) => each >= time.boundMs - time.stepMs).length).toBeGreaterThan(20);
  });
});

const recordOf = (id: string, number: number): SimRecord => ({
  id,
  source: 0,
  split: 0,
  number,
  value: number,
  folds: [],
});

const at = (...times: readonly number[]): readonly Timed[] =>
  times.map((each, number) => ({ at: each, record: recordOf(`r${number}`, number) }));

const madeOf = (stage: StageSpec, input: readonly Timed[]): readonly string[] =>
  afterTimeStage(stage as TimeStageSpec, 0, input, ({ number }) => number % 2 === 0).map(({ record }) => record.id);

describe('reference: event time', () => {
  const one = { ...keyedBy, keys: 1 };

  it('windows: edges belong to the later one, below zero too, and sessions take what touches them', () => {
    const tumbling = { kind: 'window', ...one, computation: 'process', latenessMs: 0, isChained: true } as const;
    const spans = (shape: WindowShape, ...times: readonly number[]): readonly string[] =>
      madeOf({ ...tumbling, shape }, at(...times)).map((id) => id.split(' ').slice(1, 4).join(' '));
    expect(spans({ kind: 'tumbling', sizeMs: 10, offsetMs: 0 }, -1, 0, 9, 10)).toEqual([
      'none -10 0',
      '0 0 10',
      '10 10 20',
    ]);
    expect(spans({ kind: 'sliding', sizeMs: 20, slideMs: 10, offsetMs: 0 }, 0)).toEqual(['none -10 10', '10 0 20']);
    expect(spans({ kind: 'session', gapMs: 5 }, 11, 0, 5)).toEqual(['none 0 10', '10 11 16']);
  });

  it('an interval join pairs each side by its own bound', () => {
    const join = {
      ...joined,
      ...one,
      lowerMs: 0,
      upperMs: 4,
      isLowerExclusive: false,
      isUpperExclusive: true,
    } as const;
    expect([...madeOf(join, at(10, 10, 10, 13, 10, 14))].sort()).toEqual(
      ['r0+r1', 'r2+r1', 'r4+r1', 'r0+r3', 'r2+r3', 'r4+r3'].map((pair) => `pair0(${pair})`).sort(),
    );
  });

  it('timers fire in order, with the echoes that are left', () => {
    const ids = madeOf({ ...timers, ...one } as StageSpec, at(1, 39, 20, 5));
    expect(ids.filter((id) => id.startsWith('timer0(k0'))).toHaveLength(2);
    expect(ids[0]).toMatch(/^timer0\(k0 none 20 3:/);
    expect(ids.at(-1)).toMatch(/ (40|47) 1:/);
  });
});

describe('I10: late records', () => {
  const job = spec([{ ...late, keys: 1, shape: { kind: 'tumbling', sizeMs: 50, offsetMs: 0 } } as StageSpec], 1, {
    ...time,
    boundMs: 0,
  });
  const reference = new Reference(job);
  const arrived = reference.arrived(wholeInput);
  const starts = [...new Set(arrived.map((timed) => Math.floor(timed.at / 50) * 50))];
  const idsIn = (start: number): readonly string[] =>
    arrived.filter((timed) => timed.at >= start && timed.at < start + 50).map(({ record }) => record.id);
  const result = (start: number, members: readonly string[]): SimRecord =>
    recordOf(lateResultId({ key: 'k0', start, end: start + 50, members }), 0);
  const whole = starts.map((start) => result(start, idsIn(start)));
  const [start = 0] = starts;
  const [first = '', ...others] = idsIn(start);
  const check = (output: readonly SimRecord[]) => () => checkLateRecords(job, reference, wholeInput, output);

  it('each may be in its window, late, or come to a window that fires again', () => {
    expect(check(whole)).not.toThrow();
    expect(check([result(start, others), ...whole.slice(1), recordOf(first, 0)])).not.toThrow();
    expect(check([...whole, result(start, others)])).not.toThrow();
  });

  it('and may not be nowhere, in two places, or in a window that begins again', () => {
    expect(check([result(start, others), ...whole.slice(1)])).toThrow('in no window, and not late');
    expect(check([...whole, recordOf(first, 0)])).toThrow('is late, and in window');
    expect(check([...whole.slice(1), result(start, others), result(start, [first])])).toThrow('fired again');
    expect(check([...whole.slice(1), result(start, [first, first, ...others])])).toThrow('twice');
    expect(check([...whole, recordOf('0/0/99', 0)])).toThrow('none has come');
    const last = starts.at(-1) ?? 0;
    const open = idsIn(last).map((id) => recordOf(id, 0));
    expect(check([...whole.slice(0, -1), ...open])).toThrow('which was over for no watermark');
  });
});
