import { type Failure, failure } from '../kernel/failure.js';
import type { JobId } from '../protocol/ids.js';
import type { JobGraph, JobRecord, OperatorNode } from '../protocol/job-graph.js';
import { endedText, keyGroupsBefore, type SavepointManifest } from '../protocol/savepoint.js';

/** Why the job cannot begin with this savepoint; null when it can. Nothing of it has been started. */
export function originProblem({ job, graph, from }: JobRecord, manifest: SavepointManifest): Failure | null {
  const ended = endedText(manifest);
  if (ended !== null) return failure('SAVEPOINT_DRAINED', 'user', ended, 'never');
  const dropped = from?.allowDroppedState === true ? null : droppedState(graph, manifest);
  if (dropped !== null) {
    const text =
      `Savepoint '${manifest.name}' holds state of operator '${dropped.uid}', and ${dropped.why(job)}. ` +
      'Give the operator its uid again, or leave that state behind with --allow-dropped-state.';
    return failure('STATE_UNMATCHED', 'user', text, 'never');
  }
  return otherGroups(graph, manifest);
}

interface DroppedState {
  readonly uid: string;
  readonly why: (job: JobId) => string;
}

/** State that nobody would take, as far as the graphs tell: no operator has its uid, or one that is of another kind. Whoever loads the code sees the rest. */
function droppedState(graph: JobGraph, { checkpoint, graph: before }: SavepointManifest): DroppedState | null {
  const [now, then] = [nodesOf(graph), nodesOf(before)];
  const operators = checkpoint.subtasks
    .flatMap((subtask) => subtask.operators)
    .filter(({ keyGroups, operatorState }) => keyGroups.length > 0 || operatorState !== null);
  const enumerators = checkpoint.enumerators.filter(({ unassigned }) => unassigned.length > 0);
  for (const { uid } of [...operators, ...enumerators]) {
    const [node, was] = [now.get(uid), then.get(uid)];
    if (node === undefined) return { uid, why: (job) => `no operator of job '${job}' has that uid` };
    if (was === undefined) continue;
    if ((was.kind === 'source') !== (node.kind === 'source'))
      return { uid, why: (job) => `that uid is ${kindText(node)} in job '${job}', and was ${kindText(was)}` };
    if (was.stateful && !node.stateful)
      return { uid, why: (job) => `the operator of that uid has no state in job '${job}'` };
  }
  return null;
}

const nodesOf = ({ vertices }: JobGraph): ReadonlyMap<string, OperatorNode> =>
  new Map(vertices.flatMap(({ operators }) => operators.map((node) => [node.uid, node] as const)));

const kindText = ({ kind }: OperatorNode): string => (kind === 'transform' ? 'an operator' : `a ${kind}`);

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
