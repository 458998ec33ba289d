import { basename, dirname, resolve } from 'node:path';
import { failure } from '../../actors/protocol/failure.js';
import type { SavepointName } from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';

/** A savepoint and the store that holds it. */
export interface LocatedSavepoint {
  readonly name: SavepointName;
  readonly blobs: BlobStore;
}

/** Whether it leads to a folder, and does not name a savepoint of the store at hand. */
export const isSavepointPath = (nameOrPath: string): boolean => /[/\\]/.test(nameOrPath);

/**
 * The savepoint in a folder `…/savepoints/<name>`, as it lies in the store of a cluster or as it was copied from there. Needs no cluster. Throws an
 * EngineError, SAVEPOINT_UNKNOWN, for a folder of another form.
 */
export function savepointAt(path: string): LocatedSavepoint {
  const folder = resolve(path);
  const parent = dirname(folder);
  if (basename(parent) !== 'savepoints') {
    const message =
      `'${path}' is no folder of a savepoint: that is savepoints/<name> of a store, or a copy which keeps both names. ` +
      'A savepoint of the store at hand is given by its name alone, and the newest checkpoint of a job in it that has ended as checkpoint:<job>.';
    throw new EngineError(failure('SAVEPOINT_UNKNOWN', 'user', message, 'never'));
  }
  return { name: basename(folder), blobs: new FileBlobStore({ folder: dirname(parent), entropy: nodeEntropy }) };
}
