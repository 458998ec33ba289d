import { type Failure, failure } from '../kernel/failure.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import type { JobRecord, JobResult } from '../protocol/job-graph.js';

export type StoreAnswer = Delivered<RecordEvent>;

/** Why a record that stands there cannot be used. */
export function refusal(message: StoreAnswer): Failure {
  if (message.type === 'record.failed') return message.failure;
  const what =
    message.type === 'record.missing' ? 'is listed, but missing' : `answered by ${message.type}, is unreadable`;
  return failure('RECORD_DAMAGED', 'infrastructure', `What the store holds for ${message.request} ${what}.`, 'never');
}

/** What the store holds is input: null when it is no result. */
export function jobResult(record: unknown): JobResult | null {
  if (typeof record !== 'object' || record === null || !('outcome' in record)) return null;
  const isResult = ['finished', 'canceled', 'failed'].some((outcome) => outcome === record.outcome);
  return isResult ? (record as JobResult) : null;
}

/** Likewise: false when it is no record of a job. */
export function isJobRecord(record: unknown): record is JobRecord {
  if (!hasFields(record, 'format', 'job', 'graph', 'code', 'params')) return false;
  const { format, job, graph, code, params } = record;
  if (format !== 1 || typeof job !== 'string' || typeof code !== 'string' || !Array.isArray(params)) return false;
  if (!hasFields(graph, 'name', 'vertices', 'edges', 'options') || !Array.isArray(graph.edges)) return false;
  return Array.isArray(graph.vertices) && graph.vertices.every(isVertex);
}

const isVertex = (vertex: unknown): boolean =>
  hasFields(vertex, 'id', 'parallelism', 'maxParallelism', 'operators') && Array.isArray(vertex.operators);

function hasFields<F extends string>(value: unknown, ...fields: readonly F[]): value is Readonly<Record<F, unknown>> {
  return typeof value === 'object' && value !== null && fields.every((field) => field in value);
}
