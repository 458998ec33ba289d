import { resolve } from 'node:path';
import type { CAC } from 'cac';
import type { ClusterAddress } from '../runtime/cluster/cluster-address.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { isSubjectName } from '../transport/nats/subjects.js';
import { UsageError } from './exit-code.js';
import { text, wholeNumber } from './options.js';

/** The cluster that a command is for. */
export type ClusterTarget = ClusterAddress;

const defaultUrl = 'nats://127.0.0.1:4222';

/** `--nats`, else NATS_URL, else a server on this machine; several URLs are separated by commas. */
export function clusterTarget(cli: CAC, env: NodeJS.ProcessEnv): ClusterTarget {
  const urls = [text(cli, 'nats'), env.NATS_URL, defaultUrl].find((each) => each != null && each.trim() !== '') ?? '';
  const servers = urls.split(',').flatMap((url) => (url.trim() === '' ? [] : [url.trim()]));
  return { servers, cluster: name(cli, 'cluster') ?? 'default', waitMs: wholeNumber(cli, 'wait') * 1_000 };
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

/** Cluster, servers and store, for a start line; without the passwords that URLs may hold. */
export function placeText({ cluster, servers }: ClusterTarget, store: StoreChoice): string {
  const urls = servers.map((server) => server.replace(/\/\/[^/@]*@/, '//***@')).join(', ');
  return `cluster '${cluster}' at ${urls}, store ${store.kind === 'nats' ? 'NATS' : store.folder}`;
}
