import type { CheckpointId } from '../../actors/protocol/ids.js';
import { compareCheckpoints } from '../../actors/protocol/ids.js';
import type { SavepointManifest, SavepointName } from '../../actors/protocol/savepoint.js';
import { isDrained, savepointFolder } from '../../actors/protocol/savepoint.js';
import type { Checker, CheckerContext } from './checker.js';
import { completedCheckpoint, createdSavepoint } from './checkers/log-entries.js';
import { committablesOf } from './checkers/manifest-state.js';
import { promiseIn } from './checkers/parts.js';
import { stopSavepointName } from './clients.js';
import { type RunPlan, runOf, slotsOf } from './generate.js';
import { type JobSpec, sinkUid } from './jobs/index.js';
import { isTimeStage } from './jobs/time-spec.js';
import { Random } from './random.js';
import { type RunReport, type RunSpec, simulate } from './run.js';
import type { StoreEvent } from './sim-store.js';

export interface ResumedReport {
  readonly report: RunReport;
  /** Null where the run has left no savepoint that can be gone on from. */
  readonly resumed: RunReport | null;
}

/**
 * A generated run, and if it has left a savepoint a second one that goes on from it, at other parallelisms, in a cluster of its own, which is given
 * nothing but the savepoint's folder and the output that the savepoint says is committed. Both together must put out each record once.
 */
export function simulateAndResume(plan: RunPlan, how: (spec: RunSpec) => RunSpec = (spec) => spec): ResumedReport {
  const output = new SavedOutput();
  const first = runOf(plan);
  const report = simulate(how({ ...first, checkers: [...first.checkers, (context) => output.watch(context)] }));
  const spec = report.violation === null ? resumedRunOf(plan, report, output) : null;
  return { report, resumed: spec === null ? null : simulate(how(spec)) };
}

const parallelismMax = 3;
const resumedJob = 'resumed';
/** Far from the seeds that a soak goes through. */
const resumedSeed = 500_000_000;

function resumedRunOf(plan: RunPlan, { blobs, files }: RunReport, output: SavedOutput): RunSpec | null {
  const saved = output.newest();
  if (saved === null) return null;
  // A job that was canceled may not have committed all that was promised: what is to be gone on from is not there.
  if (saved.paths.some((path) => !files.files.has(path))) return null;
  const { name } = saved.manifest;
  const job = atOtherParallelism(plan.job, new Random(plan.seed, 'resume'));
  const rates = { ...plan.rates, stop: 0, savepoint: 0, rescale: 0, cancel: 0 };
  const spec = runOf({ ...plan, job, slots: slotsOf(job), rates });
  return {
    ...spec,
    seed: plan.seed + resumedSeed,
    record: {
      ...spec.record,
      job: resumedJob,
      from: { savepoint: name, allowDroppedState: false, maxParallelism: {} },
    },
    blobs: new Map([...blobs].filter(([key]) => key.startsWith(savepointFolder(name)))),
    files: Object.fromEntries(saved.paths.map((path) => [path, files.files.get(path) as Uint8Array])),
  };
}

/** A broadcast puts out as many copies as it has subtasks, so its parallelism belongs to what the job puts out. */
function atOtherParallelism(job: JobSpec, random: Random): JobSpec {
  const other = (): number => random.integer(1, parallelismMax);
  return {
    ...job,
    sources: job.sources.map((source) => ({ ...source, parallelism: other() })),
    stages: job.stages.map((stage) =>
      stage.kind === 'keyed' || stage.kind === 'rebalance' || stage.kind === 'notes' || isTimeStage(stage)
        ? { ...stage, parallelism: other() }
        : stage,
    ),
    sink: { parallelism: other() },
  };
}

interface Saved {
  readonly manifest: SavepointManifest;
  readonly paths: readonly string[];
}

/**
 * Which output belongs to each savepoint: a job that goes on commits more, and to go on from the savepoint is to leave that behind.
 */
export class SavedOutput {
  private readonly promisedBy = new Map<string, CheckpointId>();
  private readonly saved = new Map<SavepointName, Saved>();

  watch(context: CheckerContext): Checker {
    return { invariant: 'resume', store: (event) => this.store(context, event) };
  }

  /** That with which the job was stopped before any other. */
  newest(): Saved | null {
    const found = this.saved.get(stopSavepointName) ?? [...this.saved.values()][0];
    return found === undefined || isDrained(found.manifest.checkpoint) ? null : found;
  }

  /** The files that savepoint says are committed; null when there is none of that name. */
  pathsOf(name: SavepointName): readonly string[] | null {
    return this.saved.get(name)?.paths ?? null;
  }

  private store({ store, record }: CheckerContext, event: StoreEvent): void {
    const finals = (manifest: SavepointManifest['checkpoint']): readonly string[] =>
      committablesOf(store, manifest, sinkUid).flatMap((committable) => promiseIn(committable)?.final ?? []);
    const complete = completedCheckpoint(event, record.job);
    if (complete !== null) {
      for (const path of finals(complete)) if (!this.promisedBy.has(path)) this.promisedBy.set(path, complete.id);
    }
    const manifest = createdSavepoint(event);
    if (manifest === null) return;
    const { checkpoint } = manifest;
    const before = [...this.promisedBy].filter(([, by]) => compareCheckpoints(by, checkpoint.id) <= 0);
    const paths = new Set([...before.map(([path]) => path), ...finals(checkpoint)]);
    this.saved.set(manifest.name, { manifest, paths: [...paths] });
  }
}
