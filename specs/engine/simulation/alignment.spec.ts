import { describe, expect, it } from 'vitest';
import { checkJob } from 'weirflow/testing';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import { buildJob, defineJob } from '../../../src/api/job-definition.js';
import { WatermarkStrategy } from '../../../src/api/watermark-strategy.js';
import { fileSink, lines } from '../../../src/connectors/file/index.js';
import { generatorSource } from '../../../src/connectors/generator/index.js';
import { programOf } from '../../../src/runtime/code/code-stores.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { simulate } from '../../../src/simulation/run.js';

const records = 60;
const stepMs = 100;
const driftMs = 500;
const updateMs = 50;
/** In a simulated cluster a reader takes 6 records at a time, each of them two indices after the other: so far it can go beyond. */
const batchMs = 6 * 2 * stepMs;

interface Reading {
  readonly source: string;
  readonly at: number;
}

const usual = { count: records, perSecond: 40 };

interface Setting {
  readonly aligned?: boolean;
  readonly slow?: {
    readonly count: number;
    readonly perSecond: number;
    readonly idleMs?: number;
    readonly splits?: number;
  };
}

/** A source that could be read at once, and one that takes its time; what is read is told, in the order in which it is. */
const together = (read: (reading: Reading) => void, { aligned = true, slow = usual }: Setting = {}) =>
  defineJob('together', (env) => {
    env.setParallelism(2).enableCheckpointing({ intervalMs: 80 }).setAutoWatermarkInterval(20);
    const source = (uid: string, ratePerSecond: number | null, count: number, splits = 2) => {
      const rate = ratePerSecond === null ? {} : { ratePerSecond };
      const bounded = WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner<Reading>(
        ({ at }) => at,
      );
      const idling = slow.idleMs === undefined ? bounded : bounded.withIdleness(slow.idleMs);
      return env
        .fromSource(
          generatorSource({ count, splits, generate: (index) => ({ source: uid, at: index * stepMs }), ...rate }),
          { uid },
        )
        .map((reading) => {
          read(reading);
          return reading;
        })
        .assignTimestampsAndWatermarks(aligned ? idling.withAlignment('both', driftMs, updateMs) : idling)
        .uid(`${uid}-time`);
    };
    source('fast', null, records)
      .union(source('slow', slow.perSecond, slow.count, slow.splits))
      .map(({ source: from, at }) => `${from} ${at}`)
      .sinkTo(fileSink({ folder: 'out', format: lines() }))
      .uid('out');
  });

function run(deviations: Deviations, setting: Setting = {}) {
  const readings: Reading[] = [];
  const program = buildJob(
    together((reading) => readings.push(reading), setting),
    [],
  ).program;
  const record: JobRecord = { format: 1, job: 'together', graph: program.graph, code: 'definition', params: [] };
  const definition = together((reading) => readings.push(reading), setting);
  const report = simulate({
    ...{
      seed: 1,
      record,
      taskManagers: 2,
      slots: 1,
      rates: noFaults,
      deviations,
      healAtMs: 10_000,
      checkers: allCheckers,
    },
    code: { load: (each, done) => done(programOf(definition, each)) },
  });
  return { report, readings };
}

/** How far the fast source was ahead of the slow one, at most, while the slow one was not at its end. */
function drift(readings: readonly Reading[]): number {
  let slow = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const { source, at } of readings) {
    if (source === 'slow') slow = Math.max(slow, at);
    else if (slow === Number.NEGATIVE_INFINITY) most = Math.max(most, at);
    else most = Math.max(most, at - slow);
  }
  return most;
}

const everything = (readings: readonly Reading[]): number =>
  new Set(readings.map(({ source, at }) => `${source} ${at}`)).size;

describe('Alignment: two sources of a job on a simulated cluster', () => {
  it('the fast one is not read further than the drift ahead, and both are read to their end', () => {
    const { report, readings } = run({});
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(everything(readings)).toBe(2 * records);
    expect(drift(readings)).toBeLessThanOrEqual(driftMs + batchMs);
    const free = run({}, { aligned: false });
    expect(drift(free.readings)).toBeGreaterThan(0.8 * records * stepMs);
  });

  it('one that ends early holds nobody back', () => {
    const { report, readings } = run({}, { slow: { count: 4, perSecond: 40 } });
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(everything(readings)).toBe(records + 4);
  });

  it('nor does one that is idle: the others go on before its next record comes', () => {
    const { report, readings } = run({}, { slow: { count: 4, perSecond: 1, idleMs: 100 } });
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(everything(readings)).toBe(records + 4);
    expect(drift(readings)).toBeGreaterThan(0.8 * records * stepMs);
  });

  it('a task manager is lost while the fast source waits: it waits again after the restore, and goes on', () => {
    // Some 900 ms in, of the 1,500 that the slow one takes.
    const { report, readings } = run({ 'crash:tm-1@1': 250_001 });
    expect(report).toMatchObject({ violation: null, outcome: 'finished', crashes: 1, restoredCheckpoint: true });
    expect(everything(readings)).toBe(2 * records);
    expect(drift(readings)).toBeLessThanOrEqual(driftMs + batchMs);
  });

  it('the leader is lost while the fast source waits', () => {
    const { report, readings } = run({ 'crash:jm@1': 250_001 });
    expect(report).toMatchObject({ violation: null, outcome: 'finished', crashes: 1 });
    expect(everything(readings)).toBe(2 * records);
    expect(drift(readings)).toBeLessThanOrEqual(driftMs + batchMs);
  });

  it('a reader that gets no split is waited for until it is told so, and not for ever', () => {
    // Of a source with one split the second reader has none. It asks for one, as all do, and so hears that there is none: a source finds its splits once.
    const { report, readings } = run({}, { slow: { ...usual, splits: 1 } });
    expect(report).toMatchObject({ violation: null, outcome: 'finished' });
    expect(everything(readings)).toBe(2 * records);
    expect(drift(readings)).toBeLessThanOrEqual(driftMs + batchMs);
  });

  it('under generated failures every record is committed once, and nobody waits for ever', {
    timeout: 60_000,
  }, async () => {
    const report = await checkJob({ job: together(() => undefined), output: 'out', runs: 40 });
    expect(report.lines).toHaveLength(2 * records);
    expect(report.crashes).toBeGreaterThan(10);
    expect(report.restored).toBeGreaterThan(5);
  });
});
