import { failure } from '../../actors/protocol/failure.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { keyGroupsBefore, type SavepointName } from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import { engineModules } from '../engine-modules.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { ClusterClient } from '../runtime/cluster/cluster-client.js';
import type { Bundle } from '../runtime/code/bundle.js';
import { beginWith, bringSavepoint, type OriginPlace } from '../savepoint/index.js';
import type { GivenOrigin } from './savepoint-options.js';

/**
 * The job as it begins in a cluster with a savepoint. Where the store of the cluster can be reached from here, what is not there yet is copied into
 * it, and all files are checked; else only a savepoint by its name will do, whose files are checked when the job loads them. `say` is told so.
 */
export async function begunInCluster(
  client: ClusterClient,
  record: JobRecord,
  { place, allowDroppedState }: GivenOrigin,
  { bundle, say }: { readonly bundle: Bundle; readonly say: (line: string) => void },
): Promise<JobRecord> {
  const { savepoint, before } = await known(client, place, say);
  return beginWith(record, { savepoint, allowDroppedState }, { before, bundle, engine: engineModules });
}

async function known(
  client: ClusterClient,
  place: OriginPlace,
  say: (line: string) => void,
): Promise<{ readonly savepoint: SavepointName; readonly before: Readonly<Record<string, number>> }> {
  if (place.kind === 'savepoint') {
    const { keyGroups: before } = await client.describeSavepoint(place.name);
    const store = await client.store();
    if (store.reached) await bringSavepoint(place, store.blobs);
    else
      say(
        `the store of the cluster is not here: the files of savepoint ${place.name} are checked when the job loads them`,
      );
    return { savepoint: place.name, before };
  }
  const manifest = await bringSavepoint(place, await storeOf(client));
  return { savepoint: manifest.name, before: keyGroupsBefore(manifest) };
}

/** Rejects with STORE_UNREACHED. */
export async function storeOf(client: ClusterClient): Promise<BlobStore> {
  const store = await client.store();
  if (store.reached) return store.blobs;
  const where = store.place === null ? 'nobody has written down where it is' : `it is the folder ${store.place}`;
  const message =
    `The store of the cluster cannot be reached from here: ${where}. ` +
    'Give the command on a machine that has that folder, or copy the savepoint there.';
  throw new EngineError(failure('STORE_UNREACHED', 'user', message, 'never'));
}
