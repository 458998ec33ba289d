import type { Failure } from './failure.js';
import { brief } from './failure.js';
import type { FailureClass } from './failure-class.js';
import type { Epoch, JobId, JobRun, ProcessName } from './ids.js';

/** One failure as people look it up later. */
export interface PastFailure {
  /** The run that failed, or that could not begin: it numbers the attempts of all its subtasks. */
  readonly run: JobRun;
  /** By the wall clock of the leader, when it heard of it; nothing is decided by it. */
  readonly atMs: number;
  /** The subtask, slot, task manager or coordinator that failed. */
  readonly where: string;
  /** The name of the vertex of a subtask; null for all else. */
  readonly vertex: string | null;
  /** Where it ran; null where that is nowhere, or the leader itself. */
  readonly process: ProcessName | null;
  readonly slot: number | null;
  readonly failure: Failure;
  readonly class: FailureClass;
}

/** How many a job keeps: the newest. */
const pastFailuresMax = 16;

/** What is durable of the newest failures, oldest first; the newest record counts. */
export interface FailureRecord {
  readonly format: 1;
  readonly job: JobId;
  readonly epoch: Epoch;
  readonly failures: readonly PastFailure[];
}

export const failuresPrefix = (job: JobId): string => `jobs/${job}/failures/`;
export const failuresKey = (job: JobId, index: number): string =>
  `${failuresPrefix(job)}${String(index).padStart(8, '0')}`;

/** The newest of both, those of before first, each once. */
export function mergedFailures(before: readonly PastFailure[], after: readonly PastFailure[]): readonly PastFailure[] {
  const older = before.filter((past) => !after.some((each) => isSameFailure(each, past)));
  return [...older, ...after].slice(-pastFailuresMax);
}

/** A repetition, asked again because an answer was lost, is one failure. What is kept durably has the beginning of the text. */
export const isSameFailure = (a: Omit<PastFailure, 'atMs'>, b: Omit<PastFailure, 'atMs'>): boolean =>
  a.run === b.run &&
  a.where === b.where &&
  a.failure.code === b.failure.code &&
  brief(a.failure).message === brief(b.failure).message;

/** As they are kept: what they say, without stacks. */
export const keptFailures = (failures: readonly PastFailure[]): readonly PastFailure[] =>
  failures.map((past) => ({ ...past, failure: brief(past.failure) }));
