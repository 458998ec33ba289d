import { recordKey, resultKey } from '../../actors/dispatcher/context.js';
import type { JobId } from '../../actors/protocol/ids.js';
import { checkpointText } from '../../actors/protocol/ids.js';
import { type BlobHandle, type CheckpointManifest, rangesOf, type StateRange } from '../../actors/protocol/manifest.js';
import { type SavepointManifest, type SavepointName, savepointFolder } from '../../actors/protocol/savepoint.js';
import type { BlobStore } from '../ports/blob-store.js';
import { writeSavepoint } from './copy-savepoint.js';
import { findCheckpoint, recordAt, type WantedCheckpoint } from './find-checkpoint.js';
import { broken, brokenFile, wrongIn } from './savepoint-store.js';
import { read } from './store-calls.js';

/**
 * Copies a checkpoint of a job that has ended into a savepoint of the same store, and returns its name, which is always the same for the same
 * checkpoint. Nothing of the job is changed, and nothing that becomes of its files later concerns the savepoint. Rejects with an EngineError:
 * JOB_UNKNOWN, JOB_NOT_ENDED, CHECKPOINT_UNKNOWN, CHECKPOINT_GONE when its files were deleted, CHECKPOINT_DAMAGED.
 */
export async function keepCheckpoint(blobs: BlobStore, { job, id }: WantedCheckpoint): Promise<SavepointName> {
  const hasEnded = (await recordAt(blobs, resultKey(job))) !== null;
  if (!hasEnded && (await recordAt(blobs, recordKey(job))) !== null) throw broken('JOB_NOT_ENDED', notEnded(job));
  const { graph, checkpoint } = await findCheckpoint(blobs, { job, id });
  const name = `checkpoint-${job}-${checkpointText(checkpoint.id)}`;
  // Of the savepoint with which it ended, if it was that, nothing is left but what it holds.
  const { stops: _, ...plain } = checkpoint;
  const moved = (blob: string): string => `${savepointFolder(name)}${blob.replace(/^(jobs|savepoints)\/[^/]+\//, '')}`;
  const manifest: SavepointManifest = {
    format: 1,
    name,
    request: `checkpoint/${job}/${checkpointText(checkpoint.id)}`,
    job,
    graph,
    checkpoint: withBlobs(plain, moved),
  };
  const origin = new Map(blobsOf(checkpoint).map((handle): [string, BlobHandle] => [moved(handle.name), handle]));
  await writeSavepoint(blobs, manifest, async (handle) => {
    const { name: file, bytes, checksum } = origin.get(handle.name) ?? handle;
    const content = await read(blobs, file);
    const wrong = content === null ? null : wrongIn(content, bytes, checksum);
    if (content !== null && wrong === null) return content;
    throw brokenFile({ job, id: checkpoint.id }, file, wrong);
  });
  return name;
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
