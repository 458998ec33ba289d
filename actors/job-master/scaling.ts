import { type Failure, failure } from '../kernel/failure.js';
import type { VertexId } from '../protocol/ids.js';
import type { JobGraph, JobVertex } from '../protocol/job-graph.js';
import type { Parallelism, ReactiveOptions, RescaleWish, ScaleChange } from '../protocol/scaling.js';
import { atParallelism, parallelismOf } from '../protocol/scaling.js';
import { slotsNeeded } from '../protocol/slot-sharing.js';

export type ScaleDecision =
  /** The whole of what is to run, and what of it is new; nothing, where the job runs so already. */
  | { readonly kind: 'scale'; readonly parallelism: Parallelism; readonly changes: readonly ScaleChange[] }
  | { readonly kind: 'refuse'; readonly failure: Failure };

/** What a wish means for the graph as it runs. Vertices that a forward edge joins keep one parallelism: each subtask sends to its like. */
export function decideScale(graph: JobGraph, wish: RescaleWish): ScaleDecision {
  const groups = forwardGroups(graph);
  const wanted: Record<VertexId, number> = {};
  const named = new Set<VertexId>();
  if (wish.all !== null) {
    for (const { id } of graph.vertices) {
      // What runs as one subtask, whatever there is of the others, stays as it is.
      if (limitOf(groups.get(id) ?? []) > 1) wanted[id] = wish.all;
      named.add(id);
    }
  }
  for (const { vertex: name, parallelism } of wish.targets) {
    const found = verticesNamed(graph, name);
    const [vertex] = found;
    if (vertex === undefined || found.length > 1) return refuse(unclear(graph, name, found));
    for (const { id } of groups.get(vertex.id) ?? []) {
      const other = wish.targets.find(
        (target) => isNamed(graph, id, target.vertex) && target.parallelism !== parallelism,
      );
      if (other !== undefined) return refuse(torn(name, other.vertex));
      wanted[id] = parallelism;
    }
    named.add(vertex.id);
  }
  for (const vertex of graph.vertices) {
    const parallelism = wanted[vertex.id];
    if (parallelism === undefined || parallelism === vertex.parallelism) continue;
    const why = outOfRange(vertex, parallelism);
    if (why !== null) return refuse(why);
  }
  const changes = graph.vertices.flatMap(({ id, name, parallelism: from }): readonly ScaleChange[] => {
    const to = wanted[id] ?? from;
    return to === from ? [] : [{ vertex: id, name, from, to, joined: !named.has(id) }];
  });
  return { kind: 'scale', parallelism: { ...parallelismOf(graph), ...wanted }, changes };
}

/** What a reactive job runs at with so many slots: all vertices alike, as wide as the slots allow, and none wider than its key groups and the options do. */
export function reactiveParallelism(graph: JobGraph, slots: number, { parallelismMax }: ReactiveOptions): Parallelism {
  const groups = forwardGroups(graph);
  const limits = graph.vertices.map(({ id }) => {
    const limit = Math.min(limitOf(groups.get(id) ?? []), parallelismMax ?? Number.POSITIVE_INFINITY);
    return [id, limit] as const;
  });
  const atWidth = (width: number): Parallelism =>
    Object.fromEntries(limits.map(([id, limit]) => [id, Math.max(1, Math.min(width, limit))]));
  const widest = Math.min(slots, Math.max(1, ...limits.map(([, limit]) => limit)));
  let width = 1;
  while (width < widest && slotsNeeded(atParallelism(graph, atWidth(width + 1))) <= slots) width += 1;
  return atWidth(width);
}

const limitOf = (group: readonly JobVertex[]): number => Math.min(...group.map(({ maxParallelism }) => maxParallelism));

/** By vertex, itself and all that forward edges join it to. */
export function forwardGroups({ vertices, edges }: JobGraph): ReadonlyMap<VertexId, readonly JobVertex[]> {
  const groups = new Map<VertexId, readonly JobVertex[]>(vertices.map((vertex) => [vertex.id, [vertex]]));
  for (const { from, to, partitioner } of edges) {
    const [one, other] = [groups.get(from) ?? [], groups.get(to) ?? []];
    if (partitioner !== 'forward' || one === other) continue;
    const joined = [...one, ...other];
    for (const { id } of joined) groups.set(id, joined);
  }
  return groups;
}

/** An id or a uid names one; a name may be of several. */
function verticesNamed({ vertices }: JobGraph, name: string): readonly JobVertex[] {
  const exact = vertices.filter(({ id, operators }) => id === name || operators.some(({ uid }) => uid === name));
  if (exact.length > 0) return exact;
  return vertices.filter(
    (vertex) => vertex.name === name || vertex.operators.some((operator) => operator.name === name),
  );
}

const isNamed = (graph: JobGraph, id: VertexId, name: string): boolean =>
  verticesNamed(graph, name).some((vertex) => vertex.id === id);

function outOfRange({ name, maxParallelism }: JobVertex, parallelism: number): Failure | null {
  if (Number.isSafeInteger(parallelism) && parallelism >= 1 && parallelism <= maxParallelism) return null;
  const text =
    maxParallelism === 1
      ? `'${name}' runs as one subtask: its operator sees all records, or was given a max parallelism of 1.`
      : `'${name}' cannot have parallelism ${parallelism}: give it 1 to ${maxParallelism}, the number of its key groups.`;
  return failure('PARALLELISM_INVALID', 'user', text, 'never');
}

function unclear({ vertices }: JobGraph, name: string, found: readonly JobVertex[]): Failure {
  const uids = (found.length > 0 ? found : vertices).map(({ operators, id }) => operators[0]?.uid ?? id).join(', ');
  const text =
    found.length > 0
      ? `Several operators are called '${name}'. Say which one by its uid: ${uids}.`
      : `No operator has the uid or the name '${name}'. There are ${uids}.`;
  return failure('VERTEX_UNKNOWN', 'user', text, 'never');
}

const torn = (one: string, other: string): Failure =>
  failure(
    'PARALLELISM_INVALID',
    'user',
    `'${one}' and '${other}' are joined by a forward edge and have one parallelism. Give both the same.`,
    'never',
  );

const refuse = (why: Failure): ScaleDecision => ({ kind: 'refuse', failure: why });
