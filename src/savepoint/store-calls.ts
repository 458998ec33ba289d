import { failure } from '../../actors/protocol/failure.js';
import { EngineError } from '../api/engine-error.js';
import type { BlobStore } from '../ports/blob-store.js';

// Calls to a store as promises, which reject with an EngineError.

export const read = (blobs: BlobStore, name: string): Promise<Uint8Array | null> =>
  new Promise((resolve, reject) => {
    blobs.read(name, (result) => {
      if (result.outcome === 'read') resolve(result.bytes);
      else if (result.outcome === 'missing') resolve(null);
      else reject(storeFailed(`read ${name}`, result));
    });
  });

export const put = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    blobs.put(name, bytes, (result) =>
      result.outcome === 'stored' ? resolve() : reject(storeFailed(`write ${name}`, result)),
    );
  });

/** False when something stands there already. */
export const create = (blobs: BlobStore, name: string, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve, reject) => {
    blobs.create(name, bytes, (result) => {
      if (result.outcome === 'created' || result.outcome === 'exists') resolve(result.outcome === 'created');
      else reject(storeFailed(`create ${name}`, result));
    });
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
