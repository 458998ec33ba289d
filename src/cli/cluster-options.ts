import { resolve } from 'node:path';
import type { CAC } from 'cac';
import type { ClusterAddress } from '../runtime/cluster/cluster-address.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { shownServers } from '../transport/nats/server-url.js';
import { isSubjectName } from '../transport/nats/subjects.js';
import { natsPlace } from './access-options.js';
import { UsageError } from './exit-code.js';
import { text, wholeNumber } from './options.js';

/** The cluster that a command is for. */
export interface ClusterTarget extends ClusterAddress {
  /** Of the `nats` command, if one is in use. */
  readonly context: string | null;
}

/** Where the servers are and how they let us in: by the command line, the environment, and the contexts of the `nats` command. */
export function clusterTarget(cli: CAC, env: NodeJS.ProcessEnv): ClusterTarget {
  const place = natsPlace(cli, env);
  return { ...place, cluster: name(cli, 'cluster') ?? 'default', waitMs: wholeNumber(cli, 'wait') * 1_000 };
}

/** A folder, or NATS when none is given. */
export function storeChoice(cli: CAC): StoreChoice {
  const folder = text(cli, 'checkpoints');
  const store = text(cli, 'store');
  if (store !== null && store !== 'nats') {
    throw new UsageError(`--store is '${store}', and can be nats.`, 'For a folder write --checkpoints <folder>.');
  }
  if (folder === null) return { kind: 'nats' };
  if (store === null) return { kind: 'folder', folder: resolve(folder) };
  throw new UsageError('Jobs are kept in a folder or in NATS.', 'Give --checkpoints or --store, and not both.');
}

/** The option as a name that can stand in subjects of NATS; null when it is not given. */
export function name(cli: CAC, option: 'cluster' | 'name'): string | null {
  const given = text(cli, option);
  if (given === null || isSubjectName(given)) return given;
  throw new UsageError(`'${given}' cannot be a name.`, `Use letters, digits, dashes and underscores for --${option}.`);
}

/** Cluster, servers and store, for a start line; without the logins that URLs may hold. */
export function placeText({ cluster, servers, context }: ClusterTarget, store: StoreChoice): string {
  const by = context === null ? '' : ` (context '${context}')`;
  return `cluster '${cluster}' at ${shownServers(servers)}${by}, store ${store.kind === 'nats' ? 'NATS' : store.folder}`;
}
