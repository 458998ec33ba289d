import { crc32 } from 'node:zlib';
import { failure } from '../../actors/protocol/failure.js';
import type { BlobHandle } from '../../actors/protocol/manifest.js';
import type { SavepointManifest, SavepointName } from '../../actors/protocol/savepoint.js';
import {
  isSavepointName,
  savepointBlobs,
  savepointFolder,
  savepointIn,
  savepointKey,
  savepointNameRule,
  savepointsPrefix,
} from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { decodeRecord } from '../runtime/host/records.js';

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

/** Settles when all state of the savepoint is there and is what was written; rejects with SAVEPOINT_DAMAGED, which names the file. */
export async function verifySavepoint(blobs: BlobStore, manifest: SavepointManifest): Promise<void> {
  for (const handle of savepointBlobs(manifest.checkpoint)) await readSavepointBlob(blobs, manifest.name, handle);
}

/** The bytes of one blob of a savepoint, held against its handle. Rejects with SAVEPOINT_DAMAGED. */
async function readSavepointBlob(
  blobs: BlobStore,
  savepoint: SavepointName,
  { name, bytes, checksum }: BlobHandle,
): Promise<Uint8Array> {
  const content = await read(blobs, name);
  const found = content === null ? 'is missing' : wrongIn(content, bytes, checksum);
  if (content !== null && found === null) return content;
  throw broken(
    'SAVEPOINT_DAMAGED',
    `Of savepoint '${savepoint}' the file ${name} ${found}. Put it back from a copy, or take another savepoint.`,
  );
}

/**
 * Copies a savepoint from one store to another, where it has the same name; does nothing when it is there already. Each file is held against the
 * manifest, which is written last, so that a copy that was broken off is no savepoint. Rejects with an EngineError, SAVEPOINT_EXISTS when another
 * of that name is there.
 */
export async function copySavepoint(from: BlobStore, to: BlobStore, name: SavepointName): Promise<void> {
  const manifest = await loadSavepoint(from, name);
  const before = await read(to, savepointKey(name));
  const record = (await read(from, savepointKey(name))) as Uint8Array;
  if (before !== null) {
    if (Buffer.compare(before, record) === 0) return;
    throw broken(
      'SAVEPOINT_EXISTS',
      `The store has another savepoint '${name}'. Delete that one, or give the folder of this one another name.`,
    );
  }
  for (const handle of savepointBlobs(manifest.checkpoint)) {
    await put(to, handle.name, await readSavepointBlob(from, name, handle));
  }
  for (const key of await listed(from, `${savepointFolder(name)}owner`))
    await put(to, key, (await read(from, key)) as Uint8Array);
  await put(to, savepointKey(name), record);
}

export function wrongIn(content: Uint8Array, bytes: number, checksum: string): string | null {
  if (content.byteLength !== bytes) return `has ${content.byteLength} bytes and should have ${bytes}`;
  const found = crc32(content).toString(16).padStart(8, '0');
  return found === checksum ? null : `has the checksum ${found} and should have ${checksum}`;
}

const broken = (code: string, message: string): EngineError => new EngineError(failure(code, 'user', message, 'never'));

export const read = (blobs: BlobStore, name: string): Promise<Uint8Array | null> =>
  new Promise((resolve, reject) => {
    blobs.read(name, (result) => {
      if (result.outcome === 'read') resolve(result.bytes);
      else if (result.outcome === 'missing') resolve(null);
      else reject(storeFailed(`read ${name}`, result));
    });
  });

const put = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    blobs.put(name, bytes, (result) =>
      result.outcome === 'stored' ? resolve() : reject(storeFailed(`write ${name}`, result)),
    );
  });

export const listed = (blobs: BlobStore, prefix: string): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    blobs.list(prefix, (result) =>
      result.outcome === 'listed' ? resolve(result.names) : reject(storeFailed(`list ${prefix}`, result)),
    );
  });

function storeFailed(what: string, result: { readonly outcome: string }): EngineError {
  const known = 'failure' in result ? (result as { readonly failure: EngineError['failure'] }).failure : null;
  const silent = failure(
    'STORE_TIMEOUT',
    'infrastructure',
    `The store gave no answer in time to: ${what}. See whether it can be reached.`,
  );
  return new EngineError(known ?? silent);
}
