import type { AlignmentAnswer } from '../alignment/messages.js';
import type { Failure } from '../kernel/failure.js';
import type { AskEvent, AskId } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, RestorePlan } from '../protocol/deployment.js';
import type { Address, Allocation, CheckpointId, JobRun, SlotAddress, SubtaskKey } from '../protocol/ids.js';
import type { Split, SubtaskSnapshot } from '../protocol/manifest.js';
import type { SavepointMark } from '../protocol/savepoint.js';

export type SubtaskMessage =
  /** Asked by the job-master, in this order; answered with `subtask.restored`, `subtask.rewound`, `subtask.started`. */
  | { readonly type: 'subtask.restore'; readonly run: JobRun; readonly plan: RestorePlan }
  | { readonly type: 'subtask.rewind'; readonly run: JobRun }
  | { readonly type: 'subtask.start'; readonly run: JobRun }
  /** Asked of a reader by the job-master when the job is to stop; answered with `subtask.stopping`. */
  | { readonly type: 'subtask.stop'; readonly run: JobRun }
  /** Asked by the source-coordinator; answered with `subtask.splitsAdded`. Numbered per reader from 1. */
  | {
      readonly type: 'subtask.assignSplits';
      readonly run: JobRun;
      readonly assignment: number;
      readonly splits: readonly Split[];
      readonly noMore: boolean;
    }
  /** Asked by the checkpoint-coordinator; answered with `subtask.barrierInjected`, `subtask.committed`, `subtask.aborted`. */
  | {
      readonly type: 'subtask.triggerCheckpoint';
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
      readonly base: CheckpointId | null;
      /** Absent for a checkpoint. */
      readonly savepoint?: SavepointMark;
    }
  | { readonly type: 'subtask.completeCheckpoint'; readonly run: JobRun; readonly checkpoint: CheckpointId }
  | { readonly type: 'subtask.abortCheckpoint'; readonly run: JobRun; readonly checkpoint: CheckpointId }
  /** Answers to what the subtask asked. */
  | { readonly type: 'jobMaster.noted'; readonly run: JobRun }
  | { readonly type: 'checkpointCoordinator.noted'; readonly run: JobRun }
  | { readonly type: 'sourceCoordinator.noted'; readonly run: JobRun }
  | Extract<AlignmentAnswer, { type: 'alignment.announced' }>
  /** Told by the slot. */
  | { readonly type: 'subtask.cancel' }
  /** Timer: the actor that is to note this fact was not there a moment ago. */
  | { readonly type: 'subtask.askAgain'; readonly id: AskId }
  | TaskEvent
  | AskEvent;

/** How far a reader is that waits for others of its alignment group. */
export interface WatermarkReport {
  /** From 1: only the newest counts. */
  readonly number: number;
  /** The least of its splits that are not idle; null before the first. */
  readonly watermark: number | null;
  /** Only an active one holds the others back. */
  readonly status: 'active' | 'idle' | 'ended';
}

/** What the data plane tells the actor of its subtask. */
export type TaskEvent =
  | { readonly type: 'task.restored' }
  | { readonly type: 'task.rewound' }
  | { readonly type: 'task.started' }
  | { readonly type: 'task.splitsRequested'; readonly request: number }
  /** Only of a source that waits for others. */
  | { readonly type: 'task.watermarkReached'; readonly report: WatermarkReport }
  | { readonly type: 'task.barrierInjected'; readonly checkpoint: CheckpointId }
  /** The subtask's part of the checkpoint is durable. */
  | { readonly type: 'task.snapshotted'; readonly checkpoint: CheckpointId; readonly snapshot: SubtaskSnapshot }
  | { readonly type: 'task.declined'; readonly checkpoint: CheckpointId; readonly failure: Failure }
  /** All input has ended; operators are finishing. */
  | { readonly type: 'task.inputEnded' }
  /** Operators have finished and end of data is on its way downstream; barriers still flow. */
  | { readonly type: 'task.drained' }
  /** `finished`: that checkpoint was taken after the last record, so there is nothing more to do. */
  | { readonly type: 'task.committed'; readonly checkpoint: CheckpointId; readonly finished: boolean }
  | { readonly type: 'task.failed'; readonly failure: Failure }
  | { readonly type: 'task.canceled' };

export const subtaskMessages = {
  'subtask.restore': 'Load this state.',
  'subtask.rewind': 'Read from the checkpointed positions on.',
  'subtask.start': 'Process records.',
  'subtask.stop': 'Read nothing more: your input ends here.',
  'subtask.assignSplits': 'Read these splits too, or know that there are no more.',
  'subtask.triggerCheckpoint': 'Put this barrier into your stream.',
  'subtask.completeCheckpoint': 'The checkpoint is durable: commit.',
  'subtask.abortCheckpoint': 'Forget the checkpoint.',
  'jobMaster.noted': 'The job-master has noted what was reported.',
  'checkpointCoordinator.noted': 'The checkpoint-coordinator has noted what was reported.',
  'sourceCoordinator.noted': 'The source-coordinator has noted the request.',
  'alignment.announced': 'The other sources of the group are so far: read up to there.',
  'subtask.cancel': 'End.',
  'subtask.askAgain': 'It is time to report that fact again.',
  'task.restored': 'State is loaded.',
  'task.rewound': 'Readers stand at the checkpointed positions.',
  'task.started': 'Records are being processed.',
  'task.splitsRequested': 'The reader has nothing left to read.',
  'task.watermarkReached': 'The reader is so far.',
  'task.barrierInjected': 'The barrier is in the stream.',
  'task.snapshotted': 'The part of the checkpoint is durable.',
  'task.declined': 'The part of the checkpoint could not be made.',
  'task.inputEnded': 'All input has ended.',
  'task.drained': 'The last record is processed.',
  'task.committed': 'What belongs to the checkpoint is committed.',
  'task.failed': 'The attempt has failed.',
  'task.canceled': 'Nothing of the attempt is left.',
  ...askEvents,
} satisfies Record<SubtaskMessage['type'], string>;

/** Given by the slot once the code is loaded; one actor an attempt. */
export interface SubtaskInput {
  readonly subtask: SubtaskKey;
  readonly slot: SlotAddress;
  readonly allocation: Allocation;
  /** Uid of the source at the head of the chain, or null. */
  readonly source: string | null;
  /** The process that leads: job-master and coordinators live there. */
  readonly leader: Address;
  readonly options: ClusterOptions;
}
