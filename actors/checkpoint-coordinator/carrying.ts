import type { Decision } from '../kernel/actor.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { AnyMessage, Delivered, RecordEvent } from '../kernel/message.js';
import type { VertexId } from '../protocol/ids.js';
import { checkpointText, subtaskKey } from '../protocol/ids.js';
import {
  type BlobHandle,
  type CheckpointManifest,
  type OperatorSnapshot,
  rangesOf,
  type StateRange,
  type SubtaskSnapshot,
} from '../protocol/manifest.js';
import { savepointBlob, stateBlob } from '../protocol/savepoint.js';
import { cellAt, valuesOf } from './cells.js';
import { isLastSnapshot, noteSnapshot } from './collecting.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { markOf } from './savepoints.js';

type Context = CheckpointCoordinatorContext;
type Answered = Delivered<RecordEvent>;
type Snapshotted = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'subtask.snapshotted' }>>;

/**
 * The parts that subtasks which have finished go on having, in the order of the graph: their list states, which belong to all subtasks of their operator, as they
 * were in the last snapshot. Without them the others would be restored without these entries (race 15). Given up with the last subtask of the
 * vertex, because nobody is left to ask for them.
 */
function carriedParts(context: Context): readonly SubtaskSnapshot[] {
  const { plan } = context;
  const latest = context.latest ?? plan.origin;
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

/**
 * What finished subtasks have left lies in files of a checkpoint, and this is a savepoint; or it lies in those of the savepoint that the job began with, and this is
 * the first checkpoint.
 */
export const hasToCopy = (context: Context, message: Snapshotted): boolean =>
  (markOf(context) !== null || context.latest === null) &&
  isLastSnapshot(context, message) &&
  carriedParts({ ...context, ...noteSnapshot(context, message).context }).length > 0;

/** The blobs that finished subtasks have left, and what their copies are called; none where they stay what they are. */
function copiesOf(context: Context): readonly { readonly from: BlobHandle; readonly to: string }[] {
  const mark = markOf(context);
  const { newest: checkpoint, plan, latest } = context;
  if (mark === null && latest !== null) return [];
  return carriedParts(context).flatMap(({ subtask, operators }) => {
    const own = { run: plan.run, checkpoint, subtask };
    const place = mark === null ? stateBlob(plan.job, own) : savepointBlob(mark.name, own);
    const blobs = new Map(operators.flatMap(rangesOf).map(({ blob }) => [blob.name, blob]));
    return [...blobs.values()].map((from, index) => ({ from, to: `${place}-left-${index}` }));
  });
}

const copyRequest = ({ newest }: Context): string => `copy/${checkpointText(newest)}`;

export function copyCarried(context: Context): Decision<Context> {
  return { effects: [{ kind: 'blobs.copy', copies: copiesOf(context), request: copyRequest(context) }] };
}

export const isCopy = (context: Context, { request }: Answered): boolean => request === copyRequest(context);

/** Of a job that goes on: at once the checkpoint that covers it. */
export const coversCopy = (context: Context, message: Answered): boolean =>
  isCopy(context, message) && context.savepoint?.step === 'taking';

/** No other try uses these names. */
export const dropCopies = (context: Context): Decision<Context> => ({
  effects: [{ kind: 'blobs.delete', job: context.plan.job, names: copiesOf(context).map(({ to }) => to) }],
});

export function noteNotCopied(context: Context, message: AnyMessage): Decision<Context> {
  const why = 'failure' in message ? `: ${(message.failure as Failure).message}` : ', or has not in time';
  const into = markOf(context)?.name ?? null;
  const where = into === null ? 'out of the savepoint that the job began with' : `into savepoint '${into}'`;
  const text = `the store has not copied what finished subtasks have left ${where}${why}`;
  return { context: { cause: failure('STATE_NOT_COPIED', 'infrastructure', text) } };
}

/** All parts of the current checkpoint in the order of the graph, whatever order they arrived in. */
export function partsOf(context: Context): readonly SubtaskSnapshot[] {
  const names = new Map(copiesOf(context).map(({ from, to }) => [from.name, to]));
  const carried = new Map(carriedParts(context).map((part) => [part.subtask, inOwnFiles(part, names)]));
  const own = valuesOf(context.snapshots);
  return context.plan.members.flatMap(({ index, key }) => own[index] ?? carried.get(key) ?? []);
}

const inOwnFiles = (part: SubtaskSnapshot, names: ReadonlyMap<string, string>): SubtaskSnapshot => ({
  ...part,
  operators: part.operators.map((operator) => ({
    ...operator,
    operatorState: operator.operatorState === null ? null : inOwnFile(operator.operatorState, names),
  })),
});

const inOwnFile = ({ blob, ...place }: StateRange, names: ReadonlyMap<string, string>): StateRange => ({
  ...place,
  blob: { ...blob, name: names.get(blob.name) ?? blob.name },
});
