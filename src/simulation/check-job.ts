import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import type { JobDefinition } from '../api/job-definition.js';
import { buildJob } from '../api/job-definition.js';
import type { CodeStore } from '../graph/code-store.js';
import type { Bundle } from '../runtime/code/bundle.js';
import { bundleJob } from '../runtime/code/bundle.js';
import { programOf } from '../runtime/code/code-stores.js';
import type { EngineModules } from '../runtime/code/engine-modules.js';
import { Violation } from './checker.js';
import { allCheckers } from './checkers/index.js';
import type { Deviations, FaultRates } from './choices.js';
import { Choices, noFaults } from './choices.js';
import { drawRates } from './generate.js';
import { Random } from './random.js';
import { packDeviations, unpackDeviations } from './replay-line.js';
import type { RunReport, RunSpec } from './run.js';
import { simulateAsync } from './run.js';
import { evaluateJob } from './sandbox.js';
import { shrinkAsync } from './shrink.js';
import { SimWorld } from './world.js';

export interface CheckJobOptions {
  /** The job's file, which is bundled and evaluated anew for every life of a slot; or a job of this process. */
  readonly job: string | JobDefinition;
  readonly params?: readonly string[];
  /** What the simulated disk holds at the beginning, by the paths that the job uses. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Folder of the simulated disk in which the job's file sink leaves its finished parts. */
  readonly output: string;
  /** Default 100. */
  readonly runs?: number;
  /** Run i has seed + i. Default 1. */
  readonly seed?: number;
  readonly taskManagers?: number;
  /** Says what is wrong with the lines of a disturbed run, or null. By default they must be those of the undisturbed one, in any order. */
  readonly compare?: (disturbed: readonly string[], undisturbed: readonly string[]) => string | null;
  /** Repeats one failing schedule: what the failure printed. */
  readonly deviations?: string;
}

export interface CheckJobReport {
  readonly runs: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly checkpoints: number;
  /** Runs that went on from a complete checkpoint. */
  readonly restored: number;
  /** Committed by the undisturbed run, sorted. */
  readonly lines: readonly string[];
}

/** One way in which a job did not survive: what was wrong, and the options that repeat it. */
export class JobCheckFailure extends Error {
  override readonly name = 'JobCheckFailure';

  constructor(
    message: string,
    readonly seed: number,
    readonly deviations: string,
  ) {
    super(`${message}\nRepeat it with checkJob({ …, seed: ${seed}, deviations: '${deviations}' }).`);
  }
}

interface Prepared {
  readonly record: JobRecord;
  readonly code: RunSpec['code'];
  readonly options: CheckJobOptions;
}

const healAtMs = 4_000;

/** See `checkJob` of weirflow/testing; `engine` is what the job's imports of weirflow become. */
export async function checkJobWith(engine: EngineModules, options: CheckJobOptions): Promise<CheckJobReport> {
  const prepared = await prepare(engine, options);
  const undisturbed = await simulateAsync(specOf(prepared, 0, noFaults, {}));
  if (undisturbed.violation !== null) throw new JobCheckFailure(undisturbed.violation.message, 0, packDeviations({}));
  const lines = committedLines(undisturbed, options.output);
  const first = options.seed ?? 1;
  if (options.deviations !== undefined) {
    const report = await simulateAsync(specOf(prepared, first, ratesOf(first), unpackDeviations(options.deviations)));
    const wrong = judge(report, lines, options);
    if (wrong !== null) throw new JobCheckFailure(wrong, first, options.deviations);
    return summaryOf([report], lines);
  }
  const reports: RunReport[] = [];
  for (let run = 0; run < (options.runs ?? 100); run += 1) {
    const seed = first + run;
    const report = await simulateAsync(specOf(prepared, seed, ratesOf(seed), null));
    if (judge(report, lines, options) !== null) throw await smallest(prepared, seed, report, lines);
    reports.push(report);
  }
  return summaryOf(reports, lines);
}

async function smallest(
  prepared: Prepared,
  seed: number,
  report: RunReport,
  lines: readonly string[],
): Promise<JobCheckFailure> {
  const again = async (deviations: Deviations): Promise<string | null> =>
    judge(await simulateAsync(specOf(prepared, seed, ratesOf(seed), deviations)), lines, prepared.options);
  const kept = await shrinkAsync(report.deviations, async (deviations) => (await again(deviations)) !== null);
  return new JobCheckFailure((await again(kept)) ?? 'The failure does not repeat.', seed, packDeviations(kept));
}

async function prepare(engine: EngineModules, options: CheckJobOptions): Promise<Prepared> {
  const params = options.params ?? [];
  const { job } = options;
  if (typeof job !== 'string') {
    const { graph } = buildJob(job, params).program;
    const record: JobRecord = { format: 1, job: graph.name, graph, code: 'definition', params };
    return { record, options, code: { load: (each, done) => done(programOf(job, each)) } };
  }
  const bundle = await bundleJob(job, 'script', engine);
  const world = new SimWorld({ choices: Choices.replayed({}), rates: noFaults, replaying: false, turnRecordsMax: 1 });
  const { graph } = buildJob(evaluateJob(bundle, engine, world, 0), params).program;
  const record: JobRecord = { format: 1, job: graph.name, graph, code: bundle.key, params };
  return { record, options, code: sandboxedCode(bundle, engine) };
}

/** Every load evaluates the job anew, in a context of its own. */
function sandboxedCode(bundle: Bundle, engine: EngineModules): (world: SimWorld) => CodeStore {
  return (world) => {
    let loads = 0;
    return {
      load(record, done) {
        loads += 1;
        done(programOf(evaluateJob(bundle, engine, world, loads), record));
      },
    };
  };
}

const ratesOf = (seed: number): FaultRates => drawRates(new Random(seed, 'rates'));

function specOf(
  { record, code, options }: Prepared,
  seed: number,
  rates: FaultRates,
  deviations: Deviations | null,
): RunSpec {
  const wanted = slotsNeeded(record.graph);
  const taskManagers = options.taskManagers ?? 2;
  const files = Object.fromEntries(
    Object.entries(options.files ?? {}).map(([path, content]) => [path, Buffer.from(content)]),
  );
  return {
    seed,
    record,
    code,
    files,
    taskManagers,
    slots: Math.ceil(wanted / taskManagers),
    rates,
    deviations,
    healAtMs,
    checkers: allCheckers,
  };
}

function judge(
  report: RunReport,
  lines: readonly string[],
  { output, compare = sameLines }: CheckJobOptions,
): string | null {
  if (report.violation instanceof Violation) return report.violation.message;
  if (report.outcome !== 'finished') return `The job ${report.outcome ?? 'has not ended'}.`;
  return compare(committedLines(report, output), lines);
}

/** Lines of all finished parts, sorted. */
function committedLines({ files }: RunReport, folder: string): readonly string[] {
  const texts = [...files.texts(folder, (name) => !name.startsWith('.')).values()];
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort();
}

function sameLines(disturbed: readonly string[], undisturbed: readonly string[]): string | null {
  const at = undisturbed.findIndex((line, index) => line !== disturbed[index]);
  if (at < 0 && disturbed.length === undisturbed.length) return null;
  const index = at < 0 ? undisturbed.length : at;
  return (
    `Committed output differs from the undisturbed run: ${disturbed.length} lines instead of ${undisturbed.length}; ` +
    `line ${index + 1} in sorted order is ${disturbed[index] ?? 'missing'} instead of ${undisturbed[index] ?? 'nothing'}.`
  );
}

function summaryOf(reports: readonly RunReport[], lines: readonly string[]): CheckJobReport {
  const sum = (pick: (report: RunReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  return {
    runs: reports.length,
    crashes: sum(({ crashes }) => crashes),
    restarts: sum(({ restarts }) => restarts),
    checkpoints: sum(({ checkpoints }) => checkpoints),
    restored: sum(({ restoredCheckpoint }) => (restoredCheckpoint ? 1 : 0)),
    lines,
  };
}
