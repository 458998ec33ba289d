import type { Failure } from '../kernel/failure.js';
import type { AskEvent, AskRef, RecordEvent } from '../kernel/message.js';
import { askEvents, recordEvents } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import type {
  Allocation,
  CheckpointId,
  Epoch,
  Incarnation,
  JobRun,
  ProcessName,
  SlotAddress,
  SubtaskKey,
} from '../protocol/ids.js';
import type { JobRecord } from '../protocol/job-graph.js';
import type { PastFailure } from '../protocol/past-failure.js';
import type { SavepointName, SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';
import type { Parallelism, RescaleWish } from '../protocol/scaling.js';
import type { ResourceManagerFact } from '../resource-manager/messages.js';
import type { RestartDescription } from './restarting.js';

export type JobMasterMessage =
  /** Told by the dispatcher. */
  | { readonly type: 'jobMaster.cancel' }
  | { readonly type: 'jobMaster.stop' }
  | { readonly type: 'jobMaster.stopWithSavepoint'; readonly stop: StopWithSavepoint }
  /** Told by the dispatcher for a client, whose question it is; the checkpoint-coordinator answers that. */
  | { readonly type: 'jobMaster.savepoint'; readonly ask: AskRef; readonly wish: SavepointWish }
  /** Told by the dispatcher for a client, whose question it is, and answered to that: `job.rescaling` once it is durable, or `job.rejected`. */
  | { readonly type: 'jobMaster.rescale'; readonly ask: AskRef; readonly wish: RescaleWish }
  /** Time for a reactive job to look for slots. */
  | { readonly type: 'rescale.due' }
  /** Told by the dispatcher for a client, whose question it is; the job's actors answer that with `job.described`. */
  | { readonly type: 'jobMaster.describe'; readonly ask: AskRef }
  | Exclude<ResourceManagerFact, { type: 'resourceManager.registered' | 'resourceManager.refused' }>
  /** Answers to `slot.open` and `slot.close`. */
  | { readonly type: 'slot.opened'; readonly slot: SlotAddress; readonly allocation: Allocation }
  | {
      readonly type: 'slot.openFailed';
      readonly slot: SlotAddress;
      readonly allocation: Allocation;
      readonly failure: Failure;
    }
  | { readonly type: 'slot.closed'; readonly slot: SlotAddress; readonly allocation: Allocation }
  /** Answers to `subtask.restore`, `subtask.rewind`, `subtask.start` and `subtask.stop`. */
  | { readonly type: 'subtask.restored'; readonly run: JobRun; readonly subtask: SubtaskKey }
  | { readonly type: 'subtask.rewound'; readonly run: JobRun; readonly subtask: SubtaskKey }
  | { readonly type: 'subtask.started'; readonly run: JobRun; readonly subtask: SubtaskKey }
  | { readonly type: 'subtask.stopping'; readonly run: JobRun; readonly subtask: SubtaskKey }
  /** Asked by a subtask; answered with `jobMaster.noted`. */
  | { readonly type: 'subtask.failed'; readonly run: JobRun; readonly subtask: SubtaskKey; readonly failure: Failure }
  /** Told by the coordinators of this run. */
  | { readonly type: 'sourceCoordinator.ready'; readonly run: JobRun; readonly uid: string }
  | { readonly type: 'sourceCoordinator.failed'; readonly run: JobRun; readonly uid: string; readonly failure: Failure }
  | { readonly type: 'checkpointCoordinator.failed'; readonly run: JobRun; readonly failure: Failure }
  /** The checkpoint that was asked for is complete, or given up. */
  | { readonly type: 'checkpointCoordinator.checkpointed'; readonly run: JobRun }
  /** Every subtask has finished and committed. */
  | {
      readonly type: 'checkpointCoordinator.allFinished';
      readonly run: JobRun;
      /** The one with which the job ends. Absent where it ends without. */
      readonly savepoint?: SavepointName;
    }
  | { readonly type: 'blobs.swept'; readonly request: string }
  /** A timer of this actor: the restart strategy counts that failure of the job's own code, by its number, no more. */
  | { readonly type: 'failure.outlived'; readonly failure: number }
  /** What earlier leaders have kept, oldest first. */
  | { readonly type: 'failureHistory.recalled'; readonly failures: readonly PastFailure[] }
  | RecordEvent
  | AskEvent;

/** A job that has not ended, as people look at it. */
export interface JobDescription {
  readonly record: JobRecord;
  readonly state: string;
  /** The first of what that state waits for; `waitsForMore` counts the others. */
  readonly waitsFor: readonly string[];
  readonly waitsForMore: number;
  /** It is to stop, or stops. */
  readonly stopping: boolean;
  readonly epoch: Epoch;
  readonly run: JobRun;
  /** How many runs this leader has begun, and how many of them the job's own code has ended. */
  readonly attempts: number;
  readonly userFailures: number;
  readonly restart: RestartDescription;
  /** What this run went on from; null from the beginning. `0-0` is the savepoint that the record names. */
  readonly restored: CheckpointId | null;
  /** What it runs at, and how often somebody has changed that. */
  readonly parallelism: Parallelism;
  readonly rescales: number;
  /** Where each subtask of this run is. Empty while there are no slots. */
  readonly subtasks: readonly SubtaskPlace[];
  /** The last failures, oldest first, those under earlier leaders among them. */
  readonly failures: readonly PastFailure[];
}

export interface SubtaskPlace {
  readonly subtask: SubtaskKey;
  readonly phase: string;
  readonly process: ProcessName;
  readonly slot: number;
}

export type JobMasterAnswer = { readonly type: 'jobMaster.noted'; readonly run: JobRun };

export const jobMasterMessages = {
  'jobMaster.cancel': 'End the job without a result.',
  'jobMaster.stop': 'Let the sources read nothing more; the wish is durable.',
  'jobMaster.stopWithSavepoint': 'Take a savepoint and end with it; the wish is durable.',
  'jobMaster.savepoint': 'Take a savepoint, and answer this client.',
  'jobMaster.rescale': 'Run at this parallelism from now on, and answer this client.',
  'rescale.due': 'Look whether there are more slots.',
  'jobMaster.describe': 'Say to this client what the job is doing.',
  'resourceManager.slotsGranted': 'These slots belong to this run.',
  'resourceManager.slotsCounted': 'So many slots this job has, or could have.',
  'resourceManager.taskManagerLost': 'A task manager on which this job has slots is lost.',
  'resourceManager.slotLost': 'A slot of this run hangs, or holds nothing of it any more.',
  'slot.opened': 'The slot has loaded the job and created its subtasks.',
  'slot.openFailed': 'The slot cannot load the job.',
  'slot.closed': 'Nothing of that run is left in the slot.',
  'subtask.restored': 'The subtask has loaded its state.',
  'subtask.rewound': 'The subtask reads from the checkpointed positions on.',
  'subtask.started': 'The subtask processes records.',
  'subtask.stopping': 'The reader reads nothing more.',
  'subtask.failed': 'An attempt has failed.',
  'sourceCoordinator.ready': 'The splits of a source are known.',
  'sourceCoordinator.failed': 'A source cannot list its splits.',
  'checkpointCoordinator.failed': 'Checkpoints fail, or the outcome of one cannot be settled.',
  'checkpointCoordinator.checkpointed': 'The checkpoint that was asked for is complete, or given up.',
  'checkpointCoordinator.allFinished': 'Every subtask has finished and committed.',
  'blobs.swept': 'Files that nothing refers to are deleted.',
  'failure.outlived': 'The restart strategy forgets a failure.',
  'failureHistory.recalled': 'Failures under earlier leaders.',
  ...recordEvents,
  ...askEvents,
} satisfies Record<JobMasterMessage['type'], string>;

/** Given by the dispatcher. */
export interface JobMasterInput {
  readonly record: JobRecord;
  readonly epoch: Epoch;
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly options: ClusterOptions;
  /** Present when an earlier leader has promised to cancel it. */
  readonly canceled?: true;
}
