import { join } from 'node:path';
import { EngineError } from '../../api/engine-error.js';
import type { BlobStore } from '../../ports/blob-store.js';
import { FileBlobStore } from '../../storage/file/file-blob-store.js';
import { openNatsBlobStore } from '../../storage/nats-object-store/nats-blob-store.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import { type NatsCodeStore, openNatsCodeStore } from '../code/nats-code-store.js';
import type { StoreConfig } from '../worker/slot-configuration.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';

/** Where a cluster keeps jobs and checkpoints. Every process of it has to be told the same. */
export type StoreChoice =
  /** A folder that all machines of the cluster share; each cluster has a folder of its own in it. */
  { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'nats' };

export interface ClusterStore {
  readonly blobs: BlobStore;
  /** For people. */
  readonly place: string;
  /** How the threads of slots reach the same blobs. */
  readonly forSlots: StoreConfig;
}

/** Opens the blobs of a cluster. Rejects with an EngineError, STORE_UNSUITABLE. */
export async function openClusterStore(choice: StoreChoice, link: NatsLink): Promise<ClusterStore> {
  if (choice.kind === 'folder') {
    const folder = join(choice.folder, link.cluster);
    const blobs = new FileBlobStore({ folder, entropy: nodeEntropy });
    return { blobs, place: choice.folder, forSlots: { kind: 'file', folder } };
  }
  const { connection, cluster } = link;
  const opened = await openNatsBlobStore({ connection, cluster, clock: nodeClock, entropy: nodeEntropy });
  if (!opened.ok) throw new EngineError(opened.failure);
  return { blobs: opened.store, place: 'NATS', forSlots: { kind: 'port' } };
}

/** Opens the code of a cluster's jobs. Rejects with an EngineError, STORE_UNSUITABLE. */
export async function openClusterCode({ connection, cluster }: NatsLink): Promise<NatsCodeStore> {
  const opened = await openNatsCodeStore({ connection, cluster, clock: nodeClock });
  if (!opened.ok) throw new EngineError(opened.failure);
  return opened.store;
}
