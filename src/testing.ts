// The public names of weirflow/testing, one by one.

import { engineModules } from './engine-modules.js';
import { type CheckJobOptions, type CheckJobReport, checkJobWith } from './simulation/check-job.js';

export { type CheckJobOptions, type CheckJobReport, JobCheckFailure } from './simulation/check-job.js';
export {
  type CheckOperatorOptions,
  type CheckOperatorReport,
  type CheckTwoInputOperatorOptions,
  checkOperator,
  checkTwoInputOperator,
  OperatorCheckFailure,
} from './simulation/harness/check-operator.js';
export type { HarnessSnapshot } from './simulation/harness/harness-run.js';
export type { CheckMode } from './simulation/harness/modes.js';
export {
  type OpenHarnessOptions,
  type OpenTwoInputHarnessOptions,
  OperatorHarness,
  openHarness,
  openTwoInputHarness,
  TwoInputHarness,
} from './simulation/harness/operator-harness.js';
export type { PendingTimer } from './simulation/harness/pending-timers.js';
export {
  first,
  processingTime,
  record,
  type ScriptElement,
  second,
  type TwoInputElement,
  watermark,
} from './simulation/harness/script.js';
export type { Emitted } from './simulation/harness/taken-output.js';

/**
 * Puts a job through simulated clusters: once undisturbed, then under generated schedules of crashes, pauses, partitions, lost and late messages,
 * broken links and failing stores. Every run must end with the committed output of the undisturbed one, and keep the engine's own invariants.
 * A run is a pure function of its seed and takes no real time: clocks, files and chance of the job are simulated.
 *
 * Throws a JobCheckFailure that says what was wrong and which options repeat it, with the schedule shrunk to what matters.
 *
 * @example
 * ```ts
 * const report = await checkJob({
 *   job: 'examples/word-count-files.ts',
 *   files: { 'in/words.txt': 'to be or not to be\n' },
 *   params: ['--input', 'in', '--output', 'out'],
 *   output: 'out',
 *   runs: 50,
 * });
 * console.log(report.crashes, report.restored);
 * ```
 */
export function checkJob(options: CheckJobOptions): Promise<CheckJobReport> {
  return checkJobWith(engineModules, options);
}
