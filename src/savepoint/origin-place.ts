import type { SavepointManifest, SavepointName } from '../../actors/protocol/savepoint.js';
import { isSavepointName } from '../../actors/protocol/savepoint.js';
import type { BlobStore } from '../ports/blob-store.js';
import { copySavepoint } from './copy-savepoint.js';
import type { WantedCheckpoint } from './find-checkpoint.js';
import { keepCheckpoint } from './keep-checkpoint.js';
import { isSavepointPath, savepointAt } from './savepoint-folder.js';
import { loadSavepoint, verifySavepoint } from './savepoint-store.js';

/** Where a job is to begin, as it is said. */
export type OriginPlace =
  /** One of the store at hand. */
  | { readonly kind: 'savepoint'; readonly name: SavepointName }
  /** A folder `…/savepoints/<name>`. */
  | { readonly kind: 'folder'; readonly path: string }
  /** Of a job of the store at hand, which has ended. */
  | ({ readonly kind: 'checkpoint' } & WantedCheckpoint);

/** `<name>`, a path, `checkpoint:<job>` or `checkpoint:<job>/<epoch>-<n>`; null for what is none of these. */
export function originPlace(text: string): OriginPlace | null {
  const match = /^checkpoint:([^/]+)(?:\/(\d+)-(\d+))?$/.exec(text);
  if (match !== null) {
    const [, job = '', epoch, n] = match;
    return { kind: 'checkpoint', job, id: epoch === undefined ? null : { epoch: Number(epoch), n: Number(n) } };
  }
  if (text.startsWith('checkpoint:')) return null;
  if (isSavepointPath(text)) return { kind: 'folder', path: text };
  return isSavepointName(text) ? { kind: 'savepoint', name: text } : null;
}

/**
 * The savepoint of that place, in this store, where it is copied to if it is not there; all its files have been held against it. Rejects with an
 * EngineError that says what is wrong with it.
 */
export async function bringSavepoint(place: OriginPlace, blobs: BlobStore): Promise<SavepointManifest> {
  const manifest = await loadSavepoint(blobs, await nameIn(place, blobs));
  await verifySavepoint(blobs, manifest);
  return manifest;
}

async function nameIn(place: OriginPlace, blobs: BlobStore): Promise<SavepointName> {
  switch (place.kind) {
    case 'savepoint':
      return place.name;
    case 'checkpoint':
      return keepCheckpoint(blobs, place);
    case 'folder': {
      const located = savepointAt(place.path);
      await copySavepoint(located.blobs, blobs, located.name);
      return located.name;
    }
  }
}
