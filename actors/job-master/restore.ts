import type { RestorePlan } from '../protocol/deployment.js';
import { freshStart } from '../protocol/deployment.js';
import type { SubtaskKey, VertexId } from '../protocol/ids.js';
import { sameCheckpoint, subtaskKey } from '../protocol/ids.js';
import type { JobGraph, JobVertex } from '../protocol/job-graph.js';
import {
  type CheckpointManifest,
  type OperatorSnapshot,
  rangesOf,
  type SubtaskSnapshot,
} from '../protocol/manifest.js';
import { originId } from '../protocol/savepoint.js';

/** What every subtask of the graph loads to go on from `latest`; without one, all start fresh. */
export function restorePlans(
  graph: JobGraph,
  latest: CheckpointManifest | null,
): Readonly<Record<SubtaskKey, RestorePlan>> {
  const plans: Record<SubtaskKey, RestorePlan> = {};
  const checkpoint = latest === null ? null : indexed(latest);
  const over = checkpoint === null ? new Set<VertexId>() : verticesOver(graph, checkpoint);
  const same = checkpoint === null || isOrigin(latest) ? new Set<VertexId>() : verticesUnchanged(graph, checkpoint);
  for (const vertex of graph.vertices) {
    const isFinished = (key: SubtaskKey): boolean =>
      checkpoint !== null && (over.has(vertex.id) || (same.has(vertex.id) && isOver(checkpoint, key)));
    for (const [index, key] of subtasksOf(vertex).entries()) {
      plans[key] = checkpoint === null ? freshStart : planOf(vertex, index, checkpoint, isFinished);
    }
  }
  return plans;
}

/** The subtasks that have nothing more to do than to commit. */
export function finishedSubtasks(graph: JobGraph, latest: CheckpointManifest | null): readonly SubtaskKey[] {
  return Object.entries(restorePlans(graph, latest))
    .filter(([, plan]) => plan.finished)
    .map(([key]) => key);
}

/** It is the savepoint that the job began with, and none of its own checkpoints. */
export const isOrigin = (latest: CheckpointManifest | null): boolean => sameCheckpoint(latest?.id ?? null, originId);

/** An operator that has state in the checkpoint and no place in the graph: its state would silently be lost. */
export function unmatchedUid(graph: JobGraph, latest: CheckpointManifest | null): string | null {
  if (latest === null) return null;
  const uids = new Set(graph.vertices.flatMap((vertex) => vertex.operators.map((operator) => operator.uid)));
  const operators = latest.subtasks.flatMap((subtask) => subtask.operators).filter(hasState);
  const enumerators = latest.enumerators.filter((enumerator) => enumerator.unassigned.length > 0);
  return [...operators, ...enumerators].find(({ uid }) => !uids.has(uid))?.uid ?? null;
}

/** Every blob that a checkpoint refers to. */
export function blobNames(latest: CheckpointManifest | null): readonly string[] {
  const names = new Set<string>();
  for (const { operators } of latest?.subtasks ?? []) {
    for (const operator of operators) for (const { blob } of rangesOf(operator)) names.add(blob.name);
  }
  return [...names];
}

export const subtasksOf = ({ id, parallelism }: JobVertex): readonly SubtaskKey[] =>
  Array.from({ length: parallelism }, (_, index) => subtaskKey(id, index));

const hasState = ({ keyGroups, operatorState }: OperatorSnapshot): boolean =>
  keyGroups.length > 0 || operatorState !== null;

interface OldSnapshot {
  readonly vertex: VertexId;
  readonly index: number;
  readonly snapshot: OperatorSnapshot;
}

/** A checkpoint as the plans look things up in it. */
interface IndexedCheckpoint {
  readonly manifest: CheckpointManifest;
  readonly subtasks: ReadonlyMap<SubtaskKey, SubtaskSnapshot>;
  readonly finished: ReadonlySet<SubtaskKey>;
  readonly byUid: ReadonlyMap<string, readonly OldSnapshot[]>;
  /** How many subtasks each vertex had, finished ones included. */
  readonly parallelism: ReadonlyMap<VertexId, number>;
}

function indexed(manifest: CheckpointManifest): IndexedCheckpoint {
  const byUid = new Map<string, OldSnapshot[]>();
  for (const { subtask, operators } of manifest.subtasks) {
    const place = placeOf(subtask);
    for (const snapshot of operators) {
      const snapshots = byUid.get(snapshot.uid) ?? [];
      snapshots.push({ ...place, snapshot });
      byUid.set(snapshot.uid, snapshots);
    }
  }
  const parallelism = new Map<VertexId, number>();
  for (const key of [...manifest.finished, ...manifest.subtasks.map(({ subtask }) => subtask)]) {
    const { vertex } = placeOf(key);
    parallelism.set(vertex, (parallelism.get(vertex) ?? 0) + 1);
  }
  const subtasks = new Map(manifest.subtasks.map((subtask) => [subtask.subtask, subtask]));
  return { manifest, subtasks, finished: new Set(manifest.finished), byUid, parallelism };
}

function planOf(
  vertex: JobVertex,
  index: number,
  checkpoint: IndexedCheckpoint,
  isFinished: (key: SubtaskKey) => boolean,
): RestorePlan {
  const key = subtaskKey(vertex.id, index);
  const operators = vertex.operators.flatMap(({ uid }) =>
    shares(checkpoint.byUid.get(uid) ?? [], vertex, index, checkpoint.parallelism).filter(hasState),
  );
  const { id, stops } = checkpoint.manifest;
  // The job ends with this one: each of its subtasks has only to commit.
  return { from: id, operators, finished: stops !== undefined || isFinished(key) };
}

/**
 * At another parallelism no subtask is one of before, so none of them can be the one that had finished. Nor can one further down, which had finished because
 * those that sent to it had: others send to it now, and may have something to send.
 */
function verticesUnchanged({ vertices, edges }: JobGraph, checkpoint: IndexedCheckpoint): ReadonlySet<VertexId> {
  const unchanged = new Set<VertexId>();
  for (const { id, parallelism } of vertices) {
    const isFed = edges.every(({ from, to }) => to !== id || unchanged.has(from));
    if (isFed && checkpoint.parallelism.get(id) === parallelism) unchanged.add(id);
  }
  return unchanged;
}

/**
 * Over whatever edges, and at whatever parallelism: a vertex is over whose subtasks all were, and which nothing can come to. A job that begins with a
 * savepoint may have other edges, over which input comes again to a subtask that had none left.
 */
function verticesOver({ vertices, edges }: JobGraph, checkpoint: IndexedCheckpoint): ReadonlySet<VertexId> {
  const over = new Set<VertexId>();
  for (const { id } of vertices) {
    const before = checkpoint.parallelism.get(id) ?? 0;
    const keys = Array.from({ length: before }, (_, index) => subtaskKey(id, index));
    const isCut = edges.every(({ from, to }) => to !== id || over.has(from));
    if (isCut && before > 0 && keys.every((key) => isOver(checkpoint, key))) over.add(id);
  }
  return over;
}

const isOver = ({ finished, subtasks }: IndexedCheckpoint, key: SubtaskKey): boolean =>
  finished.has(key) || subtasks.get(key)?.drained === true;

function shares(
  olds: readonly OldSnapshot[],
  vertex: JobVertex,
  index: number,
  parallelism: IndexedCheckpoint['parallelism'],
): readonly OperatorSnapshot[] {
  // All copies say the same; it is one's own as long as there is one, and goes round among more subtasks than before.
  const copies = olds.filter(({ snapshot }) => isCopy(snapshot));
  const copy = copies.find((old) => old.index === index) ?? copies[index % copies.length];
  return olds.map((old) => {
    const own = share(old, vertex, index, parallelism.get(old.vertex) ?? 0);
    return isCopy(old.snapshot) ? { ...own, operatorState: old === copy ? old.snapshot.operatorState : null } : own;
  });
}

const isCopy = ({ operatorState, serializers }: OperatorSnapshot): boolean =>
  operatorState !== null && serializers.some(({ kind }) => kind === 'operatorCopy');

/**
 * What the `index`-th subtask of `vertex` owns of an old snapshot: its key groups, and operator state as a whole, unless that says that it is
 * for everyone.
 */
function share({ index: oldIndex, snapshot }: OldSnapshot, vertex: JobVertex, index: number, oldParallelism: number) {
  const { parallelism, maxParallelism } = vertex;
  const isUnchanged = oldParallelism === parallelism;
  const isForAll = snapshot.serializers.some(
    ({ kind }) => kind === 'operatorUnion' || (kind === 'operatorSplit' && !isUnchanged),
  );
  const owner = isUnchanged ? oldIndex : oldIndex % parallelism;
  return {
    ...snapshot,
    keyGroups: snapshot.keyGroups.filter(
      ({ keyGroup }) => Math.floor((keyGroup * parallelism) / maxParallelism) === index,
    ),
    operatorState: isForAll || owner === index ? snapshot.operatorState : null,
  };
}

function placeOf(key: SubtaskKey): { readonly vertex: VertexId; readonly index: number } {
  const at = key.lastIndexOf('#');
  return { vertex: key.slice(0, at), index: Number(key.slice(at + 1)) };
}
