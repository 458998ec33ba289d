import { crc32 } from 'node:zlib';
import { failure } from '../../actors/protocol/failure.js';
import { type CheckpointId, checkpointText, type JobId } from '../../actors/protocol/ids.js';
import type { BlobHandle } from '../../actors/protocol/manifest.js';
import type { SavepointManifest, SavepointName } from '../../actors/protocol/savepoint.js';
import {
  isSavepointName,
  savepointBlobs,
  savepointIn,
  savepointKey,
  savepointNameRule,
  savepointsPrefix,
} from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord } from '../runtime/host/records.js';
import { listed, read } from './store-calls.js';

/** The names of the complete savepoints of a store, sorted. Rejects with an EngineError when the store does not answer. */
export async function listSavepoints(blobs: BlobStore): Promise<readonly SavepointName[]> {
  const keys = await listed(blobs, savepointsPrefix);
  return keys.flatMap((key) => /^savepoints\/([^/]+)\/manifest$/.exec(key)?.[1] ?? []);
}

/**
 * What a savepoint consists of. Rejects with an EngineError: SAVEPOINT_UNKNOWN, or SAVEPOINT_DAMAGED for a manifest that is none, is of another
 * format, or is not what was written. The state itself is not looked at; `verifySavepoint` does.
 */
export async function loadSavepoint(blobs: BlobStore, name: SavepointName): Promise<SavepointManifest> {
  if (!isSavepointName(name))
    throw broken('SAVEPOINT_UNKNOWN', `'${name}' is no name of a savepoint: ${savepointNameRule}.`);
  const key = savepointKey(name);
  const bytes = await read(blobs, key);
  if (bytes === null) throw broken('SAVEPOINT_UNKNOWN', `There is no savepoint '${name}' in this store.`);
  const decoded = decodeRecord(key, bytes);
  if ('failure' in decoded) throw broken('SAVEPOINT_DAMAGED', decoded.failure.message);
  const manifest = savepointIn(decoded.record, name);
  if (typeof manifest === 'string') throw broken('SAVEPOINT_DAMAGED', manifest);
  return manifest;
}

/** Settles when all state of the savepoint is there and is what was written; rejects with what names the first file that is not. */
export async function verifySavepoint(blobs: BlobStore, manifest: SavepointManifest): Promise<void> {
  for (const handle of savepointBlobs(manifest.checkpoint)) await readSavepointBlob(blobs, manifest, handle);
}

/** Nobody has asked for it: the job took the checkpoint for itself, and deletes its files. */
export const ofJob = '';

/** Whether it is a checkpoint that belongs to its job, in the form of a savepoint. */
export const isOfJob = ({ request }: SavepointManifest): boolean => request === ofJob;

/**
 * The bytes of one blob of a savepoint, held against its handle. Rejects with SAVEPOINT_DAMAGED, and for a checkpoint of a job with CHECKPOINT_DAMAGED or
 * CHECKPOINT_GONE.
 */
export async function readSavepointBlob(
  blobs: BlobStore,
  manifest: SavepointManifest,
  { name, bytes, checksum }: BlobHandle,
): Promise<Uint8Array> {
  const content = await read(blobs, name);
  const wrong = content === null ? null : wrongIn(content, bytes, checksum);
  if (content !== null && wrong === null) return content;
  if (isOfJob(manifest)) throw brokenFile({ job: manifest.job, id: manifest.checkpoint.id }, name, wrong);
  const text = `Of savepoint '${manifest.name}' the file ${name} ${wrong ?? 'is missing'}.`;
  throw broken('SAVEPOINT_DAMAGED', `${text} Put it back from a copy, or take another savepoint.`);
}

/** What is wrong with a file that a checkpoint refers to; null: it is not there. */
export function brokenFile(
  { job, id }: { readonly job: JobId; readonly id: CheckpointId },
  file: string,
  wrong: string | null,
): EngineError {
  const which = `Of checkpoint ${checkpointText(id)} of job '${job}' the file ${file}`;
  if (wrong !== null)
    return broken('CHECKPOINT_DAMAGED', `${which} ${wrong}. Put it back from a copy, or choose another.`);
  const why = 'it was not kept when a newer one came, or when the job ended';
  return broken(
    'CHECKPOINT_GONE',
    `${which} is gone: ${why}. Look for the newest again, or take a savepoint while the job runs.`,
  );
}

/** What is wrong with content that should be of this size and checksum; null when nothing is. */
export function wrongIn(content: Uint8Array, bytes: number, checksum: string): string | null {
  if (content.byteLength !== bytes) return `has ${content.byteLength} bytes and should have ${bytes}`;
  const found = crc32(content).toString(16).padStart(8, '0');
  return found === checksum ? null : `has the checksum ${found} and should have ${checksum}`;
}

export const broken = (code: string, message: string): EngineError =>
  new EngineError(failure(code, 'user', message, 'never'));
