import { join } from 'node:path';
import type { BlobStore } from '../../ports/blob-store.js';
import { FileBlobStore } from '../../storage/file/file-blob-store.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { decodeRecord } from '../host/records.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { openClusterStore } from './cluster-stores.js';
import { storeOfCluster } from './store-of-cluster.js';

export type ReachedStore =
  | { readonly reached: true; readonly blobs: BlobStore }
  /** `place`: the folder, on machines of the cluster; null when nobody has written down which store it has. */
  | { readonly reached: false; readonly place: string | null };

/**
 * The store of a cluster, for a process outside of it: that in NATS, or a folder that lies here too, which is held against the identity of the
 * cluster's. Rejects with an EngineError when NATS does not answer.
 */
export async function reachStore(link: NatsLink): Promise<ReachedStore> {
  const known = await storeOfCluster(link, nodeClock);
  if (known === null) return { reached: false, place: null };
  if (known.place === 'NATS') {
    const { blobs } = await openClusterStore({ kind: 'nats' }, link);
    return { reached: true, blobs };
  }
  const blobs = new FileBlobStore({ folder: join(known.place, link.cluster), entropy: nodeEntropy });
  return (await idOf(blobs)) === known.id ? { reached: true, blobs } : { reached: false, place: known.place };
}

/** Null where there is no store, or none that can be read: it is not the cluster's then. */
const idOf = (blobs: BlobStore): Promise<unknown> =>
  new Promise((resolve) => {
    blobs.read('identity', (result) => {
      const decoded = result.outcome === 'read' ? decodeRecord('identity', result.bytes) : null;
      resolve(decoded !== null && 'record' in decoded ? (decoded.record as { readonly id?: unknown }).id : null);
    });
  });
