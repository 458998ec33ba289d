import { basename, dirname, resolve } from 'node:path';
import { failure } from '../../actors/protocol/failure.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import type { LogEntry } from '../../actors/protocol/manifest.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord } from '../runtime/host/records.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import { listed, read } from './store-calls.js';

/** Whether it leads to the folder of a job in a store, `…/jobs/<job>`. */
export const isJobPath = (path: string): boolean => basename(dirname(resolve(path))) === 'jobs';

/**
 * The newest checkpoint of a job that keeps its checkpoints in a folder, `<folder>/jobs/<job>`, in the form of a savepoint; a job that runs may replace it while it is
 * read. Rejects with an EngineError: CHECKPOINT_UNKNOWN, CHECKPOINT_DAMAGED.
 */
export async function loadCheckpoint(
  path: string,
): Promise<{ readonly blobs: BlobStore; readonly manifest: SavepointManifest }> {
  const folder = resolve(path);
  const job = basename(folder);
  const blobs = new FileBlobStore({ folder: dirname(dirname(folder)), entropy: nodeEntropy });
  const record = (await readRecord(blobs, `jobs/${job}/record`)) as JobRecord | null;
  const entries = record === null ? [] : await listed(blobs, `jobs/${job}/log/`);
  for (const key of entries.toReversed()) {
    const entry = (await readRecord(blobs, key)) as LogEntry | null;
    if (record === null || entry?.kind !== 'checkpoint') continue;
    const { graph } = record;
    return { blobs, manifest: { format: 1, name: job, request: '', job, graph, checkpoint: entry.checkpoint } };
  }
  throw broken('CHECKPOINT_UNKNOWN', `There is no checkpoint of a job '${job}' under '${path}'.`);
}

async function readRecord(blobs: BlobStore, key: string): Promise<unknown> {
  const bytes = await read(blobs, key);
  if (bytes === null) return null;
  const decoded = decodeRecord(key, bytes);
  if ('failure' in decoded) throw broken('CHECKPOINT_DAMAGED', decoded.failure.message);
  return decoded.record;
}

const broken = (code: string, message: string): EngineError => new EngineError(failure(code, 'user', message, 'never'));
