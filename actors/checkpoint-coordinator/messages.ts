import type { JobDescription } from '../job-master/messages.js';
import type { Failure } from '../kernel/failure.js';
import type { AskEvent, AskRef, RecordEvent } from '../kernel/message.js';
import { askEvents, recordEvents } from '../kernel/message.js';
import type { ClusterOptions, Placement } from '../protocol/deployment.js';
import type { CheckpointId, Epoch, Incarnation, JobId, JobRun, SubtaskKey } from '../protocol/ids.js';
import type { JobGraph } from '../protocol/job-graph.js';
import type {
  CheckpointManifest,
  EnumeratorSnapshot,
  RetainedCheckpoint,
  SubtaskSnapshot,
} from '../protocol/manifest.js';
import type { SavepointName, SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';

export type CheckpointCoordinatorMessage =
  /** Told by a source-coordinator: its valve is closed and its earlier assignments are acknowledged. */
  | {
      readonly type: 'sourceCoordinator.snapshotted';
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
      readonly snapshot: EnumeratorSnapshot;
    }
  /** A subtask's answer to `subtask.triggerCheckpoint`. */
  | {
      readonly type: 'subtask.barrierInjected';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly checkpoint: CheckpointId;
    }
  /** Asked by a subtask, answered with `checkpointCoordinator.noted`: its part is durable. */
  | {
      readonly type: 'subtask.snapshotted';
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
      readonly snapshot: SubtaskSnapshot;
    }
  /** Asked by a subtask, answered with `checkpointCoordinator.noted`: it cannot take part. */
  | {
      readonly type: 'subtask.declined';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly checkpoint: CheckpointId;
      readonly failure: Failure;
    }
  /** A subtask's answer to `subtask.completeCheckpoint`. */
  | {
      readonly type: 'subtask.committed';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly checkpoint: CheckpointId;
      readonly finished: boolean;
    }
  /** A subtask's answer to `subtask.abortCheckpoint`. */
  | {
      readonly type: 'subtask.aborted';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly checkpoint: CheckpointId;
    }
  /** Asked by a subtask, answered with `checkpointCoordinator.noted`: all its input has ended and been processed. */
  | { readonly type: 'subtask.drained'; readonly run: JobRun; readonly subtask: SubtaskKey }
  /** Told by the job-master with its part of the answer to a client, whose question it is. */
  | { readonly type: 'checkpointCoordinator.describe'; readonly ask: AskRef; readonly job: JobDescription }
  /** Told by the job-master for a client, whose question it is; answered with `savepoint.completed`, or `job.rejected` with the reason. */
  | {
      readonly type: 'checkpointCoordinator.savepoint';
      readonly ask: AskRef;
      readonly wish: SavepointWish;
      /** The input of the job is being stopped. */
      readonly stopping: boolean;
    }
  /** Told by the job-master: the job ends with this savepoint; the wish is durable. */
  | { readonly type: 'checkpointCoordinator.stopWithSavepoint'; readonly stop: StopWithSavepoint }
  /** Told by the job-master, and told back with `checkpointCoordinator.checkpointed` when one that begins from now on is over. */
  | { readonly type: 'checkpointCoordinator.checkpoint' }
  /** Timers of this actor. */
  | { readonly type: 'checkpoint.due' }
  | { readonly type: 'checkpoint.paused' }
  | { readonly type: 'checkpoint.timedOut'; readonly checkpoint: CheckpointId }
  | RecordEvent
  | AskEvent;

/** Answers a client that asked what a job is doing; without checkpoints when the run is not that far, or is over. */
export interface JobDescribed {
  readonly type: 'job.described';
  readonly job: JobDescription;
  readonly checkpoints: CheckpointsDescription | null;
}

/** Answers a client: the savepoint exists, and what it holds is committed. */
export interface SavepointCompleted {
  readonly type: 'savepoint.completed';
  readonly job: JobId;
  readonly name: SavepointName;
  readonly bytes: number;
}

export interface CheckpointsDescription {
  readonly state: string;
  /** The newest complete one, with the number of its entry in the manifest log. */
  readonly latest: CheckpointId | null;
  /** Older ones that are kept as well, oldest first. */
  readonly retained: readonly CheckpointId[];
  readonly entries: number;
  /** How many have failed since, and why the last of them did. */
  readonly failures: number;
  readonly cause: Failure | null;
  /** How many subtasks still process records, have processed their last, or have committed it. */
  readonly running: number;
  readonly drained: number;
  readonly finished: number;
}

export type CheckpointCoordinatorAnswer = { readonly type: 'checkpointCoordinator.noted'; readonly run: JobRun };

export const checkpointCoordinatorMessages = {
  'checkpointCoordinator.describe': 'Say to this client how checkpoints do, and what the job is doing.',
  'checkpointCoordinator.savepoint': 'Take a savepoint, and answer this client.',
  'checkpointCoordinator.checkpoint': 'Take a checkpoint at once, and say when it is over.',
  'checkpointCoordinator.stopWithSavepoint': 'Take the savepoint with which the job ends.',
  'sourceCoordinator.snapshotted': 'The unassigned splits of a source, with its valve closed.',
  'subtask.barrierInjected': 'A triggered subtask has put the barrier into its stream.',
  'subtask.snapshotted': "A subtask's part of the checkpoint is durable.",
  'subtask.declined': 'A subtask cannot take part in the checkpoint.',
  'subtask.committed': 'A subtask has committed what belongs to the checkpoint.',
  'subtask.aborted': 'A subtask has forgotten the checkpoint.',
  'subtask.drained': 'A subtask has processed its last record.',
  'checkpoint.due': 'It is time for the next checkpoint.',
  'checkpoint.paused': 'The pause after the last checkpoint is over.',
  'checkpoint.timedOut': 'Not every part of the checkpoint was durable in time.',
  ...recordEvents,
  ...askEvents,
} satisfies Record<CheckpointCoordinatorMessage['type'], string>;

/** Given by the job-master at every start; one coordinator lives as long as one run. */
export interface CheckpointCoordinatorInput {
  readonly job: JobId;
  readonly run: JobRun;
  readonly epoch: Epoch;
  /** Of the leader's process; makes the nonces of log entries. */
  readonly incarnation: Incarnation;
  readonly graph: JobGraph;
  readonly placement: Placement;
  /** Index of the next log entry: one past this run's `recovered` entry. */
  readonly nextIndex: number;
  /** The newest complete checkpoint: base of the first trigger, and what a sweep must keep. */
  readonly latest: CheckpointManifest | null;
  /** The savepoint that this run begins with: what finished subtasks have left in it has to be kept. */
  readonly origin?: CheckpointManifest;
  /** Older ones that are kept as well, oldest first. */
  readonly retained: readonly RetainedCheckpoint[];
  /** Subtasks that have nothing more to do. */
  readonly finished: readonly SubtaskKey[];
  /** The job is to end with this savepoint. Absent while nobody wants that. */
  readonly stop?: StopWithSavepoint;
  readonly options: ClusterOptions;
}
