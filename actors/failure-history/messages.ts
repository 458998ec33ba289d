import type { RecordEvent } from '../kernel/message.js';
import { recordEvents } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import type { Epoch, JobId } from '../protocol/ids.js';
import type { PastFailure } from '../protocol/past-failure.js';

/** Told by the job-master, which waits for nothing of this. */
export type FailureHistoryMessage =
  | { readonly type: 'failureHistory.note'; readonly failure: PastFailure }
  /** The result of the job is durable, and holds the failures. */
  | { readonly type: 'failureHistory.end' }
  | RecordEvent;

export const failureHistoryMessages = {
  'failureHistory.note': 'The job has failed once more.',
  'failureHistory.end': 'The job has ended; its result has the failures.',
  ...recordEvents,
} satisfies Record<FailureHistoryMessage['type'], string>;

/** Given by the job-master, once for the time of a leader. */
export interface FailureHistoryInput {
  readonly job: JobId;
  readonly epoch: Epoch;
  readonly options: ClusterOptions;
  /** What has failed before this actor began. */
  readonly failures: readonly PastFailure[];
}
