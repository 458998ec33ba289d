import { recordKey, resultKey } from '../../actors/dispatcher/context.js';
import { logPrefix } from '../../actors/job-master/log.js';
import { outlive } from '../../actors/job-master/retained.js';
import { failure } from '../../actors/protocol/failure.js';
import { type CheckpointId, checkpointText, compareCheckpoints, type JobId } from '../../actors/protocol/ids.js';
import type { JobRecord, JobResult } from '../../actors/protocol/job-graph.js';
import { type BlobHandle, type CheckpointManifest, type LogEntry, rangesOf } from '../../actors/protocol/manifest.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord } from '../runtime/host/records.js';
import { statePrefix } from '../runtime/host/sweeper.js';
import { wrongIn } from './savepoint-store.js';
import { listed, read } from './store-calls.js';

/** A complete checkpoint that is kept. */
export interface KeptCheckpoint {
  readonly id: CheckpointId;
  /** Name of its log entry. */
  readonly entry: string;
  /** `incremental`: it refers to files that were written for an earlier one. */
  readonly kind: 'full' | 'incremental';
  /** Bytes of the files that were written for it, and of all that it refers to. */
  readonly bytes: number;
  readonly fullBytes: number;
  readonly blobs: readonly BlobHandle[];
}

/** A file that is not what it should be. */
export interface Damage {
  readonly name: string;
  readonly what: string;
}

/** The checkpoints of a job as they lie in a store. */
export interface JobCheckpoints {
  readonly job: JobId;
  /** Null while it has not ended. */
  readonly ended: JobResult['outcome'] | null;
  /** What the job keeps, newest first. */
  readonly kept: readonly KeptCheckpoint[];
  /** Entries of the manifest log that cannot be read. */
  readonly damaged: readonly Damage[];
}

/**
 * The checkpoints that a job keeps, from its record, its log and its result. Rejects with an EngineError: JOB_UNKNOWN when the store has no such job,
 * RECORD_DAMAGED when its record or its result cannot be read.
 */
export async function jobCheckpoints(blobs: BlobStore, job: JobId): Promise<JobCheckpoints> {
  const record = (await recordAt(blobs, recordKey(job))) as JobRecord | null;
  if (record === null) throw await unknown(blobs, job);
  const result = (await recordAt(blobs, resultKey(job))) as JobResult | null;
  const { options } = record.graph;
  const isOver = result !== null && !outlive(options, result);
  const log = await readLog(blobs, job);
  const kept = isOver ? [] : newest(log.entries, options.retainedCheckpoints ?? 1);
  return { job, ended: result?.outcome ?? null, kept, damaged: log.damaged };
}

/**
 * Files of the kept checkpoints that are missing, cut off or changed; each is read once, from its first byte to its last. What a job that runs has replaced meanwhile is
 * none of them.
 */
export async function damagedFiles(blobs: BlobStore, { job, ended, kept }: JobCheckpoints): Promise<readonly Damage[]> {
  const damaged: Damage[] = [];
  for (const handle of new Map(kept.flatMap((each) => each.blobs.map((blob) => [blob.name, blob]))).values()) {
    const content = await read(blobs, handle.name);
    const what = content === null ? missing : wrongIn(content, handle.bytes, handle.checksum);
    if (what !== null) damaged.push({ name: handle.name, what });
  }
  if (ended !== null || damaged.every(({ what }) => what !== missing)) return damaged;
  const needed = namesIn(await jobCheckpoints(blobs, job));
  return damaged.filter(({ name, what }) => what !== missing || needed.has(name));
}

const missing = 'is missing';

/** State files that no kept checkpoint refers to. Those of a job that runs may be of a checkpoint which is just being taken. */
export async function orphanedFiles(blobs: BlobStore, found: JobCheckpoints): Promise<readonly string[]> {
  const { job, ended } = found;
  const names = await listed(blobs, statePrefix(job));
  // A job that runs may have completed one since.
  const now = ended === null ? namesIn(await jobCheckpoints(blobs, job)) : new Set<string>();
  const needed = namesIn(found);
  return names.filter((name) => !needed.has(name) && !now.has(name));
}

const namesIn = ({ kept }: JobCheckpoints): ReadonlySet<string> =>
  new Set(kept.flatMap((each) => each.blobs.map(({ name }) => name)));

async function readLog(blobs: BlobStore, job: JobId) {
  const entries: { readonly name: string; readonly entry: LogEntry }[] = [];
  const damaged: Damage[] = [];
  for (const name of await listed(blobs, logPrefix(job))) {
    const bytes = await read(blobs, name);
    const decoded = bytes === null ? null : decodeRecord(name, bytes);
    if (decoded === null) damaged.push({ name, what: missing });
    else if ('failure' in decoded) damaged.push({ name, what: 'is damaged: it cannot be read' });
    else entries.push({ name, entry: decoded.record as LogEntry });
  }
  return { entries, damaged };
}

/** As a recovery finds them: what it has gone back behind does not count. */
function newest(
  log: readonly { readonly name: string; readonly entry: LogEntry }[],
  max: number,
): readonly KeptCheckpoint[] {
  const kept: KeptCheckpoint[] = [];
  let bound: CheckpointId | null = null;
  for (const { name, entry } of [...log].reverse()) {
    if (kept.length === max) break;
    if (entry.kind === 'recovered') {
      if (entry.from === null || entry.savepoint !== undefined) break;
      if (bound === null || compareCheckpoints(entry.from, bound) < 0) bound = entry.from;
    } else if (bound === null || compareCheckpoints(entry.checkpoint.id, bound) <= 0) {
      kept.push(keptOf(name, entry.checkpoint));
    }
  }
  return kept;
}

function keptOf(entry: string, { id, run, subtasks }: CheckpointManifest): KeptCheckpoint {
  const ranges = subtasks.flatMap(({ operators }) => operators.flatMap(rangesOf));
  const blobs = [...new Map(ranges.map(({ blob }) => [blob.name, blob])).values()];
  const own = blobs.filter(({ name }) => name.includes(`/${run}/${checkpointText(id)}/`));
  const kind = own.length === blobs.length ? 'full' : 'incremental';
  return { id, entry, kind, bytes: sum(own), fullBytes: sum(blobs), blobs };
}

const sum = (blobs: readonly BlobHandle[]): number => blobs.reduce((bytes, blob) => bytes + blob.bytes, 0);

async function recordAt(blobs: BlobStore, key: string): Promise<unknown> {
  const bytes = await read(blobs, key);
  if (bytes === null) return null;
  const decoded = decodeRecord(key, bytes);
  if ('failure' in decoded) throw new EngineError(decoded.failure);
  return decoded.record;
}

async function unknown(blobs: BlobStore, job: JobId): Promise<EngineError> {
  const names = (await listed(blobs, 'jobs/')).flatMap((name) => /^jobs\/([^/]+)\/record$/.exec(name)?.[1] ?? []);
  const there =
    names.length === 0 ? 'It has no jobs: give the folder that the job was run with.' : `It has ${names.join(', ')}.`;
  return new EngineError(failure('JOB_UNKNOWN', 'user', `The store has no job '${job}'. ${there}`, 'never'));
}
