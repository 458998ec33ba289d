import type { RestartStrategy } from '../../actors/protocol/job-graph.js';
import { wholeNumber } from './whole-number.js';

/**
 * Restarts a failed job from its newest checkpoint, `delayMs` after each failure, at most `attempts` times; `null` sets no limit, `0`
 * lets the first failure end the job. Only failures of the job's own code count, among them a `process.exit`, a full heap and a function that does not
 * come back; a lost process never uses up an attempt.
 *
 * @example
 * ```ts
 * env.setRestartStrategy(fixedDelay({ attempts: 3, delayMs: 1_000 }));
 * ```
 */
export function fixedDelay(options: { readonly attempts: number | null; readonly delayMs: number }): RestartStrategy {
  const { attempts, delayMs } = options;
  if (attempts !== null) wholeNumber('fixedDelay: attempts', attempts, 0);
  return { kind: 'fixedDelay', attempts, delayMs: wholeNumber('fixedDelay: delayMs', delayMs, 0) };
}
