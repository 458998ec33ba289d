import type { JobDescribed, SavepointCompleted } from '../checkpoint-coordinator/messages.js';
import type { Failure } from '../kernel/failure.js';
import type { RecordEvent } from '../kernel/message.js';
import { recordEvents } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import type { Epoch, Incarnation, JobId, ProcessName } from '../protocol/ids.js';
import type { JobRecord, JobResult } from '../protocol/job-graph.js';
import type { SavepointName, SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';
import type { Parallelism, RescaleWish, ScaleChange } from '../protocol/scaling.js';

export type DispatcherMessage =
  /** Asked by a client; answered with DispatcherAnswer once the record is durable. Idempotent by job id. */
  | { readonly type: 'dispatcher.submitJob'; readonly record: JobRecord }
  /** Asked by a client; answered with `job.canceling` when no leader will forget it. */
  | { readonly type: 'dispatcher.cancelJob'; readonly job: JobId }
  /** Asked by a client; answered with `job.stopping` once the wish is durable, or with `job.ended`. */
  | { readonly type: 'dispatcher.stopJob'; readonly job: JobId }
  /**
   * Asked by a client; answered with `savepoint.completed` by the checkpoint-coordinator when the savepoint exists, with `job.rejected` and the
   * reason when it will not, or with `job.ended`. Idempotent by the request in the wish.
   */
  | { readonly type: 'dispatcher.savepointJob'; readonly job: JobId; readonly wish: SavepointWish }
  /** Asked by a client; answered with `job.stopping` once the wish is durable, or with `job.ended`, whose result names the savepoint. */
  | { readonly type: 'dispatcher.stopWithSavepoint'; readonly job: JobId; readonly stop: StopWithSavepoint }
  /** Asked by a client; answered with `savepoints.listed`, `savepoint.described`, `savepoint.deleted`. */
  | { readonly type: 'dispatcher.listSavepoints' }
  | { readonly type: 'dispatcher.describeSavepoint'; readonly name: SavepointName }
  | { readonly type: 'dispatcher.deleteSavepoint'; readonly name: SavepointName }
  /** Completion of `savepoint.discard`: whether there was a complete one. */
  | { readonly type: 'savepoint.discarded'; readonly request: string; readonly existed: boolean }
  /**
   * Asked by a client; answered by the job-master with `job.rescaling` once no leader will forget it, with `job.rejected` and the reason, or with
   * `job.ended`. Idempotent by the request in the wish.
   */
  | { readonly type: 'dispatcher.rescaleJob'; readonly job: JobId; readonly wish: RescaleWish }
  /** Asked by a client; answered with `job.described` by actors of the job, or with `job.ended`. Changes nothing. */
  | { readonly type: 'dispatcher.describeJob'; readonly job: JobId }
  /** Asked by a client; answered with `jobs.listed`. Changes nothing. */
  | { readonly type: 'dispatcher.listJobs' }
  /** Told by a job-master whose result is durable. */
  | { readonly type: 'jobMaster.ended'; readonly job: JobId; readonly result: JobResult }
  | RecordEvent;

export type DispatcherAnswer =
  | { readonly type: 'job.accepted'; readonly job: JobId }
  | { readonly type: 'job.rejected'; readonly job: JobId; readonly failure: Failure }
  | { readonly type: 'job.canceling'; readonly job: JobId }
  /** No leader will forget it: the job ends as if its input had ended. */
  | { readonly type: 'job.stopping'; readonly job: JobId }
  /** No leader will forget it: the job runs at this from its next run on, which comes at once. No change: it does so already. */
  | {
      readonly type: 'job.rescaling';
      readonly job: JobId;
      readonly parallelism: Parallelism;
      readonly changes: readonly ScaleChange[];
    }
  /** There is nothing to stop, or to describe. */
  | { readonly type: 'job.ended'; readonly job: JobId; readonly result: JobResult }
  | JobDescribed
  | SavepointCompleted
  | {
      readonly type: 'savepoints.listed';
      /** One that is not complete is being taken, or its leader was lost meanwhile: then the end of its job takes it away. */
      readonly savepoints: readonly { readonly name: SavepointName; readonly complete: boolean }[];
    }
  | {
      readonly type: 'savepoint.described';
      readonly name: SavepointName;
      readonly job: JobId;
      readonly bytes: number;
      /** By the uid of each operator with keyed state. */
      readonly keyGroups: Readonly<Record<string, number>>;
    }
  | { readonly type: 'savepoint.deleted'; readonly name: SavepointName }
  /** `more`: how many of the jobs that ended longest ago are left out. */
  | {
      readonly type: 'jobs.listed';
      readonly epoch: Epoch;
      readonly jobs: readonly JobSummary[];
      readonly more: number;
    };

/** A job as clients see it. `damaged`: what the store holds of it cannot be read, so it was not started. */
export interface JobSummary {
  readonly job: JobId;
  readonly state: 'running' | 'damaged' | JobResult['outcome'];
  /** Why it failed, or is damaged, without the stack. */
  readonly failure: Failure | null;
}

export const dispatcherMessages = {
  'dispatcher.submitJob': 'Keep this job durably and start it.',
  'dispatcher.cancelJob': 'End this job without a result.',
  'dispatcher.stopJob': 'Let this job read nothing more, and end with all it has read committed.',
  'dispatcher.savepointJob': 'Take a savepoint of this job, which goes on.',
  'dispatcher.stopWithSavepoint': 'Take a savepoint of this job, and let it end with that.',
  'dispatcher.listSavepoints': 'Say which savepoints there are.',
  'dispatcher.describeSavepoint': 'Say whose this savepoint is, and what its job looked like.',
  'dispatcher.deleteSavepoint': 'Delete this savepoint.',
  'savepoint.discarded': 'The savepoint is deleted, or there was none.',
  'dispatcher.rescaleJob': 'Run this job at another parallelism.',
  'dispatcher.describeJob': 'Say what this job is doing.',
  'dispatcher.listJobs': 'Say which jobs there are, and how they do.',
  'jobMaster.ended': 'The job is terminal and its result durable.',
  ...recordEvents,
} satisfies Record<DispatcherMessage['type'], string>;

/** Given by the leader's process at its start. Leadership is a value: this epoch, for the life of the process. */
export interface DispatcherInput {
  readonly epoch: Epoch;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;
  /** The only job of this leader, where it has just one: it takes no other, and leaves others that it finds as they are. */
  readonly dedicatedTo?: JobId;
}
