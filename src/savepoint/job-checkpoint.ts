import { basename, dirname, resolve } from 'node:path';
import { checkpointText } from '../../actors/protocol/ids.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import type { BlobStore } from '../ports/blob-store.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import { findCheckpoint, type WantedCheckpoint } from './find-checkpoint.js';
import { ofJob } from './savepoint-store.js';

/** Whether it leads to the folder of a job in a store, `…/jobs/<job>`. */
export const isJobPath = (path: string): boolean => basename(dirname(resolve(path))) === 'jobs';

/** The job whose folder that is, and the store that it is in. */
export function jobAt(path: string): { readonly job: string; readonly blobs: BlobStore } {
  const folder = resolve(path);
  const blobs = new FileBlobStore({ folder: dirname(dirname(folder)), entropy: nodeEntropy });
  return { job: basename(folder), blobs };
}

/**
 * A checkpoint of a job in the form of a savepoint, to be read where it lies; of a job that runs a newer one may replace it meanwhile. Rejects with an EngineError:
 * JOB_UNKNOWN, CHECKPOINT_UNKNOWN, CHECKPOINT_DAMAGED.
 */
export async function loadCheckpoint(blobs: BlobStore, wanted: WantedCheckpoint): Promise<SavepointManifest> {
  const { graph, checkpoint } = await findCheckpoint(blobs, wanted);
  const { job } = wanted;
  const name = `checkpoint-${job}-${checkpointText(checkpoint.id)}`;
  return { format: 1, name, request: ofJob, job, graph, checkpoint };
}
