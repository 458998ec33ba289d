import { within } from './deadline.js';
import type { LiveLine } from './live-line.js';
import type { Rescale, Spread } from './recovery-log.js';

export interface DemoOptions {
  /** An empty folder for input, checkpoints and output. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** To which parallelisms the job is rescaled while it runs, one after the other. */
  readonly rescales: readonly number[];
  readonly live: LiveLine;
}

/** The last line of the demo, for programs. */
export interface DemoSummary {
  readonly records: number;
  readonly kills: number;
  readonly restarts: number;
  /** From the kill to `pausing`: the median over the kills; null when nothing was killed. */
  readonly detectionMs: number | null;
  /** From the kill to the first record that the restored keyed subtask has processed: the median over the kills. */
  readonly recoveryMs: number | null;
  readonly checkpoints: number;
  readonly rescales: readonly Rescale[];
  readonly exactlyOnce: boolean;
}

export interface DemoOutcome {
  readonly summary: DemoSummary;
  readonly detection: Spread | null;
  readonly recovery: Spread | null;
  readonly differences: readonly string[];
}

/** How the moments of the kills lie in a run. */
export interface Pace {
  readonly firstKillMs: number;
  readonly killEveryMs: number;
  /** The input lasts so much longer than the last kill. */
  readonly afterLastKillMs: number;
}

const jitterMs = 400;
const deadlineMs = 120_000;

/** How many records a second, so that the input lasts beyond the last kill. */
export function rateFor(records: number, kills: number, { firstKillMs, killEveryMs, afterLastKillMs }: Pace): number {
  const lastsMs = firstKillMs + Math.max(0, kills - 1) * killEveryMs + jitterMs + afterLastKillMs;
  return Math.ceil((records * 1_000) / lastsMs);
}

/** When to kill, counted from the moment at which the job runs. */
export function killMoments(kills: number, seed: number, { firstKillMs, killEveryMs }: Pace): readonly number[] {
  return Array.from(
    { length: kills },
    (_, index) => firstKillMs + index * killEveryMs + ((seed * 7_919 + index * 104_729) % jitterMs),
  );
}

/** Rejects when the demo takes far longer than it should. */
export const withDeadline = <T>(result: Promise<T>): Promise<T> => within(result, deadlineMs, 'The demo has not ended');
