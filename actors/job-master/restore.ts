import { peersOf } from '../protocol/channels.js';
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

/** What every subtask of the graph loads to go on from `latest`; without one, all start fresh. `dropsState`: what no operator takes may be left behind. */
export function restorePlans(
  graph: JobGraph,
  latest: CheckpointManifest | null,
  dropsState = false,
): Readonly<Record<SubtaskKey, RestorePlan>> {
  const plans: Record<SubtaskKey, RestorePlan> = {};
  const checkpoint = latest === null ? null : indexed(latest);
  const over = checkpoint === null ? new Set<SubtaskKey>() : subtasksOver(graph, checkpoint);
  for (const vertex of graph.vertices) {
    for (const [index, key] of subtasksOf(vertex).entries()) {
      if (checkpoint === null) plans[key] = freshStart;
      else plans[key] = { ...planOf(vertex, index, checkpoint, over.has(key)), ...(dropsState ? { dropsState } : {}) };
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
  const subtasks = new Map(manifest.subtasks.map((subtask) => [subtask.subtask, subtask]));
  return { manifest, subtasks, finished: new Set(manifest.finished), byUid, parallelism: parallelismOf(manifest) };
}

/** How many subtasks each vertex had, finished ones included. */
export function parallelismOf(manifest: CheckpointManifest): ReadonlyMap<VertexId, number> {
  const parallelism = new Map<VertexId, number>();
  for (const key of [...manifest.finished, ...manifest.subtasks.map(({ subtask }) => subtask)]) {
    const { vertex } = placeOf(key);
    parallelism.set(vertex, (parallelism.get(vertex) ?? 0) + 1);
  }
  return parallelism;
}

function planOf(vertex: JobVertex, index: number, checkpoint: IndexedCheckpoint, isFinished: boolean): RestorePlan {
  const operators = vertex.operators.flatMap(({ uid }) =>
    shares(checkpoint.byUid.get(uid) ?? [], vertex, index, checkpoint.parallelism).filter(hasState),
  );
  const { id, stops } = checkpoint.manifest;
  // The job ends with this one: each of its subtasks has only to commit.
  return { from: id, operators, finished: stops !== undefined || isFinished };
}

/**
 * Over whatever edges, and at whatever parallelism: one is over that was, or whose whole vertex was, and which nothing can come to. At another parallelism no subtask is
 * one of before. A job that begins with a savepoint, or was rescaled, may have other edges, over which input comes again to a subtask that had none left. One that is over must not
 * run again: it would finish twice.
 */
function subtasksOver({ vertices, edges }: JobGraph, checkpoint: IndexedCheckpoint): ReadonlySet<SubtaskKey> {
  const over = new Set<SubtaskKey>();
  const whole = new Set<VertexId>();
  const parallelism = new Map(vertices.map((vertex) => [vertex.id, vertex.parallelism]));
  for (const { id, parallelism: own } of vertices) {
    const inbound = edges.filter(({ to }) => to === id);
    const before = checkpoint.parallelism.get(id) ?? 0;
    const wasOver = Array.from({ length: before }, (_, index) => isOver(checkpoint, subtaskKey(id, index)));
    const allWere = before > 0 && wasOver.every((was) => was);
    const isCut = (index: number): boolean =>
      inbound.every(({ from, partitioner }) => {
        const others = parallelism.get(from) ?? 0;
        const { first, last } = peersOf(partitioner, index, own, others);
        if (first === 0 && last === others - 1) return whole.has(from);
        const peers = Array.from({ length: last - first + 1 }, (_, peer) => subtaskKey(from, first + peer));
        return peers.every((peer) => over.has(peer));
      });
    const indexes = Array.from({ length: own }, (_, index) => index);
    const ended = indexes.filter((index) => (allWere || (before === own && wasOver[index])) && isCut(index));
    for (const index of ended) over.add(subtaskKey(id, index));
    if (ended.length === own) whole.add(id);
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
    ({ kind }) => kind === 'operatorUnion' || ((kind === 'operatorSplit' || kind === 'operatorTime') && !isUnchanged),
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
