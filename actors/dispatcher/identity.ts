import { type Failure, failure } from '../kernel/failure.js';
import type { JobRecord, JobVertex } from '../protocol/job-graph.js';
import { isJobRecord } from './kept.js';

const jobId = /^[a-z0-9][a-z0-9-_]{0,62}$/;

/** Why this is no job to keep; null when it is one. What a client sends is input, and must not end the leader. */
export function invalid(record: JobRecord): Failure | null {
  if (!isJobRecord(record)) {
    const text = 'What was submitted is no job of format 1. Use a client of the same version as the cluster.';
    return failure('JOB_FORMAT', 'user', text, 'never');
  }
  const { job, graph } = record;
  if (!jobId.test(job)) {
    const rule = 'lower-case letters, digits, - and _, at most 63, a letter or digit first';
    return failure('JOB_ID_INVALID', 'user', `'${job}' is no job id: ${rule}.`, 'never');
  }
  const odd = graph.vertices.find(
    ({ parallelism, maxParallelism }) => !(parallelism >= 1 && parallelism <= maxParallelism),
  );
  if (odd !== undefined) {
    const text = `Vertex '${odd.name}' has parallelism ${odd.parallelism}; it may be 1 to ${odd.maxParallelism}.`;
    return failure('PARALLELISM_INVALID', 'user', text, 'never');
  }
  if (!graph.vertices.some(({ operators }) => operators.some(({ kind }) => kind === 'source'))) {
    return failure('JOB_EMPTY', 'user', `Job '${job}' has no source, so it would read nothing. Add one.`, 'never');
  }
  return null;
}

/** How a submission differs from the job that is kept under its id, by its first differing node; null when it is the same. */
export function difference(kept: unknown, submitted: JobRecord): Failure | null {
  const what = isJobRecord(kept) ? firstDifference(kept, submitted) : 'what is kept there is no job record';
  if (what === null) return null;
  const text = `Job '${submitted.job}' exists and is another: ${what}. Submit the new one under another id.`;
  return failure('JOB_EXISTS', 'user', text, 'never');
}

function firstDifference(kept: JobRecord, submitted: JobRecord): string | null {
  const [before, now] = [kept.graph, submitted.graph];
  for (const [index, vertex] of now.vertices.entries()) {
    const what = vertexDifference(before.vertices[index], vertex);
    if (what !== null) return what;
  }
  const missing = before.vertices[now.vertices.length];
  if (missing !== undefined) return `vertex '${missing.name}' (${missing.id}) is missing`;
  for (const [index, edge] of now.edges.entries()) {
    if (!isSame(before.edges[index], edge)) return `the edge from ${edge.from} to ${edge.to} differs`;
  }
  if (before.edges.length !== now.edges.length) return 'it had more edges';
  if (!isSame(before.options, now.options)) return 'its options differ';
  if (before.name !== now.name) return `its graph was named '${before.name}'`;
  if (kept.from?.savepoint !== submitted.from?.savepoint) {
    return kept.from === undefined
      ? 'it began without a savepoint'
      : `it began with savepoint '${kept.from.savepoint}'`;
  }
  if (!isSame(kept.from, submitted.from)) return 'it was to take its savepoint otherwise';
  if (!isSame(kept.params, submitted.params)) return `its parameters were ${JSON.stringify(kept.params)}`;
  return kept.code === submitted.code ? null : 'its code differs, in an equal graph';
}

function vertexDifference(kept: JobVertex | undefined, vertex: JobVertex): string | null {
  if (kept === undefined) return `vertex '${vertex.name}' (${vertex.id}) is new`;
  for (const [index, operator] of vertex.operators.entries()) {
    const before = kept.operators[index];
    if (!isSame(before, operator)) return `operator '${operator.name}' (${operator.uid}) differs`;
  }
  return isSame(kept, vertex) ? null : `vertex '${vertex.name}' (${vertex.id}) differs`;
}

/** Plain data, whatever the order of its fields: a record that comes from a store was written by another process. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [fieldsOf(a), fieldsOf(b)];
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && isSame(value, right.get(key)));
}

/** JSON does not write what is undefined. */
const fieldsOf = (value: object): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(value).filter(([, field]) => field !== undefined));
