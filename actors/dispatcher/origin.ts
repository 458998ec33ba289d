import { type Failure, failure } from '../kernel/failure.js';
import type { JobGraph, JobRecord } from '../protocol/job-graph.js';
import { isDrained, isInputStopped, keyGroupsBefore, type SavepointManifest } from '../protocol/savepoint.js';

/** Why the job cannot begin with this savepoint; null when it can. Nothing of it has been started. */
export function originProblem({ job, graph, from }: JobRecord, manifest: SavepointManifest): Failure | null {
  const { name, checkpoint } = manifest;
  if (isDrained(checkpoint)) {
    const text =
      `Savepoint '${name}' was taken when all input was processed to its end, so nothing is left to go on with. ` +
      'Give the job without --from to begin anew. To have one that goes on, stop without --drain, before the input ends.';
    return failure('SAVEPOINT_DRAINED', 'user', text, 'never');
  }
  if (isInputStopped(checkpoint)) {
    const text =
      `'${name}' was taken while its job was being stopped: some of the input had ended before all of it was read, and nobody would read the rest. ` +
      'Take a savepoint from before, or stop a job with one: weir stop --savepoint.';
    return failure('SAVEPOINT_DRAINED', 'user', text, 'never');
  }
  const dropped = from?.allowDroppedState === true ? null : droppedUid(graph, manifest);
  if (dropped !== null) {
    const text =
      `Savepoint '${name}' holds state of operator '${dropped}', and no operator of job '${job}' has that uid. ` +
      'Give the operator its uid again, or leave that state behind with --allow-dropped-state.';
    return failure('STATE_UNMATCHED', 'user', text, 'never');
  }
  return otherGroups(graph, manifest);
}

function droppedUid(graph: JobGraph, { checkpoint }: SavepointManifest): string | null {
  const uids = new Set(graph.vertices.flatMap(({ operators }) => operators.map(({ uid }) => uid)));
  const operators = checkpoint.subtasks
    .flatMap((subtask) => subtask.operators)
    .filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null);
  const enumerators = checkpoint.enumerators.filter(({ unassigned }) => unassigned.length > 0);
  return [...operators, ...enumerators].find(({ uid }) => !uids.has(uid))?.uid ?? null;
}

/** Key groups are the unit in which state moves: with another number of them a key would look for its state in the wrong one. */
function otherGroups(graph: JobGraph, manifest: SavepointManifest): Failure | null {
  const before = keyGroupsBefore(manifest);
  for (const { operators, maxParallelism } of graph.vertices) {
    for (const { uid } of operators) {
      const had = before[uid];
      if (had === undefined || had === maxParallelism) continue;
      const text =
        `Operator '${uid}' has max parallelism ${maxParallelism}, and in savepoint '${manifest.name}' it had ${had}. ` +
        `State cannot be divided anew: set it to ${had}, or do not set it.`;
      return failure('MAX_PARALLELISM_DIFFERS', 'user', text, 'never');
    }
  }
  return null;
}
