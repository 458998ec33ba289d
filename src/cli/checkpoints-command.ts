import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointText } from '../../actors/protocol/ids.js';
import type { BlobStore } from '../ports/blob-store.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { damagedFiles, type JobCheckpoints, jobCheckpoints, orphanedFiles } from '../savepoint/index.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import type { ListFormat } from './cluster-commands.js';
import type { ClusterTarget } from './cluster-options.js';
import { storeOf } from './cluster-origin.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface CheckpointsOptions {
  /** Where the job keeps its checkpoints: the folder of its store, or the store of its cluster, wherever that is. */
  readonly place:
    | { readonly kind: 'folder'; readonly folder: string }
    | { readonly kind: 'cluster'; readonly target: ClusterTarget };
  readonly job: string;
  readonly verify: boolean;
  readonly orphans: boolean;
  readonly format: ListFormat;
}

/** Prints the checkpoints that a job keeps, as they lie in a store. Exit code 1 when something is damaged, or a file is wanted by nobody. */
export async function checkpointsCommand(options: CheckpointsOptions, terminal: Terminal): Promise<number> {
  const { place } = options;
  if (place.kind === 'folder') {
    const blobs = new FileBlobStore({ folder: place.folder, entropy: nodeEntropy });
    return tell(options, { blobs, timeOf: (entry) => timeOf(join(place.folder, entry)) }, terminal);
  }
  return withCluster(place.target, terminal, async (client) =>
    tell(options, { blobs: await storeOf(client), timeOf: async () => null }, terminal),
  );
}

interface LookedAt {
  readonly blobs: BlobStore;
  /** When an entry was written; null where the store does not say. */
  readonly timeOf: (entry: string) => Promise<string | null>;
}

async function tell(options: CheckpointsOptions, { blobs, timeOf }: LookedAt, terminal: Terminal): Promise<number> {
  const found = await jobCheckpoints(blobs, options.job);
  const damaged = [...found.damaged, ...(options.verify ? await damagedFiles(blobs, found) : [])];
  const orphans = options.orphans ? await orphanedFiles(blobs, found) : [];
  const times = await Promise.all(found.kept.map(({ entry }) => timeOf(entry)));
  const code = damaged.length === 0 && orphans.length === 0 ? exitCode.done : exitCode.failed;
  if (options.format === 'json') {
    const checkpoints = found.kept.map(({ blobs: files, id, ...each }, index) => ({
      id: checkpointText(id),
      completedAt: times[index],
      ...each,
      files: files.length,
    }));
    const checks = { ...(options.verify ? { verified: true } : {}), ...(options.orphans ? { orphans } : {}) };
    terminal.out(JSON.stringify({ job: found.job, ended: found.ended, checkpoints, damaged, ...checks }));
    return code;
  }
  printKept(found, times, terminal);
  if (damaged.length > 0) terminal.out(damaged.map(({ name, what }) => `${name} ${what}`).join('\n'));
  if (orphans.length > 0) terminal.out(orphans.map((name) => `${name} is wanted by no checkpoint`).join('\n'));
  for (const line of summary(options, found, damaged.length, orphans.length)) terminal.say(line);
  return code;
}

function printKept({ job, ended, kept }: JobCheckpoints, times: readonly (string | null)[], terminal: Terminal): void {
  if (kept.length === 0) {
    const why = ended === null ? 'has no complete checkpoint yet' : `is ${ended} and has left no checkpoints`;
    terminal.say(`job ${job} ${why}`);
    return;
  }
  const rows = kept.map(({ id, kind, bytes, fullBytes, blobs }, index) => [
    checkpointText(id),
    kind,
    bytes.toLocaleString('en'),
    fullBytes.toLocaleString('en'),
    String(blobs.length),
    times[index] ?? '',
  ]);
  terminal.out(tableText(['CHECKPOINT', 'KIND', 'WRITTEN', 'BYTES', 'FILES', 'COMPLETE'], rows));
}

function summary(
  { verify, orphans }: CheckpointsOptions,
  { ended, kept }: JobCheckpoints,
  damaged: number,
  wanted: number,
): readonly string[] {
  const files = new Set(kept.flatMap(({ blobs }) => blobs.map(({ name }) => name))).size;
  const running = ended === null ? '; those of a job that runs may be of a checkpoint that is being taken' : '';
  return [
    ...(damaged > 0 ? [`${damaged} damaged; put them back from a copy, or let the job go back (allowRollback)`] : []),
    ...(verify && damaged === 0 ? [`${files} files are what was written`] : []),
    ...(orphans ? [wanted === 0 ? 'no file is left over' : `${wanted} files are left over${running}`] : []),
  ];
}

/** When the entry was written by the clock of the file system; null when it is gone meanwhile. */
async function timeOf(path: string): Promise<string | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found === null ? null : found.mtime.toISOString();
}
