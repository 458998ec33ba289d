import { recordKey } from '../../actors/dispatcher/context.js';
import { logKey, logPrefix, notReading, readOn } from '../../actors/job-master/log.js';
import { parallelismOf } from '../../actors/job-master/restore.js';
import type { RecordEvent } from '../../actors/kernel/message.js';
import type { CheckpointId, JobId } from '../../actors/protocol/ids.js';
import { checkpointText, sameCheckpoint } from '../../actors/protocol/ids.js';
import type { JobGraph, JobRecord } from '../../actors/protocol/job-graph.js';
import type { CheckpointManifest, LogEntry } from '../../actors/protocol/manifest.js';
import { atParallelism } from '../../actors/protocol/scaling.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord, Records } from '../runtime/host/records.js';
import { broken } from './savepoint-store.js';
import { listed, read } from './store-calls.js';

/** A checkpoint of a job; without an id, the newest. */
export interface WantedCheckpoint {
  readonly job: JobId;
  readonly id: CheckpointId | null;
}

/** A checkpoint in the log of its job, and the graph at the parallelism that it was taken at. */
export interface FoundCheckpoint {
  readonly graph: JobGraph;
  readonly checkpoint: CheckpointManifest;
}

/** Rejects with an EngineError: JOB_UNKNOWN, CHECKPOINT_UNKNOWN, CHECKPOINT_DAMAGED. Its files are not looked at. */
export async function findCheckpoint(blobs: BlobStore, { job, id }: WantedCheckpoint): Promise<FoundCheckpoint> {
  const record = (await recordAt(blobs, recordKey(job))) as JobRecord | null;
  if (record === null) throw broken('JOB_UNKNOWN', `There is no job '${job}' in this store.`);
  const checkpoint = id === null ? await newest(blobs, job) : await named(blobs, job, id);
  // The record has the job as it was submitted, and one that was rescaled runs otherwise.
  const graph = atParallelism(record.graph, Object.fromEntries(parallelismOf(checkpoint)));
  return { graph, checkpoint };
}

/** As a leader of the job would find it. */
async function newest(blobs: BlobStore, job: JobId): Promise<CheckpointManifest> {
  const records = new Records(blobs);
  const facts = {
    job,
    epoch: Number.MAX_SAFE_INTEGER,
    nonce: '',
    allowRollback: false,
    knownEnd: 0,
    known: null,
    retained: 1,
    passedOver: [],
  };
  let reading = notReading;
  for (;;) {
    const event = await new Promise<RecordEvent>((resolve) => {
      if (reading.asked === 'list') records.list('log', logPrefix(job), resolve);
      else records.read('log', logKey(job, reading.at), resolve);
    });
    if (event.type === 'record.failed' && event.failure.retry !== 'never')
      throw broken(event.failure.code, event.failure.message);
    const step = readOn(reading, event, { ...facts, origin: null });
    if (step.kind === 'ask') reading = step.reading;
    else if (step.kind === 'end' && step.latest !== null) return step.latest;
    else if (step.kind === 'damaged')
      throw broken('CHECKPOINT_DAMAGED', `${step.what}. Name an older one: checkpoint:${job}/<epoch>-<n>.`);
    else throw broken('CHECKPOINT_UNKNOWN', `Job '${job}' has no checkpoint of its own.`);
  }
}

async function named(blobs: BlobStore, job: JobId, id: CheckpointId): Promise<CheckpointManifest> {
  const known: string[] = [];
  for (const key of (await listed(blobs, logPrefix(job))).toReversed()) {
    const entry = (await recordAt(blobs, key)) as LogEntry | null;
    if (entry?.kind !== 'checkpoint') continue;
    if (sameCheckpoint(entry.checkpoint.id, id)) return entry.checkpoint;
    known.push(checkpointText(entry.checkpoint.id));
  }
  const others = known.length === 0 ? 'It has none.' : `Its newest are ${known.slice(0, shownMax).join(', ')}.`;
  throw broken('CHECKPOINT_UNKNOWN', `Job '${job}' has no checkpoint ${checkpointText(id)}. ${others}`);
}

const shownMax = 5;

/** Null when there is none; rejects with an EngineError when it is damaged. */
export async function recordAt(blobs: BlobStore, key: string): Promise<unknown> {
  const bytes = await read(blobs, key);
  if (bytes === null) return null;
  const decoded = decodeRecord(key, bytes);
  if ('failure' in decoded) throw broken(decoded.failure.code, decoded.failure.message);
  return decoded.record;
}
