import { join, resolve } from 'node:path';
import type { Failure } from '../../actors/protocol/failure.js';
import type { JobGraph, JobRecord, StateBackendName } from '../../actors/protocol/job-graph.js';
import { keyGroupsBefore } from '../../actors/protocol/savepoint.js';
import { slotSharingGroupsOf, slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import { engineModules, engineUrl } from '../engine-modules.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Bundle } from '../runtime/code/bundle.js';
import { bundledCode } from '../runtime/code/code-stores.js';
import { startEmbedded } from '../runtime/embedded.js';
import {
  beginWith,
  copySavepoint,
  isSavepointPath,
  type LocatedSavepoint,
  loadSavepoint,
  savepointAt,
  verifySavepoint,
  type WantedOrigin,
} from '../savepoint/index.js';
import { clientLines } from './client-lines.js';
import { UsageError } from './exit-code.js';
import { failureText } from './failure-text.js';
import { Interrupts } from './interrupts.js';
import { loadJobFile } from './load-job-file.js';
import { RunProgress } from './run-progress.js';
import { reportResult } from './run-report.js';
import { type StateOnDisk, withBackend } from './state-options.js';
import type { Terminal } from './terminal.js';

export interface RunOptions {
  readonly path: string;
  readonly params: readonly string[];
  /** Folder for durable checkpoints; null keeps them in memory. */
  readonly checkpoints: string | null;
  /** null: as many as the job needs. */
  readonly slots: number | null;
  /** Everything in one thread, for a debugger. */
  readonly inline: boolean;
  /** null: the job's name. */
  readonly jobId: string | null;
  /** null: as the job says. */
  readonly stateBackend: StateBackendName | null;
  readonly stateOnDisk: StateOnDisk;
  /** A name in the folder of checkpoints, or a path; null: it begins anew. */
  readonly origin: WantedOrigin | null;
}

/** Runs a job in this process until it ends, and says how: the value is the exit code. */
export async function runCommand(options: RunOptions, terminal: Terminal): Promise<number> {
  const { path, params, checkpoints } = options;
  const { program, bundle } = await loadJobFile(path, params);
  const job = options.jobId ?? program.graph.name;
  const graph = withBackend(program.graph, options.stateBackend);
  const fresh: JobRecord = { format: 1, job, graph, code: bundle.key, params };
  const located = options.origin === null ? null : locate(options.origin.savepoint, checkpoints);
  const record =
    located === null || options.origin === null ? fresh : await begun(fresh, options.origin, located, bundle);
  const progress = new RunProgress(terminal, job);
  const run = startEmbedded({
    record,
    code: bundledCode(bundle, engineModules),
    threads: options.inline ? null : { bundle, engine: engineUrl },
    slots: slotsFor(record, options.slots),
    ...options.stateOnDisk,
    checkpoints: checkpoints === null ? null : resolve(checkpoints),
    ...(located === null ? {} : { prepare: (blobs: BlobStore) => copySavepoint(located.blobs, blobs, located.name) }),
    client: clientLines((line) => terminal.out(line)),
    onTrace: (trace) => progress.onTrace(trace),
  });
  const interrupts = new Interrupts(terminal, () => run.cancel());
  try {
    const result = await run.result;
    terminal.status('');
    const sayFailure = (failure: Failure): void => terminal.say(failureText(failure, terminal.colors));
    return reportResult(result, { hadEnded: run.hadEnded, interrupts, again: runAgain, sayFailure }, terminal);
  } finally {
    await run.stop();
    interrupts.close();
  }
}

/** By its name where the job keeps its checkpoints, or by the path of its folder, from where it is copied. */
function locate(nameOrPath: string, checkpoints: string | null): LocatedSavepoint {
  if (isSavepointPath(nameOrPath)) return savepointAt(nameOrPath);
  if (checkpoints !== null) return savepointAt(join(checkpoints, 'savepoints', nameOrPath));
  throw new UsageError(
    `There is no folder in which to look for savepoint '${nameOrPath}'.`,
    'Give the path of its folder, or with --checkpoints the folder that holds it.',
  );
}

/** Checks all of the savepoint before anything is run. */
async function begun(
  record: JobRecord,
  { allowDroppedState }: WantedOrigin,
  { name, blobs }: LocatedSavepoint,
  bundle: Bundle,
): Promise<JobRecord> {
  const manifest = await loadSavepoint(blobs, name);
  await verifySavepoint(blobs, manifest);
  const origin = { savepoint: name, allowDroppedState };
  return beginWith(record, origin, { before: keyGroupsBefore(manifest), bundle, engine: engineModules });
}

function slotsFor({ graph }: JobRecord, given: number | null): number {
  const slots = slotsNeeded(graph);
  if (given === null || given >= slots) return given ?? slots;
  throw new UsageError(
    `Job '${graph.name}' has ${widthText(graph)}, and so needs ${slots} slots; --slots gives it ${given}.`,
    `Leave --slots out, or lower the parallelism.`,
  );
}

function widthText(graph: JobGraph): string {
  const groups = slotSharingGroupsOf(graph);
  if (groups.length === 1) return `parallelism ${slotsNeeded(graph)}`;
  return `slot sharing groups of ${groups.map(({ name, slots }) => `${slots} (${name})`).join(' and ')} slots`;
}

const runAgain = 'To run it again from the beginning, give another --job-id or another folder.';
