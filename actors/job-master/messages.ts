import type { Failure } from '../kernel/failure.js';
import type { AskEvent, RecordEvent } from '../kernel/message.js';
import { askEvents, recordEvents } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import type { Allocation, Epoch, Incarnation, JobRun, ProcessName, SlotAddress, SubtaskKey } from '../protocol/ids.js';
import type { JobRecord } from '../protocol/job-graph.js';
import type { ResourceManagerFact } from '../resource-manager/messages.js';

export type JobMasterMessage =
  /** Told by the dispatcher. */
  | { readonly type: 'jobMaster.cancel' }
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
  /** Answers to `subtask.restore`, `subtask.rewind` and `subtask.start`. */
  | { readonly type: 'subtask.restored'; readonly run: JobRun; readonly subtask: SubtaskKey }
  | { readonly type: 'subtask.rewound'; readonly run: JobRun; readonly subtask: SubtaskKey }
  | { readonly type: 'subtask.started'; readonly run: JobRun; readonly subtask: SubtaskKey }
  /** Asked by a subtask; answered with `jobMaster.noted`. */
  | { readonly type: 'subtask.failed'; readonly run: JobRun; readonly subtask: SubtaskKey; readonly failure: Failure }
  /** Told by the coordinators of this run. */
  | { readonly type: 'sourceCoordinator.ready'; readonly run: JobRun; readonly uid: string }
  | { readonly type: 'sourceCoordinator.failed'; readonly run: JobRun; readonly uid: string; readonly failure: Failure }
  | { readonly type: 'checkpointCoordinator.failed'; readonly run: JobRun; readonly failure: Failure }
  /** Every subtask has finished and committed. */
  | { readonly type: 'checkpointCoordinator.allFinished'; readonly run: JobRun }
  | { readonly type: 'blobs.swept'; readonly request: string }
  | RecordEvent
  | AskEvent;

export type JobMasterAnswer = { readonly type: 'jobMaster.noted'; readonly run: JobRun };

export const jobMasterMessages = {
  'jobMaster.cancel': 'End the job without a result.',
  'resourceManager.slotsGranted': 'These slots belong to this run.',
  'resourceManager.taskManagerLost': 'A task manager on which this job has slots is lost.',
  'resourceManager.slotLost': 'A slot of this run hangs, or holds nothing of it any more.',
  'slot.opened': 'The slot has loaded the job and created its subtasks.',
  'slot.openFailed': 'The slot cannot load the job.',
  'slot.closed': 'Nothing of that run is left in the slot.',
  'subtask.restored': 'The subtask has loaded its state.',
  'subtask.rewound': 'The subtask reads from the checkpointed positions on.',
  'subtask.started': 'The subtask processes records.',
  'subtask.failed': 'An attempt has failed.',
  'sourceCoordinator.ready': 'The splits of a source are known.',
  'sourceCoordinator.failed': 'A source cannot list its splits.',
  'checkpointCoordinator.failed': 'Checkpoints fail, or the outcome of one cannot be settled.',
  'checkpointCoordinator.allFinished': 'Every subtask has finished and committed.',
  'blobs.swept': 'Files that nothing refers to are deleted.',
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
}
