import type { JobEdge, JobGraph, JobVertex, OperatorNode } from '../../actors/protocol/job-graph.js';

/**
 * Where two job graphs first differ, as the end of a sentence ("vertex 'counts': parallelism is 2, then 4"), or null when they are
 * equal. Looks at vertices and their operators in order, then at edges and options.
 */
export function firstDifference(a: JobGraph, b: JobGraph): string | null {
  return (
    fieldDifference('job', a, b, ['name']) ??
    listDifference('vertex', a.vertices, b.vertices, ({ id }) => id, vertexDifference) ??
    listDifference('edge', a.edges, b.edges, ({ id }) => id, edgeDifference) ??
    optionDifference(a, b) ??
    fieldDifference('job', a, b, ['alignments'])
  );
}

function vertexDifference(where: string, a: JobVertex, b: JobVertex): string | null {
  // Operators first: the id and the name of a vertex derive from theirs.
  return (
    listDifference(`${where}, operator`, a.operators, b.operators, ({ uid }) => uid, operatorDifference) ??
    fieldDifference(where, a, b, ['id', 'name', 'parallelism', 'maxParallelism', 'slotSharingGroup'])
  );
}

function operatorDifference(where: string, a: OperatorNode, b: OperatorNode): string | null {
  return fieldDifference(where, a, b, ['uid', 'name', 'kind', 'commits', 'stateful']);
}

function edgeDifference(where: string, a: JobEdge, b: JobEdge): string | null {
  return fieldDifference(where, a, b, ['id', 'from', 'to', 'partitioner', 'input', 'side', 'bufferTimeoutMs']);
}

function optionDifference(a: JobGraph, b: JobGraph): string | null {
  const fields = Object.keys({ ...a.options, ...b.options }) as (keyof JobGraph['options'])[];
  // Whoever submits a job may choose another state backend than its code does.
  const ofCode = fields.filter((field) => field !== 'stateBackend');
  return fieldDifference('options', a.options, b.options, ofCode);
}

function listDifference<T>(
  what: string,
  a: readonly T[],
  b: readonly T[],
  nameOf: (item: T) => string,
  itemDifference: (where: string, a: T, b: T) => string | null,
): string | null {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return `${what} '${nameOf(left)}' is missing in the second`;
    const difference = itemDifference(`${what} '${nameOf(left)}'`, left, right);
    if (difference !== null) return difference;
  }
  const extra = b[a.length];
  return extra === undefined ? null : `${what} '${nameOf(extra)}' is missing in the first`;
}

function fieldDifference<T>(where: string, a: T, b: T, fields: readonly (keyof T & string)[]): string | null {
  for (const field of fields) {
    const left = JSON.stringify(a[field]);
    const right = JSON.stringify(b[field]);
    if (left !== right) return `${where}: ${field} is ${left}, then ${right}`;
  }
  return null;
}
