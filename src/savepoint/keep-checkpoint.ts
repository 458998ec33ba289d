import { logKey, logPrefix, notReading, readOn } from '../../actors/job-master/log.js';
import type { RecordEvent } from '../../actors/kernel/message.js';
import type { CheckpointId, JobId } from '../../actors/protocol/ids.js';
import { checkpointText, sameCheckpoint } from '../../actors/protocol/ids.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import {
  type BlobHandle,
  type CheckpointManifest,
  type LogEntry,
  rangesOf,
  type StateRange,
} from '../../actors/protocol/manifest.js';
import { type SavepointManifest, type SavepointName, savepointFolder } from '../../actors/protocol/savepoint.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord, Records } from '../runtime/host/records.js';
import { writeSavepoint } from './copy-savepoint.js';
import { broken, wrongIn } from './savepoint-store.js';
import { listed, read } from './store-calls.js';

/** A checkpoint of a job; without an id, the newest. */
export interface WantedCheckpoint {
  readonly job: JobId;
  readonly id: CheckpointId | null;
}

/**
 * Copies a checkpoint of a job that has ended into a savepoint of the same store, and returns its name, which is always the same for the same
 * checkpoint. Nothing of the job is changed, and nothing that becomes of its files later concerns the savepoint. Rejects with an EngineError:
 * JOB_UNKNOWN, JOB_NOT_ENDED, CHECKPOINT_UNKNOWN, CHECKPOINT_GONE when its files were deleted, CHECKPOINT_DAMAGED.
 */
export async function keepCheckpoint(blobs: BlobStore, { job, id }: WantedCheckpoint): Promise<SavepointName> {
  const record = (await recordAt(blobs, `jobs/${job}/record`)) as JobRecord | null;
  if (record === null) throw broken('JOB_UNKNOWN', `There is no job '${job}' in this store.`);
  if ((await recordAt(blobs, `jobs/${job}/result`)) === null) throw broken('JOB_NOT_ENDED', notEnded(job));
  const checkpoint = id === null ? await newest(blobs, job) : await named(blobs, job, id);
  const name = `checkpoint-${job}-${checkpointText(checkpoint.id)}`;
  // Of the savepoint with which it ended, if it was that, nothing is left but what it holds.
  const { stops: _, ...plain } = checkpoint;
  const moved = (blob: string): string => `${savepointFolder(name)}${blob.replace(/^(jobs|savepoints)\/[^/]+\//, '')}`;
  const manifest: SavepointManifest = {
    format: 1,
    name,
    request: `checkpoint/${job}/${checkpointText(checkpoint.id)}`,
    job,
    graph: record.graph,
    checkpoint: withBlobs(plain, moved),
  };
  const origin = new Map(blobsOf(checkpoint).map((handle): [string, BlobHandle] => [moved(handle.name), handle]));
  await writeSavepoint(blobs, manifest, async (handle) => {
    const { name: file, bytes, checksum } = origin.get(handle.name) ?? handle;
    const content = await read(blobs, file);
    if (content === null) throw broken('CHECKPOINT_GONE', gone(job, checkpoint.id, file));
    const wrong = wrongIn(content, bytes, checksum);
    if (wrong === null) return content;
    const text = `Of checkpoint ${checkpointText(checkpoint.id)} of job '${job}' the file ${file} ${wrong}.`;
    throw broken('CHECKPOINT_DAMAGED', `${text} Put it back from a copy, or choose another.`);
  });
  return name;
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
      throw broken('CHECKPOINT_DAMAGED', `${step.what}. Name an older one: ${wayToName(job)}.`);
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
async function recordAt(blobs: BlobStore, key: string): Promise<unknown> {
  const bytes = await read(blobs, key);
  if (bytes === null) return null;
  const decoded = decodeRecord(key, bytes);
  if ('failure' in decoded) throw broken(decoded.failure.code, decoded.failure.message);
  return decoded.record;
}

const blobsOf = ({ subtasks }: CheckpointManifest): readonly BlobHandle[] =>
  subtasks.flatMap(({ operators }) => operators.flatMap((operator) => rangesOf(operator).map(({ blob }) => blob)));

/** The same, with its files elsewhere. */
function withBlobs(checkpoint: CheckpointManifest, moved: (name: string) => string): CheckpointManifest {
  const at = (range: StateRange): StateRange => ({ ...range, blob: { ...range.blob, name: moved(range.blob.name) } });
  const subtasks = checkpoint.subtasks.map((subtask) => ({
    ...subtask,
    operators: subtask.operators.map((operator) => ({
      ...operator,
      keyGroups: operator.keyGroups.map((group) => ({ ...group, ranges: group.ranges.map(at) })),
      operatorState: operator.operatorState === null ? null : at(operator.operatorState),
    })),
  }));
  return { ...checkpoint, subtasks };
}

const notEnded = (job: JobId): string =>
  `Job '${job}' has not ended, and goes on from its checkpoints itself. Take a savepoint of it (weir savepoint ${job}), or end it first.`;

const gone = (job: JobId, id: CheckpointId, file: string): string =>
  `Of checkpoint ${checkpointText(id)} of job '${job}' the file ${file} is gone: it was not kept when a newer one came, or when the job ended.`;

const wayToName = (job: JobId): string => `checkpoint:${job}/<epoch>-<n>`;
