import type { JobRecord } from '../../actors/protocol/job-graph.js';
import type { SavepointName } from '../../actors/protocol/savepoint.js';
import { buildJob } from '../api/job-definition.js';
import type { Bundle } from '../runtime/code/bundle.js';
import type { EngineModules } from '../runtime/code/engine-modules.js';
import { loadJob } from '../runtime/code/load.js';

/** With which savepoint a job is to begin, as it is asked for. */
export interface WantedOrigin {
  readonly savepoint: SavepointName;
  readonly allowDroppedState: boolean;
}

/**
 * The job as it begins with the savepoint: operators that do not say how many key groups they have keep the number that they had. `before` is that
 * number by uid. Rejects with an EngineError when the job cannot be built so.
 */
export async function beginWith(
  record: JobRecord,
  { savepoint, allowDroppedState }: WantedOrigin,
  {
    before,
    bundle,
    engine,
  }: { readonly before: Readonly<Record<string, number>>; readonly bundle: Bundle; readonly engine: EngineModules },
): Promise<JobRecord> {
  const { graph } = buildJob(await loadJob(bundle, engine), record.params, before).program;
  // The options may have been chosen for this submission, and not in the code.
  const chosen = { ...graph, options: record.graph.options };
  return { ...record, graph: chosen, from: { savepoint, allowDroppedState, maxParallelism: before } };
}
