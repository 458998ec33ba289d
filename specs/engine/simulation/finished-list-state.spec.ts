import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import type { SavepointManifest } from '../../../actors/protocol/savepoint.js';
import { buildJob, defineJob } from '../../../src/api/job-definition.js';
import { fileSink, jsonLines } from '../../../src/connectors/file/index.js';
import { generatorSource } from '../../../src/connectors/generator/index.js';
import type { CodeStore } from '../../../src/graph/code-store.js';
import type { Instance, ProcessContext } from '../../../src/operators/function-operator.js';
import type { OperatorStateAccess } from '../../../src/operators/operator-lists.js';
import type { ProcessFunction } from '../../../src/operators/process.js';
import { decodeRecord } from '../../../src/runtime/host/records.js';
import type { CheckerContext } from '../../../src/simulation/checker.js';
import { allCheckers } from '../../../src/simulation/checkers/index.js';
import { type Deviations, noFaults } from '../../../src/simulation/choices.js';
import { drawRates } from '../../../src/simulation/generate.js';
import { sinkUid } from '../../../src/simulation/jobs/index.js';
import { Random } from '../../../src/simulation/random.js';
import { SavedOutput } from '../../../src/simulation/resume.js';
import { type RunReport, type RunSpec, simulate } from '../../../src/simulation/run.js';
import type { ListState } from '../../../src/state/keyed-state.js';

interface Row {
  readonly record: number;
  /** Which subtasks had stood in the restored union-list state. */
  readonly known: readonly number[];
}

class Members implements ProcessFunction<number, Row> {
  private members!: ListState<number>;
  private known: readonly number[] = [];

  initializeState({ unionListState }: OperatorStateAccess): void {
    this.members = unionListState<number>('members');
    this.known = [...this.members.get()].sort();
  }

  open({ subtaskIndex }: Instance): void {
    this.members.update([subtaskIndex]);
  }

  processElement(record: number, context: ProcessContext<Row>): void {
    context.emit({ record, known: this.known });
  }
}

/** The second reader has no split: it, and the function behind it, finish long before the first. */
const membersJob = defineJob('members', (env) => {
  env.enableCheckpointing({ intervalMs: 80, timeoutMs: 1_000, tolerableFailedCheckpoints: 3 });
  env
    .fromSource(generatorSource({ count: 100, generate: (index) => index, splits: 1, ratePerSecond: 60 }), {
      uid: 'in',
    })
    .setParallelism(2)
    .process(new Members())
    .uid('members')
    .setParallelism(2)
    .sinkTo(fileSink<Row>({ folder: 'out', format: jsonLines() }))
    .uid(sinkUid)
    .setParallelism(1);
});

const code: CodeStore = { load: (_, done) => done({ ok: true, program: buildJob(membersJob, []).program }) };
const { graph } = buildJob(membersJob, []).program;
const record: JobRecord = { format: 1, job: 'members', graph, code: 'members', params: [] };

interface Saving {
  readonly report: RunReport;
  readonly output: SavedOutput;
}

function run(deviations: Deviations | null, more: Partial<RunSpec> = {}): Saving {
  const output = new SavedOutput();
  const checkers = [...allCheckers, (context: CheckerContext) => output.watch(context)];
  const common = { seed: 1, record, code, taskManagers: 2, slots: 2, rates: noFaults, healAtMs: 10_000 };
  return { report: simulate({ ...common, deviations, checkers, ...more }), output };
}

/** The same job in a cluster of its own that has nothing but the savepoint, and the output that this says is committed. */
function goOn(
  { report, output }: Saving,
  name: string,
  deviations: Deviations | null,
  job: string,
  more: Partial<RunSpec> = {},
): Saving {
  const from = { savepoint: name, allowDroppedState: false, maxParallelism: {} };
  const isCommitted = (path: string): boolean => output.pathsOf(name)?.includes(path) === true;
  return run(deviations, {
    record: { ...record, job, from },
    blobs: new Map([...report.blobs].filter(([key]) => key.startsWith(`savepoints/${name}/`))),
    files: Object.fromEntries([...report.files.files].filter(([path]) => isCommitted(path))),
    ...more,
  });
}

function rowsOf({ files }: RunReport): readonly Row[] {
  const parts = [...files.files].filter(([path]) => path.startsWith('out/part-'));
  const lines = parts.flatMap(([, bytes]) => Buffer.from(bytes).toString().trim().split('\n'));
  return lines.map((line) => JSON.parse(line) as Row).sort((a, b) => a.record - b.record);
}

function manifestOf({ blobs }: RunReport, name: string): SavepointManifest {
  const decoded = decodeRecord(name, blobs.get(`savepoints/${name}/manifest`) as Uint8Array);
  return ('record' in decoded ? decoded.record : null) as SavepointManifest;
}

const ended = { violation: null, outcome: 'finished' };
const knownIn = (row: Row | undefined): string | undefined => row?.known.join();
const everyRecord = Array.from({ length: 100 }, (_, index) => index);

describe('savepoints: list state of subtasks that have finished', () => {
  it('are in one with which a job ends, and in what goes on from that', () => {
    const first = run({ 'stop:job': 500, 'stopWith:job': 1 });
    expect(first.report).toMatchObject({ ...ended, stopped: true });
    const { subtasks, finished } = manifestOf(first.report, 'stopped').checkpoint;
    expect(subtasks.map(({ subtask, drained }) => [subtask, drained])).toContainEqual(['in#1', true]);
    expect(finished).toEqual([]);
    const second = goOn(first, 'stopped', { 'savepoint:job': 600 }, 'second');
    expect(second.report).toMatchObject({ ...ended, saved: true });
    const rows = rowsOf(second.report);
    expect(rows.map((row) => row.record)).toEqual(everyRecord);
    expect(new Set(rows.map(knownIn))).toEqual(new Set(['', '0,1']));
    // And in a savepoint of that one, whose own checkpoints have them from the first.
    const third = goOn(second, 'saved', {}, 'third');
    expect(third.report).toMatchObject(ended);
    expect(knownIn(rowsOf(third.report).at(-1))).toBe('0,1');
  });

  it.each(['tm-1', 'jm'])(
    '%s crashes at any moment: the checkpoints of a job that began with one have them too',
    {
      timeout: 60_000,
    },
    (process) => {
      const first = run({ 'stop:job': 500, 'stopWith:job': 1 });
      for (let crash = 1; crash < 400_000; crash += 60_000) {
        const { report } = goOn(first, 'stopped', { [`crash:${process}@1`]: crash }, 'second');
        expect(report, `crash ${crash}`).toMatchObject({ ...ended, crashes: 1 });
        expectAll(report, `crash ${crash}`);
      }
    },
  );

  it('whatever fails while it is taken, and behind it', { timeout: 120_000 }, () => {
    let resumed = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const rates = { ...drawRates(new Random(seed, 'rates')), stop: 1, stopWith: 1 };
      const first = run(null, { seed, rates, healAtMs: 2_500 });
      expect(first.report, `seed ${seed}`).toMatchObject(ended);
      if (first.output.newest() === null) continue;
      const { report } = goOn(first, 'stopped', null, 'second', {
        seed: 1_000 + seed,
        rates: { ...rates, stop: 0 },
        healAtMs: 2_500,
      });
      expect(report, `seed ${seed}`).toMatchObject(ended);
      expectAll(report, `seed ${seed}`);
      resumed += 1;
    }
    expect(resumed).toBeGreaterThan(10);
  });
});

/** Whoever had begun with the savepoint knew both, also after any failure. */
function expectAll(report: RunReport, when: string): void {
  const rows = rowsOf(report);
  expect(
    rows.map((row) => row.record),
    when,
  ).toEqual(everyRecord);
  expect(
    rows.map(knownIn).filter((known) => known !== '' && known !== '0,1'),
    when,
  ).toEqual([]);
  expect(knownIn(rows.at(-1)), when).toBe('0,1');
}
