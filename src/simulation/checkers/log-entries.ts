import { logPrefix } from '../../../actors/job-master/log.js';
import type { CheckpointId, JobId } from '../../../actors/protocol/ids.js';
import type { JobOptions, JobRecord, JobResult, StopRecord } from '../../../actors/protocol/job-graph.js';
import type { CheckpointManifest, LogEntry } from '../../../actors/protocol/manifest.js';
import type { SavepointManifest, StopWithSavepoint, VoidSavepoint } from '../../../actors/protocol/savepoint.js';
import { scalePrefix } from '../../../actors/protocol/scaling.js';
import { decodeRecord } from '../../runtime/host/records.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';

// Remembers what follows from the bytes alone, so that ten checkers decode an entry once.
const decoded = new WeakMap<Uint8Array, unknown>();

/** The entry of the manifest log that this event has just made durable; null when it is about something else. */
export function createdEntry(event: StoreEvent, job: JobId): LogEntry | null {
  if (event.kind === 'delete' || !event.name.startsWith(logPrefix(job))) return null;
  return recordOf(event) as LogEntry;
}

/** The manifest of the checkpoint that this event has just completed, or null. */
export function completedCheckpoint(event: StoreEvent, job: JobId): CheckpointManifest | null {
  const entry = createdEntry(event, job);
  return entry?.kind === 'checkpoint' ? entry.checkpoint : null;
}

/** What the job came to, when this event has just made that durable. */
export function createdResult(event: StoreEvent, job: JobId): JobResult | null {
  return event.kind !== 'delete' && event.name === resultKey(job) ? (recordOf(event) as JobResult) : null;
}

/** The savepoint that this event has just shown, or null. */
export function createdSavepoint(event: StoreEvent): SavepointManifest | null {
  if (event.kind === 'delete' || !/^savepoints\/[^/]+\/manifest$/.test(event.name)) return null;
  const record = recordOf(event) as SavepointManifest | VoidSavepoint;
  return 'void' in record ? null : record;
}

/** The savepoint with which the job is to end, when this event has just made that durable; null also for the plain wish. */
export const stopWithWish = (event: StoreEvent, job: JobId): StopWithSavepoint | null =>
  isStopWish(event, job) ? ((recordOf(event) as StopRecord).savepoint ?? null) : null;

/** Whether this event has just made it durable that somebody wants the job to stop. */
export const isStopWish = ({ kind, name }: StoreEvent, job: JobId): boolean =>
  kind !== 'delete' && name === `jobs/${job}/stop`;

/** Whether what is retained of the job is to be there after this end: by the job's options, and always when a damaged file has ended it. */
export function outlives(
  { externalizedCheckpoints: retention = 'none' }: JobOptions,
  { outcome, failure }: JobResult,
): boolean {
  if (outcome === 'failed' && failure?.code === 'CHECKPOINT_DAMAGED') return true;
  const kept = {
    finished: [],
    failed: ['deleteOnCancellation', 'retainOnCancellation'],
    canceled: ['retainOnCancellation'],
  };
  return (kept[outcome] as readonly string[]).includes(retention);
}

/** Whether this event has just made durable that the job is over and leaves no checkpoints: an entry that was on its way is void, and what it refers to may be swept already. */
export function endsLog(event: StoreEvent, { job, graph }: JobRecord): boolean {
  const result = createdResult(event, job);
  return result !== null && !outlives(graph.options, result);
}

/** Whether this event has just made it durable that the job is to run at another parallelism. */
export const isRescaleWish = ({ kind, name }: StoreEvent, job: JobId): boolean =>
  kind === 'create' && name.startsWith(scalePrefix(job));

/** Whether this event has just made it durable that somebody wants the job to be canceled. */
export const isCancelWish = ({ kind, name }: StoreEvent, job: JobId): boolean =>
  kind !== 'delete' && name === cancelKey(job);

export const cancelKey = (job: JobId): string => `jobs/${job}/cancel`;
export const resultKey = (job: JobId): string => `jobs/${job}/result`;

/** The names of a manifest's ids and runs as a violation shows them. */
export const idText = (id: CheckpointId | null): string => (id === null ? 'none' : `${id.epoch}-${id.n}`);

function recordOf({ name, bytes }: StoreEvent): unknown {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const result = decodeRecord(name, bytes);
  if ('failure' in result) throw new Violation('I6', `${name} was written damaged`, { failure: result.failure });
  decoded.set(bytes, result.record);
  return result.record;
}
