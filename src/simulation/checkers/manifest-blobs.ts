import { crc32 } from 'node:zlib';
import type { JobId, JobRun } from '../../../actors/protocol/ids.js';
import {
  type BlobHandle,
  type CheckpointManifest,
  rangesOf,
  type StateRange,
} from '../../../actors/protocol/manifest.js';
import { savepointsPrefix } from '../../../actors/protocol/savepoint.js';
import { statePrefix } from '../../runtime/host/sweeper.js';
import type { SimStore } from '../sim-store.js';

/** Every range of state that a checkpoint refers to, with whose it is. */
export function* ownedRangesOf(
  manifest: CheckpointManifest,
): Generator<{ readonly owner: string; readonly range: StateRange }> {
  for (const { subtask, operators } of manifest.subtasks) {
    for (const operator of operators) {
      const owner = `${subtask}/${operator.uid}`;
      for (const range of rangesOf(operator)) yield { owner, range };
    }
  }
}

/** The blobs of a checkpoint, each once. */
export function blobsOf(manifest: CheckpointManifest): ReadonlyMap<string, BlobHandle> {
  const known = blobs.get(manifest);
  if (known !== undefined) return known;
  const found = new Map<string, BlobHandle>();
  for (const { range } of ownedRangesOf(manifest)) found.set(range.blob.name, range.blob);
  blobs.set(manifest, found);
  return found;
}

// A manifest is never changed, and several checkers ask at each blob.
const blobs = new WeakMap<CheckpointManifest, ReadonlyMap<string, BlobHandle>>();

/** The run that wrote a state blob of the job; null when the name is none of a state blob. */
export function runOfBlob(job: JobId, name: string): JobRun | null {
  const prefix = statePrefix(job);
  if (!name.startsWith(prefix)) return null;
  const run = Number(name.slice(prefix.length).split('/')[0]);
  return Number.isInteger(run) ? run : null;
}

/** The run that wrote a blob which a checkpoint refers to: the last one of a job may be a savepoint. */
export const writerOf = (job: JobId, name: string): JobRun | null =>
  name.startsWith(savepointsPrefix) ? Number(name.split('/')[2]) : runOfBlob(job, name);

/** What keeps a restore from reading this blob just now, or null. */
export function blobFault(store: SimStore, { name, bytes, checksum }: BlobHandle): string | null {
  const stored = store.blobs.get(name);
  if (stored === undefined) return `${name} does not exist`;
  if (stored.byteLength !== bytes) return `${name} has ${stored.byteLength} bytes and should have ${bytes}`;
  const found = checksumOf(stored);
  return found === checksum ? null : `${name} has the checksum ${found} and should have ${checksum}`;
}

/** What keeps this checkpoint from being restored just now, or null. */
export function restoreFault(store: SimStore, manifest: CheckpointManifest): string | null {
  for (const blob of blobsOf(manifest).values()) {
    const fault = blobFault(store, blob);
    if (fault !== null) return fault;
  }
  return null;
}

// The store never changes bytes in place, so a checksum belongs to the array.
const checksums = new WeakMap<Uint8Array, string>();

function checksumOf(bytes: Uint8Array): string {
  let checksum = checksums.get(bytes);
  if (checksum === undefined) {
    checksum = crc32(bytes).toString(16).padStart(8, '0');
    checksums.set(bytes, checksum);
  }
  return checksum;
}
