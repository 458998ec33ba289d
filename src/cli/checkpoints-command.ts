import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointText } from '../../actors/protocol/ids.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { damagedFiles, type JobCheckpoints, jobCheckpoints, orphanedFiles } from '../savepoint/index.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import type { ListFormat } from './cluster-commands.js';
import { exitCode } from './exit-code.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';

export interface CheckpointsOptions {
  /** Where the job keeps its checkpoints, and the cluster that it is of; null for a job of weir run. */
  readonly folder: string;
  readonly cluster: string | null;
  readonly job: string;
  readonly verify: boolean;
  readonly orphans: boolean;
  readonly format: ListFormat;
}

/** Prints the checkpoints that a job keeps, as they lie in a folder. Exit code 1 when something is damaged, or a file is wanted by nobody. */
export async function checkpointsCommand(options: CheckpointsOptions, terminal: Terminal): Promise<number> {
  const folder = options.cluster === null ? options.folder : join(options.folder, options.cluster);
  const blobs = new FileBlobStore({ folder, entropy: nodeEntropy });
  const found = await jobCheckpoints(blobs, options.job);
  const damaged = [...found.damaged, ...(options.verify ? await damagedFiles(blobs, found) : [])];
  const orphans = options.orphans ? await orphanedFiles(blobs, found) : [];
  const times = await Promise.all(found.kept.map(({ entry }) => timeOf(join(folder, entry))));
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
