import type { BlobHandle } from '../../actors/protocol/manifest.js';
import {
  type SavepointManifest,
  type SavepointName,
  type SavepointOwner,
  savepointBlobs,
  savepointKey,
  savepointOwnerKey,
} from '../../actors/protocol/savepoint.js';
import type { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord, encodeRecord } from '../runtime/host/records.js';
import { broken, loadSavepoint, readSavepointBlob } from './savepoint-store.js';
import { create, put, read } from './store-calls.js';

/**
 * Copies a savepoint from one store to another, where it has the same name; does nothing when it is there already. Each file is held against the
 * manifest. Rejects with an EngineError, SAVEPOINT_EXISTS when another of that name is there, or is being taken.
 */
export async function copySavepoint(from: BlobStore, to: BlobStore, name: SavepointName): Promise<void> {
  const manifest = await loadSavepoint(from, name);
  await writeSavepoint(to, manifest, (handle) => readSavepointBlob(from, manifest, handle));
}

/**
 * Puts a savepoint into a store, as its own job would: first the name is kept for it, and last its manifest is created, so that one that was broken
 * off is none. Told again, it goes on. `content` gives the bytes of each file, checked.
 */
export async function writeSavepoint(
  to: BlobStore,
  manifest: SavepointManifest,
  content: (handle: BlobHandle) => Promise<Uint8Array>,
): Promise<void> {
  const { name, request } = manifest;
  const key = savepointKey(name);
  const ownerKey = savepointOwnerKey(name);
  const before = await requestAt(to, key);
  if (before === request) return;
  if (before !== null) throw taken(name);
  // Without a job: none that happens to have the same id in this store may take its files for leavings of its own.
  const owner: SavepointOwner = { format: 1, job: null, request };
  if (!(await create(to, ownerKey, encodeRecord(owner))) && (await requestAt(to, ownerKey)) !== request)
    throw taken(name);
  for (const handle of savepointBlobs(manifest.checkpoint)) await put(to, handle.name, await content(handle));
  if (!(await create(to, key, encodeRecord(manifest))) && (await requestAt(to, key)) !== request) throw taken(name);
}

/** Whose record stands there: the request in it, or something that is no request; null when there is none. */
async function requestAt(blobs: BlobStore, key: string): Promise<unknown> {
  const bytes = await read(blobs, key);
  if (bytes === null) return null;
  const decoded = decodeRecord(key, bytes);
  return 'record' in decoded ? (decoded.record as { readonly request?: unknown }).request : undefined;
}

const taken = (name: SavepointName): EngineError =>
  broken(
    'SAVEPOINT_EXISTS',
    `The store has another savepoint '${name}', or one of that name is being taken. Delete that one: weir savepoint delete ${name}.`,
  );
