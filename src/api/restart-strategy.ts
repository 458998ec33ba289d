import type { RestartStrategy } from '../../actors/protocol/restart-strategy.js';
import { defaultExponentialDelay } from '../../actors/protocol/restart-strategy.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/**
 * Restarts a failed job from its newest checkpoint, `delayMs` after each failure, at most `attempts` times (default 1, and a second); `null` sets no
 * limit, `0` lets the first failure end the job. Only failures of the job's own code count, among them a `process.exit`, a full heap and a function that
 * does not come back; a lost process never uses up an attempt. Another job manager that takes over counts anew, under every strategy.
 *
 * @example
 * ```ts
 * env.setRestartStrategy(fixedDelay({ attempts: 3, delayMs: 1_000 }));
 * ```
 */
export function fixedDelay(
  options: { readonly attempts?: number | null; readonly delayMs?: number } = {},
): RestartStrategy {
  const { attempts = 1, delayMs = defaultDelayMs } = options;
  if (attempts !== null) wholeNumber('fixedDelay: attempts', attempts, 0);
  return { kind: 'fixedDelay', attempts, delayMs: wholeNumber('fixedDelay: delayMs', delayMs, 0) };
}

/** What is left out of `exponentialDelay` keeps its default. */
export interface ExponentialDelayOptions {
  /** Before the first restart, and after each lost process. Default 1,000. */
  readonly delayMs?: number;
  /** No delay is longer. Default 60,000. */
  readonly delayMaxMs?: number;
  /** By what each delay is longer than the one before; at least 1. Default 1.5. */
  readonly multiplier?: number;
  /** Each delay is up to this share of it longer or shorter, so that jobs that failed together do not start together; 0 to 1. Default 0.1. */
  readonly jitter?: number;
  /** After so long without a failure of its own the job is as if it had never failed. Default 3,600,000. */
  readonly resetAfterMs?: number;
  /** How many restarts may follow on each other before that. Default: any number, which `null` says too. */
  readonly attempts?: number | null;
}

/**
 * Restarts a failed job again and again, and waits longer each time: the default of a job that takes checkpoints. Only failures of the job's own code make
 * the delay longer; a lost process is followed by a restart after `delayMs`.
 *
 * @example
 * ```ts
 * env.setRestartStrategy(exponentialDelay({ delayMs: 500, delayMaxMs: 30_000 }));
 * ```
 */
export function exponentialDelay(options: ExponentialDelayOptions = {}): RestartStrategy {
  const chosen = { ...defaultExponentialDelay, ...options };
  const { delayMs, delayMaxMs, multiplier, jitter, resetAfterMs, attempts } = chosen;
  if (attempts !== null) wholeNumber('exponentialDelay: attempts', attempts, 0);
  wholeNumber('exponentialDelay: delayMs', delayMs, 0);
  wholeNumber('exponentialDelay: delayMaxMs', delayMaxMs, delayMs);
  wholeNumber('exponentialDelay: resetAfterMs', resetAfterMs, 1);
  if (!(multiplier >= 1 && Number.isFinite(multiplier)))
    throw mistake('OPTION_RANGE', `exponentialDelay: multiplier is ${multiplier}. Give a number of at least 1.`);
  if (!(jitter >= 0 && jitter <= 1))
    throw mistake('OPTION_RANGE', `exponentialDelay: jitter is ${jitter}. Give a number from 0 to 1.`);
  return chosen;
}

/**
 * Restarts a failed job as long as there are at most `failuresMax` failures of its own code within any `intervalMs` (default: one a minute), `delayMs` (default
 * a second) after each. A lost process is followed by a restart and counts for nothing.
 *
 * @example
 * ```ts
 * env.setRestartStrategy(failureRate({ failuresMax: 5, intervalMs: 300_000, delayMs: 1_000 }));
 * ```
 */
export function failureRate(
  options: { readonly failuresMax?: number; readonly intervalMs?: number; readonly delayMs?: number } = {},
): RestartStrategy {
  const { failuresMax = 1, intervalMs = 60_000, delayMs = defaultDelayMs } = options;
  return {
    kind: 'failureRate',
    failuresMax: wholeNumber('failureRate: failuresMax', failuresMax, 1),
    intervalMs: wholeNumber('failureRate: intervalMs', intervalMs, 1),
    delayMs: wholeNumber('failureRate: delayMs', delayMs, 0),
  };
}

/**
 * Lets the first failure of its own code end the job: the default of a job that takes no checkpoints. A lost process is followed by a restart even so.
 *
 * @example
 * ```ts
 * env.setRestartStrategy(noRestart());
 * ```
 */
export const noRestart = (): RestartStrategy => ({ kind: 'none' });

const defaultDelayMs = 1_000;
