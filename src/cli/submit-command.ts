import type { JobRecord, StateBackendName } from '../../actors/protocol/job-graph.js';
import type { ReactiveOptions } from '../../actors/protocol/scaling.js';
import { EngineError } from '../api/engine-error.js';
import { engineModules } from '../engine-modules.js';
import { programOf } from '../runtime/code/code-stores.js';
import { loadJob } from '../runtime/code/load.js';
import { beginWith, type WantedOrigin } from '../savepoint/index.js';
import type { ClusterTarget } from './cluster-options.js';
import { exitCode } from './exit-code.js';
import { loadJobFile } from './load-job-file.js';
import { withBackend } from './state-options.js';
import type { Terminal } from './terminal.js';
import { withCluster } from './with-cluster.js';

export interface SubmitOptions {
  readonly target: ClusterTarget;
  readonly path: string;
  readonly params: readonly string[];
  /** null: the job's name. */
  readonly jobId: string | null;
  /** null: as the job says. */
  readonly stateBackend: StateBackendName | null;
  /** null: it begins anew. */
  readonly origin: WantedOrigin | null;
  /** null: it has the parallelism that it was written with. */
  readonly reactive: ReactiveOptions | null;
}

/** Gives a job to a cluster, and prints its id when the cluster has it durably. */
export async function submitCommand(options: SubmitOptions, terminal: Terminal): Promise<number> {
  const { target, path, params, origin, reactive } = options;
  const { program, bundle } = await loadJobFile(path, params);
  const job = options.jobId ?? program.graph.name;
  const graph = withBackend(program.graph, options.stateBackend);
  const following = reactive === null ? {} : { reactive };
  const record: JobRecord = { format: 1, job, graph, code: bundle.key, params, ...following };
  // A job that comes out otherwise each time would fail in every slot; here whoever wrote it reads it at once.
  const again = programOf(await loadJob(bundle, engineModules), record);
  if (!again.ok) throw new EngineError(again.failure);
  await withCluster(target, terminal, async (client) => {
    if (origin === null) return client.submit(record, bundle);
    const { keyGroups: before } = await client.describeSavepoint(origin.savepoint);
    await client.submit(await beginWith(record, origin, { before, bundle, engine: engineModules }), bundle);
  });
  terminal.out(job);
  return exitCode.done;
}
