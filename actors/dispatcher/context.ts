import type { Failure } from '../kernel/failure.js';
import type { AskRef, Delivered } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import type { Epoch, Incarnation, JobId, ProcessName } from '../protocol/ids.js';
import type { JobRecord, JobResult } from '../protocol/job-graph.js';
import type { SavepointName, SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';
import type { DispatcherInput, DispatcherMessage } from './messages.js';

/** A job of the store that is being looked at after a change of leader: first its result, then its record. */
export interface Lookup {
  readonly step: 'result' | 'record';
  readonly request: string;
}

/** A submission that waits for the store. */
export interface Submission {
  readonly record: JobRecord;
  readonly ask: AskRef;
  /** `origin`: whether it can begin with its savepoint. `result`: its record stood there already, and nothing is known of the job. */
  readonly step: 'origin' | 'creating' | 'result';
  readonly request: string;
}

/** A wish to stop a job, until no leader can miss it. */
export interface Stop {
  readonly ask: AskRef;
  /** The savepoint with which the job is to end; null where its input ends. */
  readonly savepoint: StopWithSavepoint | null;
  /** First it is made durable, then it is made sure that no newer leader may have looked before that. */
  readonly step: 'keeping' | 'checking';
  readonly request: string;
}

/** A wish to cancel a job, until no leader can miss it: the steps are those of a wish to stop. */
export type Cancel = Omit<Stop, 'savepoint'>;

/** What the store is being asked about savepoints, for one client. */
export interface SavepointWork {
  readonly ask: AskRef;
  readonly step: SavepointStep;
  readonly request: string;
}

export type SavepointStep =
  /** The name becomes this request's. With `stop` the job is to end with it. */
  | {
      readonly kind: 'reserving';
      readonly job: JobId;
      readonly wish: SavepointWish;
      readonly stop: StopWithSavepoint | null;
    }
  /** Whether it is there already. */
  | {
      readonly kind: 'looking';
      readonly job: JobId;
      readonly wish: SavepointWish;
      readonly stop: StopWithSavepoint | null;
    }
  | { readonly kind: 'describing'; readonly name: SavepointName }
  | { readonly kind: 'listing' }
  | { readonly kind: 'discarding'; readonly name: SavepointName };

export interface DispatcherContext {
  readonly epoch: Epoch;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;
  /** The only job that this leader has to do with; absent where it takes all. */
  readonly dedicatedTo?: JobId;
  /** Requests to the store so far: each has a name of its own. */
  readonly requests: number;
  /** The listing of all jobs, until it is answered. */
  readonly listing: string | null;
  readonly lookups: Readonly<Record<JobId, Lookup>>;
  readonly submissions: Readonly<Record<JobId, Submission>>;
  /** Jobs that somebody wants to stop, and the wish is not durable yet. */
  readonly stops: Readonly<Record<JobId, Stop>>;
  /** Likewise those that somebody wants to cancel. */
  readonly cancels: Readonly<Record<JobId, Cancel>>;
  /** Jobs that an earlier leader has promised to cancel. */
  readonly canceled: readonly JobId[];
  /** By the question of the client. */
  readonly savepoints: Readonly<Record<string, SavepointWork>>;
  /** Jobs that have a job-master. */
  readonly running: readonly JobId[];
  /** Jobs whose result is durable. */
  readonly results: Readonly<Record<JobId, JobResult>>;
  /** Jobs whose record or result cannot be read, and why: none of them is started. */
  readonly damaged: Readonly<Record<JobId, Failure>>;
  /** What the store said when it refused the listing. */
  readonly refusal: Failure | null;
}

export type Context = DispatcherContext;
export type On<T extends DispatcherMessage['type']> = Delivered<Extract<DispatcherMessage, { type: T }>>;

export function dispatcherContext(input: DispatcherInput): DispatcherContext {
  return {
    ...input,
    requests: 0,
    listing: null,
    lookups: {},
    submissions: {},
    stops: {},
    cancels: {},
    canceled: [],
    savepoints: {},
    running: [],
    results: {},
    damaged: {},
    refusal: null,
  };
}

export const recordKey = (job: JobId): string => `jobs/${job}/record`;
export const resultKey = (job: JobId): string => `jobs/${job}/result`;
export const stopKey = (job: JobId): string => `jobs/${job}/stop`;
export const cancelKey = (job: JobId): string => `jobs/${job}/cancel`;

/** Whether this leader has to do with the job at all. */
export const isTaken = ({ dedicatedTo }: DispatcherContext, job: JobId): boolean =>
  dedicatedTo === undefined || dedicatedTo === job;

/** The job whose entry waits for `request`. */
export function jobWaitingFor(
  entries: Readonly<Record<JobId, { readonly request: string }>>,
  request: string,
): JobId | null {
  return Object.keys(entries).find((job) => entries[job]?.request === request) ?? null;
}

export function without<V>(entries: Readonly<Record<JobId, V>>, job: JobId): Readonly<Record<JobId, V>> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key !== job));
}
