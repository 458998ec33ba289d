import { failure } from '../../actors/protocol/failure.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { keyGroupsBefore, type SavepointManifest, type SavepointName } from '../../actors/protocol/savepoint.js';
import { EngineError } from '../api/engine-error.js';
import { buildJob } from '../api/job-definition.js';
import { engineModules } from '../engine-modules.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { ClusterClient } from '../runtime/cluster/cluster-client.js';
import type { Bundle } from '../runtime/code/bundle.js';
import { loadJob } from '../runtime/code/load.js';
import { nodeClock } from '../runtime/world/clock.js';
import { beginWith, bringSavepoint, type OriginPlace } from '../savepoint/index.js';
import { requireFitting } from '../state-api/deploy-diff.js';
import { Savepoint } from '../state-api/savepoint.js';
import type { GivenOrigin } from './savepoint-options.js';

/**
 * The job as it begins in a cluster with a savepoint. Where the store of the cluster can be reached from here, what is not there yet is copied into
 * it, all files are checked, and so is whether the job can read its state; else only a savepoint by its name will do, whose files are checked when the job loads them. `say` is told so.
 */
export async function begunInCluster(
  client: ClusterClient,
  record: JobRecord,
  { place, allowDroppedState }: GivenOrigin,
  { bundle, say }: { readonly bundle: Bundle; readonly say: (line: string) => void },
): Promise<JobRecord> {
  const { savepoint, before, reached } = await known(client, place, say);
  const begun = await beginWith(record, { savepoint, allowDroppedState }, { before, bundle, engine: engineModules });
  if (reached === null) return begun;
  const { program } = buildJob(await loadJob(bundle, engineModules), record.params, before);
  const saved = new Savepoint(reached.blobs, reached.manifest);
  await requireFitting(program, saved, { clock: nodeClock, allowDroppedState });
  return begun;
}

interface Known {
  readonly savepoint: SavepointName;
  readonly before: Readonly<Record<string, number>>;
  /** Null where the store of the cluster cannot be reached from here. */
  readonly reached: { readonly blobs: BlobStore; readonly manifest: SavepointManifest } | null;
}

async function known(client: ClusterClient, place: OriginPlace, say: (line: string) => void): Promise<Known> {
  if (place.kind === 'savepoint') {
    const { keyGroups: before } = await client.describeSavepoint(place.name);
    const store = await client.store();
    if (store.reached) {
      const manifest = await bringSavepoint(place, store.blobs);
      return { savepoint: place.name, before, reached: { blobs: store.blobs, manifest } };
    }
    say(
      `the store of the cluster is not here: the files of savepoint ${place.name} are checked when the job loads them`,
    );
    return { savepoint: place.name, before, reached: null };
  }
  const blobs = await storeOf(client);
  const manifest = await bringSavepoint(place, blobs);
  return { savepoint: manifest.name, before: keyGroupsBefore(manifest), reached: { blobs, manifest } };
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
