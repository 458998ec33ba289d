import { join, resolve } from 'node:path';
import type { SavepointWish } from '../../actors/protocol/savepoint.js';
import { nodeClock } from '../runtime/world/clock.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { bringSavepoint, copySavepoint } from '../savepoint/index.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import type { ClusterTarget } from './cluster-options.js';
import { storeOf } from './cluster-origin.js';
import { exitCode } from './exit-code.js';
import type { SavepointAction } from './savepoint-options.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface SavepointOptions {
  readonly target: ClusterTarget;
  readonly action: SavepointAction;
}

/** Takes a savepoint of a running job and prints its name when it is there; or deletes one, or copies it out of a cluster or into one. */
export async function savepointCommand({ target, action }: SavepointOptions, terminal: Terminal): Promise<number> {
  if (action.kind === 'delete') {
    await withCluster(target, terminal, (client) => client.deleteSavepoint(action.name));
    terminal.say(`savepoint ${action.name} is deleted`);
    return exitCode.done;
  }
  if (action.kind === 'copy') return copyOut(target, action, terminal);
  if (action.kind === 'import') return copyIn(target, action.path, terminal);
  const { job, timeoutMs } = action;
  const wish = wishFor(job, action.name);
  const { name, bytes } = await withCluster(target, terminal, (client) => client.savepoint(job, wish, timeoutMs));
  terminal.say(`savepoint ${name} of job ${job} is complete, ${bytes.toLocaleString('en')} bytes; the job goes on`);
  terminal.out(name);
  return exitCode.done;
}

async function copyOut(
  target: ClusterTarget,
  { name, folder }: Extract<SavepointAction, { kind: 'copy' }>,
  terminal: Terminal,
): Promise<number> {
  const to = new FileBlobStore({ folder: resolve(folder), entropy: nodeEntropy });
  await withCluster(target, terminal, async (client) => copySavepoint(await storeOf(client), to, name));
  terminal.say(`savepoint ${name} is copied, and all its files are whole`);
  terminal.out(join(folder, 'savepoints', name));
  return exitCode.done;
}

async function copyIn(target: ClusterTarget, path: string, terminal: Terminal): Promise<number> {
  const place = { kind: 'folder', path } as const;
  const { name } = await withCluster(target, terminal, async (client) => bringSavepoint(place, await storeOf(client)));
  terminal.say(`savepoint ${name} is in cluster '${target.cluster}', and all its files are whole`);
  terminal.out(name);
  return exitCode.done;
}

/** The job and the time, where nobody has said how it is to be called. */
export const wishFor = (job: string, name: string | null): SavepointWish => ({
  name: name ?? `${job}-${timeText(new Date(nodeClock.wallMs()))}`,
  request: nodeEntropy.id(),
});

const timeText = (time: Date): string => time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
