import type { JobId, VertexId } from './ids.js';
import type { JobGraph } from './job-graph.js';

/** By vertex, and always of all vertices. */
export type Parallelism = Readonly<Record<VertexId, number>>;

/** Somebody wants a running job at another parallelism. */
export interface RescaleWish {
  /** Drawn by whoever asks, and the same in every repetition: a wish is granted once. */
  readonly request: string;
  /** Each names a vertex: by its id, or by the uid or the name of one of its operators. */
  readonly targets: readonly { readonly vertex: string; readonly parallelism: number }[];
  /** What all vertices get that can be parallel at all; null: only those that are named. */
  readonly all: number | null;
  /** The job may stop until there are slots enough; else that is a reason to refuse. */
  readonly wait: boolean;
}

/** One vertex that a rescale changes, as people are told of it. */
export interface ScaleChange {
  readonly vertex: VertexId;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Nobody named it: it is joined by a forward edge to one that somebody did. */
  readonly joined: boolean;
}

/** That a job is to run at this parallelism: durable before anybody is told, create-only, and the newest one counts. */
export interface ScaleRecord {
  readonly format: 1;
  readonly job: JobId;
  /** Contiguous from 0. */
  readonly index: number;
  /** Of the wish: tells whose write it was when an outcome is unknown. */
  readonly request: string;
  readonly parallelism: Parallelism;
  readonly changes: readonly ScaleChange[];
}

/** Parallelism follows the slots that are there. */
export interface ReactiveOptions {
  /** No vertex gets more; null: as many as it has key groups. */
  readonly parallelismMax: number | null;
  /** For so long slots must have been there before a job that runs is restarted for them. */
  readonly stabilizationMs: number;
  /** For so long a run is not restarted for slots that have come. */
  readonly cooldownMs: number;
}

export const defaultReactiveOptions: ReactiveOptions = {
  parallelismMax: null,
  stabilizationMs: 10_000,
  cooldownMs: 30_000,
};

export const scalePrefix = (job: JobId): string => `jobs/${job}/scale/`;
export const scaleKey = (job: JobId, index: number): string => `${scalePrefix(job)}${String(index).padStart(8, '0')}`;

/** One past the last that is listed. */
export function scaleEnd(keys: readonly string[], job: JobId): number {
  const indexes = keys
    .filter((key) => key.startsWith(scalePrefix(job)))
    .map((key) => Number(key.slice(scalePrefix(job).length)))
    .filter(Number.isSafeInteger);
  return Math.max(0, ...indexes.map((index) => index + 1));
}

/** What the store holds is input: null when it is no record of that place. */
export function scaleRecord(record: unknown, job: JobId, index: number): ScaleRecord | null {
  if (typeof record !== 'object' || record === null) return null;
  const { format, job: owner, index: place, parallelism, request } = record as Partial<ScaleRecord>;
  const isOne = format === 1 && owner === job && place === index && typeof request === 'string';
  return isOne && typeof parallelism === 'object' && parallelism !== null ? (record as ScaleRecord) : null;
}

export const parallelismOf = ({ vertices }: JobGraph): Parallelism =>
  Object.fromEntries(vertices.map(({ id, parallelism }) => [id, parallelism]));

/** The graph as it runs: what was submitted, at another parallelism. */
export function atParallelism(graph: JobGraph, wanted: Parallelism | null): JobGraph {
  if (wanted === null) return graph;
  const vertices = graph.vertices.map((vertex) => ({
    ...vertex,
    parallelism: wanted[vertex.id] ?? vertex.parallelism,
  }));
  return { ...graph, vertices };
}
