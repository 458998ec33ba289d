import { join, resolve } from 'node:path';
import { type Failure, failure } from '../../actors/protocol/failure.js';
import type { JobGraph, JobRecord, StateBackendName } from '../../actors/protocol/job-graph.js';
import { bytesText } from '../../actors/protocol/memory-size.js';
import { keyGroupsBefore, type SavepointName } from '../../actors/protocol/savepoint.js';
import { slotSharingGroupsOf, slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import { EngineError } from '../api/engine-error.js';
import { buildJob } from '../api/job-definition.js';
import { engineModules, engineUrl } from '../engine-modules.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Bundle } from '../runtime/code/bundle.js';
import { bundledCode } from '../runtime/code/code-stores.js';
import { loadJob } from '../runtime/code/load.js';
import { startEmbedded } from '../runtime/embedded.js';
import { nodeClock } from '../runtime/world/clock.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { requireStateFolder } from '../runtime/world/state-folder.js';
import {
  beginWith,
  copySavepoint,
  keepCheckpoint,
  type LocatedSavepoint,
  listSavepoints,
  loadSavepoint,
  type OriginPlace,
  savepointAt,
  verifySavepoint,
} from '../savepoint/index.js';
import { requireFitting } from '../state-api/deploy-diff.js';
import { Savepoint } from '../state-api/savepoint.js';
import { FileBlobStore } from '../storage/file/file-blob-store.js';
import { clientLines } from './client-lines.js';
import { UsageError } from './exit-code.js';
import { failureText } from './failure-text.js';
import { Interrupts } from './interrupts.js';
import { loadJobFile } from './load-job-file.js';
import { RunProgress } from './run-progress.js';
import { reportResult } from './run-report.js';
import { wishFor } from './savepoint-command.js';
import type { GivenOrigin } from './savepoint-options.js';
import { withBackend } from './state-options.js';
import type { Terminal } from './terminal.js';

export interface RunOptions {
  readonly path: string;
  readonly params: readonly string[];
  /** Folder for durable checkpoints; null keeps them in memory. */
  readonly checkpoints: string | null;
  /** null: as many as the job needs. */
  readonly slots: number | null;
  /** Of each slot; null: the default, or what the job asks for if that is more. */
  readonly slotMemoryBytes: number | null;
  /** Everything in one thread, for a debugger. */
  readonly inline: boolean;
  /** null: the job's name. */
  readonly jobId: string | null;
  /** null: as the job says. */
  readonly stateBackend: StateBackendName | null;
  /** For keyed state on disk; null for a temporary one. */
  readonly stateFolder: string | null;
  /** null: it begins anew. */
  readonly origin: GivenOrigin | null;
  /** What an interrupt ends the job with, under that name or one that is made for it; null: it cancels the job. */
  readonly stopSavepoint: { readonly name: SavepointName | null } | null;
}

/** Runs a job in this process until it ends, and says how: the value is the exit code. */
export async function runCommand(options: RunOptions, terminal: Terminal): Promise<number> {
  const { path, params, checkpoints } = options;
  const { program, bundle } = await loadJobFile(path, params);
  const job = options.jobId ?? program.graph.name;
  const graph = withBackend(program.graph, options.stateBackend);
  const fresh: JobRecord = { format: 1, job, graph, code: bundle.key, params };
  const stopName = options.stopSavepoint?.name ?? null;
  if (stopName !== null && checkpoints !== null) await refuseTaken(stopName, job, checkpoints);
  const located = options.origin === null ? null : await locate(options.origin.place, checkpoints);
  const record =
    located === null || options.origin === null ? fresh : await begun(fresh, options.origin, located, bundle);
  if (options.stateFolder !== null) await requireStateFolder(options.stateFolder);
  const progress = new RunProgress(terminal, job);
  const run = startEmbedded({
    record,
    code: bundledCode(bundle, engineModules),
    threads: options.inline ? null : { bundle, engine: engineUrl },
    slots: slotsFor(record, options.slots),
    ...slotMemoryFor(record, options.slotMemoryBytes),
    stateFolder: options.stateFolder,
    checkpoints: checkpoints === null ? null : resolve(checkpoints),
    ...(located === null ? {} : { prepare: (blobs: BlobStore) => copySavepoint(located.blobs, blobs, located.name) }),
    client: clientLines((line) => terminal.out(line)),
    onTrace: (trace) => progress.onTrace(trace),
  });
  const interrupts = new Interrupts(terminal, () => {
    if (options.stopSavepoint === null) return run.cancel();
    const stop = { ...wishFor(job, options.stopSavepoint.name), drain: false };
    run.stopWithSavepoint(stop, (why) => terminal.say(`${failureText(why, terminal.colors)}\nthe job goes on`));
  });
  try {
    const result = await run.result;
    terminal.status('');
    if (result.savepoint !== undefined && checkpoints !== null) sayWhereItIs(result.savepoint, checkpoints, terminal);
    const sayFailure = (failure: Failure): void => terminal.say(failureText(failure, terminal.colors));
    return reportResult(result, { hadEnded: run.hadEnded, interrupts, again: runAgain, sayFailure }, terminal);
  } finally {
    await run.stop();
    interrupts.close();
  }
}

const sayWhereItIs = (savepoint: SavepointName, checkpoints: string, terminal: Terminal): void =>
  terminal.say(
    `go on from it under another id: weir run … --job-id <id> --from ${join(checkpoints, 'savepoints', savepoint)}`,
  );

/** Before anything runs: a name that is taken would be refused when the job is to stop, and whoever stops it may not wait for another. */
async function refuseTaken(name: SavepointName, job: string, checkpoints: string): Promise<void> {
  const blobs = new FileBlobStore({ folder: resolve(checkpoints), entropy: nodeEntropy });
  if (!(await listSavepoints(blobs)).includes(name) || (await loadSavepoint(blobs, name)).job === job) return;
  const message = `${checkpoints} has a savepoint '${name}' of another job. Give another name to --stop-with-savepoint.`;
  throw new EngineError(failure('SAVEPOINT_EXISTS', 'user', message, 'never'));
}

/** By its name where the job keeps its checkpoints, as a copy of one of those, or by the path of its folder. */
async function locate(place: OriginPlace, checkpoints: string | null): Promise<LocatedSavepoint> {
  if (place.kind === 'folder') return savepointAt(place.path);
  if (checkpoints === null) {
    const what = place.kind === 'savepoint' ? `savepoint '${place.name}'` : `the checkpoints of job '${place.job}'`;
    throw new UsageError(
      `There is no folder in which to look for ${what}.`,
      'Give the folder that holds it with --checkpoints, or the path of a savepoint.',
    );
  }
  if (place.kind === 'savepoint') return savepointAt(join(checkpoints, 'savepoints', place.name));
  const blobs = new FileBlobStore({ folder: resolve(checkpoints), entropy: nodeEntropy });
  return { name: await keepCheckpoint(blobs, place), blobs };
}

/** Checks all of the savepoint before anything is run. */
async function begun(
  record: JobRecord,
  { allowDroppedState }: GivenOrigin,
  { name, blobs }: LocatedSavepoint,
  bundle: Bundle,
): Promise<JobRecord> {
  const manifest = await loadSavepoint(blobs, name);
  await verifySavepoint(blobs, manifest);
  const origin = { savepoint: name, allowDroppedState };
  const before = keyGroupsBefore(manifest);
  const begun = await beginWith(record, origin, { before, bundle, engine: engineModules });
  const { program } = buildJob(await loadJob(bundle, engineModules), record.params, before);
  await requireFitting(program, new Savepoint(blobs, manifest), { clock: nodeClock, allowDroppedState });
  return begun;
}

function slotsFor({ graph }: JobRecord, given: number | null): number {
  const slots = slotsNeeded(graph);
  if (given === null || given >= slots) return given ?? slots;
  throw new UsageError(
    `Job '${graph.name}' has ${widthText(graph)}, and so needs ${slots} slots; --slots gives it ${given}.`,
    `Leave --slots out, or lower the parallelism.`,
  );
}

/** What is too small would never be granted. */
function slotMemoryFor({ graph }: JobRecord, given: number | null): { readonly slotMemoryBytes?: number } {
  if (given === null) return {};
  const { slotMemoryBytes = 0 } = graph.options;
  if (given >= slotMemoryBytes) return { slotMemoryBytes: given };
  throw new UsageError(
    `Job '${graph.name}' asks for ${bytesText(slotMemoryBytes)} of managed memory in each slot; --slot-memory gives it ${bytesText(given)}.`,
    'Leave --slot-memory out, or ask for less with env.setSlotMemory.',
  );
}

function widthText(graph: JobGraph): string {
  const groups = slotSharingGroupsOf(graph);
  if (groups.length === 1) return `parallelism ${slotsNeeded(graph)}`;
  return `slot sharing groups of ${groups.map(({ name, slots }) => `${slots} (${name})`).join(' and ')} slots`;
}

const runAgain = 'To run it again from the beginning, give another --job-id or another folder.';
