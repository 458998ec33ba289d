import { subtaskKey, type VertexId } from '../protocol/ids.js';
import {
  type BlobHandle,
  type CheckpointManifest,
  type OperatorSnapshot,
  type StateRange,
  type SubtaskSnapshot,
  stateBlob,
} from '../protocol/manifest.js';
import { savepointBlob, savepointFolder } from '../protocol/savepoint.js';
import { cellAt, valuesOf } from './cells.js';
import type { CheckpointCoordinatorContext } from './context.js';
import { markOf } from './savepoints.js';

type Context = CheckpointCoordinatorContext;

/**
 * The parts that subtasks which have finished go on having, in the order of the graph: their list states, which belong to all subtasks of their operator, as they
 * were in the last snapshot. Without them the others would be restored without these entries (race 15). Given up with the last subtask of the
 * vertex, because nobody is left to ask for them.
 */
function carriedParts(context: Context): readonly SubtaskSnapshot[] {
  const { plan } = context;
  if (context.unfinished === plan.members.length) return [];
  // Before the first checkpoint of a job that began with a savepoint they stand there.
  const latest = context.latest ?? plan.origin;
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

/** All parts of the current checkpoint in the order of the graph, whatever order they arrived in. */
export function partsOf(context: Context): readonly SubtaskSnapshot[] {
  const carried = new Map(carriedParts(context).map((part) => [part.subtask, atHome(context, part)]));
  const own = valuesOf(context.snapshots);
  return context.plan.members.flatMap(({ index, key }) => own[index] ?? carried.get(key) ?? []);
}

/** One blob, and the name of its copy. */
export interface CarriedBlob {
  readonly from: BlobHandle;
  readonly to: string;
}

/**
 * What finished subtasks have left and lies with somebody else: a savepoint has all its files in its own folder, and a checkpoint refers to none of a savepoint, which belongs to people. The
 * names of the copies are of this checkpoint, and so used once.
 */
export const carriedFromElsewhere = (context: Context): readonly CarriedBlob[] =>
  carriedParts(context).flatMap((part) => elsewhere(context, part));

function elsewhere(context: Context, { subtask, operators }: SubtaskSnapshot): readonly CarriedBlob[] {
  const { job, run } = context.plan;
  const mark = markOf(context);
  const home = mark === null ? `jobs/${job}/` : savepointFolder(mark.name);
  const of = { run, checkpoint: context.newest, subtask };
  const name = mark === null ? stateBlob(job, of) : savepointBlob(mark.name, of);
  const blobs = operators.flatMap(({ operatorState }) => (operatorState === null ? [] : [operatorState.blob]));
  const strange = new Map(blobs.filter((blob) => !blob.name.startsWith(home)).map((blob) => [blob.name, blob]));
  return [...strange.values()].map((from, index) => ({ from, to: index === 0 ? name : `${name}.${index}` }));
}

function atHome(context: Context, part: SubtaskSnapshot): SubtaskSnapshot {
  const names = new Map(elsewhere(context, part).map(({ from, to }) => [from.name, to]));
  if (names.size === 0) return part;
  const moved = (range: StateRange): StateRange => {
    const name = names.get(range.blob.name) ?? range.blob.name;
    return { ...range, blob: { ...range.blob, name } };
  };
  const operators = part.operators.map((operator) => ({
    ...operator,
    operatorState: operator.operatorState === null ? null : moved(operator.operatorState),
  }));
  return { ...part, operators };
}
