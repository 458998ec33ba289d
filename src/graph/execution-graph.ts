import { peersOf } from '../../actors/protocol/channels.js';
import type { SubtaskKey, VertexId } from '../../actors/protocol/ids.js';
import { subtaskKey } from '../../actors/protocol/ids.js';
import type { JobGraph, JobVertex } from '../../actors/protocol/job-graph.js';
import { slotsNeeded } from '../../actors/protocol/slot-sharing.js';
import { type KeyGroupRange, rangeOf } from '../state/key-groups.js';

/** One parallel instance of a vertex. */
export interface ExecutionSubtask {
  readonly key: SubtaskKey;
  readonly vertex: VertexId;
  readonly index: number;
  /** The key groups it owns, inclusive; null unless its input is keyed. */
  readonly keyGroups: KeyGroupRange | null;
}

/** The connection of two subtasks along an edge. */
export interface ExecutionChannel {
  readonly edge: string;
  readonly from: SubtaskKey;
  readonly to: SubtaskKey;
}

/** A job graph spread over its parallelism: what really runs, and which of it is connected. */
export interface ExecutionGraph {
  readonly job: JobGraph;
  readonly subtasks: readonly ExecutionSubtask[];
  readonly channels: readonly ExecutionChannel[];
  /** Slots needed: one slot holds at most one subtask of each vertex of one slot sharing group. */
  readonly slots: number;
}

/** The execution graph of a job: subtasks are connected as `peersOf` says. */
export function executionGraphOf(job: JobGraph): ExecutionGraph {
  const parallelism = new Map(job.vertices.map((vertex) => [vertex.id, vertex.parallelism]));
  const keyed = new Set(job.edges.filter(({ partitioner }) => partitioner === 'hash').map(({ to }) => to));
  const subtasks = job.vertices.flatMap((vertex) => subtasksOf(vertex, keyed.has(vertex.id)));
  const channels: ExecutionChannel[] = [];
  for (const edge of job.edges) {
    for (const from of indexes(parallelism.get(edge.from))) {
      const [own = 0, others = 0] = [parallelism.get(edge.from), parallelism.get(edge.to)];
      const { first, last } = peersOf(edge.partitioner, from, own, others);
      for (let to = first; to <= last; to++) {
        channels.push({ edge: edge.id, from: subtaskKey(edge.from, from), to: subtaskKey(edge.to, to) });
      }
    }
  }
  return { job, subtasks, channels, slots: slotsNeeded(job) };
}

function subtasksOf({ id, parallelism, maxParallelism }: JobVertex, keyed: boolean): ExecutionSubtask[] {
  return indexes(parallelism).map((index) => ({
    key: subtaskKey(id, index),
    vertex: id,
    index,
    keyGroups: keyed ? rangeOf(index, parallelism, maxParallelism) : null,
  }));
}

function indexes(count = 0): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
