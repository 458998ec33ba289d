import { resolve } from 'node:path';
import type { Failure } from '../../actors/protocol/failure.js';
import type { JobRecord, StateBackendName } from '../../actors/protocol/job-graph.js';
import { engineModules, engineUrl } from '../engine-modules.js';
import { executionGraphOf } from '../graph/execution-graph.js';
import { bundledCode } from '../runtime/code/code-stores.js';
import { startEmbedded } from '../runtime/embedded.js';
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
}

/** Runs a job in this process until it ends, and says how: the value is the exit code. */
export async function runCommand(options: RunOptions, terminal: Terminal): Promise<number> {
  const { path, params, checkpoints } = options;
  const { program, bundle } = await loadJobFile(path, params);
  const job = options.jobId ?? program.graph.name;
  const graph = withBackend(program.graph, options.stateBackend);
  const record: JobRecord = { format: 1, job, graph, code: bundle.key, params };
  const progress = new RunProgress(terminal, job);
  const run = startEmbedded({
    record,
    code: bundledCode(bundle, engineModules),
    threads: options.inline ? null : { bundle, engine: engineUrl },
    slots: slotsFor(record, options.slots),
    ...options.stateOnDisk,
    checkpoints: checkpoints === null ? null : resolve(checkpoints),
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

function slotsFor({ graph }: JobRecord, given: number | null): number {
  const { slots } = executionGraphOf(graph);
  if (given === null || given >= slots) return given ?? slots;
  throw new UsageError(
    `Job '${graph.name}' has parallelism ${slots}, and so needs ${slots} slots; --slots gives it ${given}.`,
    `Leave --slots out, or lower the parallelism.`,
  );
}

const runAgain = 'To run it again from the beginning, give another --job-id or another folder.';
