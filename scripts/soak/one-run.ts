import { planRun } from '../../src/simulation/generate.js';
import type { JobSize } from '../../src/simulation/jobs/index.js';
import { replayLine } from '../../src/simulation/replay-line.js';
import { simulateAndResume } from '../../src/simulation/resume.js';
import type { RunReport } from '../../src/simulation/run.js';
import { shrink } from '../../src/simulation/shrink.js';

export interface Finding {
  readonly seed: number;
  /** In the run that went on from a savepoint of the first. */
  readonly resumed: boolean;
  readonly invariant: string;
  readonly message: string;
  readonly deviations: number;
  readonly replay: string;
}

/** What one seed gave: plain data, so that a worker can send it. Of a run that went on from a savepoint only findings and coverage count. */
export interface RunResult {
  readonly seed: number;
  readonly counts: RunCounts;
  /** Transitions and pairs that this run reached, by Coverage. */
  readonly transitions: readonly string[];
  readonly pairs: readonly string[];
  readonly findings: readonly Finding[];
}

/** Numbers that add up over runs; those that tell of the whole run are 0 or 1. */
export interface RunCounts {
  readonly events: number;
  readonly virtualMs: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly checkpoints: number;
  readonly stopped: number;
  readonly rescaled: number;
  readonly saved: number;
  readonly canceled: number;
  /** A client had saved, stopped, rescaled or canceled the job. */
  readonly operated: number;
  /** A second run went on from a savepoint that the first had left. */
  readonly resumed: number;
  readonly restored: number;
  readonly crashedDuringRecovery: number;
}

export interface HowToRun {
  readonly size: JobSize;
  readonly checkers: boolean;
}

/** Runs one seed to its end, and shrinks what it finds. `found` is called before that, because it takes many runs more. */
export function runSeed(seed: number, { size, checkers }: HowToRun, found: () => void): RunResult {
  const plan = planRun(seed, size);
  const { report, resumed } = simulateAndResume(plan, (spec) => (checkers ? spec : { ...spec, checkers: [] }));
  const findings: Finding[] = [];
  if (resumed !== null && resumed.violation !== null) {
    const replay = `npm run replay -- --seed ${seed}${size === 'small' ? ' --small' : ''} --resumed`;
    findings.push(finding(seed, true, resumed, resumed.deviations, replay));
  }
  if (report.violation !== null) {
    found();
    const shrunk = shrink(plan, report);
    findings.push(finding(seed, false, report, shrunk, replayLine(seed, shrunk, size)));
  }
  const both = resumed === null ? [report.coverage] : [report.coverage, resumed.coverage];
  return {
    seed,
    counts: countsOf(report, resumed),
    transitions: both.flatMap(({ transitions }) => [...transitions]),
    pairs: both.flatMap(({ pairs }) => [...pairs]),
    findings,
  };
}

function finding(
  seed: number,
  resumed: boolean,
  { violation }: RunReport,
  deviations: RunReport['deviations'],
  replay: string,
): Finding {
  const { invariant = '', message = '' } = violation ?? {};
  return { seed, resumed, invariant, message, deviations: Object.keys(deviations).length, replay };
}

function countsOf(report: RunReport, resumed: RunReport | null): RunCounts {
  return {
    events: report.events,
    virtualMs: report.virtualMs,
    crashes: report.crashes,
    restarts: report.restarts,
    checkpoints: report.checkpoints,
    stopped: Number(report.stopped),
    rescaled: Number(report.rescaled),
    saved: Number(report.saved),
    canceled: Number(report.canceled),
    operated: Number(report.stopped || report.rescaled || report.saved || report.canceled),
    resumed: Number(resumed !== null),
    restored: Number(report.restoredCheckpoint),
    crashedDuringRecovery: Number(report.crashedDuringRecovery),
  };
}
