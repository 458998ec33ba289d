import type { Decision } from '../kernel/actor.js';
import { failure } from '../kernel/failure.js';
import type { Delivered } from '../kernel/message.js';
import type { VertexId } from '../protocol/ids.js';
import { subtaskKey } from '../protocol/ids.js';
import type { CheckpointManifest, OperatorSnapshot, SubtaskSnapshot } from '../protocol/manifest.js';
import { cellAt, valuesOf } from './cells.js';
import { isLastSnapshot, noteSnapshot } from './collecting.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { markOf } from './savepoints.js';

type Context = CheckpointCoordinatorContext;
type Snapshotted = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'subtask.snapshotted' }>>;

/**
 * The parts that subtasks which have finished go on having, in the order of the graph: their list states, which belong to all subtasks of their operator, as they
 * were in the last snapshot. Without them the others would be restored without these entries (race 15). Given up with the last subtask of the
 * vertex, because nobody is left to ask for them.
 */
function carriedParts(context: Context): readonly SubtaskSnapshot[] {
  const { plan, latest } = context;
  if (context.unfinished === plan.members.length) return [];
  const going = new Set(
    plan.members
      .filter(({ index }) => {
        const snapshot = cellAt(context.snapshots, index);
        return snapshot !== null && snapshot !== undefined && !snapshot.drained;
      })
      .map(({ vertex }) => vertex),
  );
  const before = new Map(latest?.subtasks.map((snapshot) => [snapshot.subtask, snapshot]));
  return plan.members.flatMap(({ index, key, vertex }) => {
    const part = before.get(key);
    if (cellAt(context.phases, index) !== 'exempt' || !going.has(vertex) || part?.drained !== true) return [];
    const now = plan.graph.vertices.find(({ id }) => id === vertex);
    // At another parallelism it is another subtask of the same name, and what this one had was dealt out.
    if (now === undefined || !hadParallelism(latest, vertex, now.parallelism)) return [];
    const uids = now.operators.map(({ uid }) => uid);
    const operators = part.operators.filter((operator) => uids.includes(operator.uid)).flatMap(listOf);
    return operators.length === 0 ? [] : [{ subtask: key, operators, drained: true }];
  });
}

/** Whether its subtasks were those of now. */
function hadParallelism(latest: CheckpointManifest | null, vertex: VertexId, parallelism: number): boolean {
  const keys = new Set([...(latest?.finished ?? []), ...(latest?.subtasks ?? []).map(({ subtask }) => subtask)]);
  return keys.has(subtaskKey(vertex, parallelism - 1)) && !keys.has(subtaskKey(vertex, parallelism));
}

const listOf = (operator: OperatorSnapshot): readonly OperatorSnapshot[] => {
  const serializers = operator.serializers.filter(({ kind }) => kind === 'operatorSplit' || kind === 'operatorUnion');
  return operator.operatorState === null || serializers.length === 0
    ? []
    : [{ ...operator, serializers, keyGroups: [] }];
};

/** It is a savepoint, whose files are its own, and what finished subtasks have left lies in those of checkpoints. */
export const leavesOut = (context: Context, message: Snapshotted): boolean =>
  markOf(context) !== null &&
  isLastSnapshot(context, message) &&
  carriedParts({ ...context, ...noteSnapshot(context, message).context }).length > 0;

/** Said loudly: a job that begins with a savepoint without these entries would miss them in silence. */
export function noteLeftOut(context: Context): Decision<Context> {
  const whose = carriedParts(context).map(({ subtask }) => subtask);
  const text =
    `a savepoint cannot hold the list state of subtasks that have finished while others of their vertex run: ${whose.join(', ')}. ` +
    'Begin with a checkpoint of the job after its end, or end its input (drain).';
  return { context: { cause: failure('SAVEPOINT_PARTLY_FINISHED', 'user', text) } };
}

/** All parts of the current checkpoint in the order of the graph, whatever order they arrived in. */
export function partsOf(context: Context): readonly SubtaskSnapshot[] {
  const carried = new Map(carriedParts(context).map((part) => [part.subtask, part]));
  const own = valuesOf(context.snapshots);
  return context.plan.members.flatMap(({ index, key }) => own[index] ?? carried.get(key) ?? []);
}
