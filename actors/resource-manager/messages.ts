import type { AskEvent } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, SlotReport } from '../protocol/deployment.js';
import type { Failure } from '../protocol/failure.js';
import type { Allocation, Epoch, Incarnation, JobId, JobRun, ProcessName, SlotAddress } from '../protocol/ids.js';
import type { Versions } from '../protocol/versions.js';

export type ResourceManagerMessage =
  /**
   * Asked by a task manager of whatever leader listens; answered with `resourceManager.registered`, or with
   * `resourceManager.refused` when it is of another version.
   */
  | {
      readonly type: 'resourceManager.register';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      readonly versions: Versions;
      readonly slots: readonly SlotReport[];
    }
  /** Asked by a job-master; answered with `resourceManager.slotsGranted`, refused while slots are too few. */
  | {
      readonly type: 'resourceManager.requestSlots';
      readonly job: JobId;
      readonly run: JobRun;
      readonly count: number;
      /** With so many the job begins, if there are no more; absent: with all of them. */
      readonly least?: number;
    }
  /** Told by a job-master, and told back with `resourceManager.slotsCounted`. Changes nothing. */
  | { readonly type: 'resourceManager.countSlots'; readonly job: JobId; readonly run: JobRun }
  /** Told by a job-master: runs through this one are over; these slots have answered that they are closed. */
  | {
      readonly type: 'resourceManager.releaseSlots';
      readonly job: JobId;
      readonly throughRun: JobRun;
      readonly closed: readonly SlotAddress[];
    }
  /** Asked by a client; answered with `resourceManager.described`. Changes nothing. */
  | { readonly type: 'resourceManager.describe' }
  | {
      readonly type: 'heartbeat.reported';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      readonly slots: readonly SlotReport[];
    }
  | { readonly type: 'heartbeat.suspected'; readonly process: ProcessName; readonly incarnation: Incarnation }
  | {
      readonly type: 'heartbeat.slotStuck';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      readonly slot: number;
      readonly allocation: Allocation;
    }
  | {
      readonly type: 'heartbeat.lost';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      readonly reason: LossReason;
    }
  /** A slot's answer to `slot.close`. */
  | { readonly type: 'slot.closed'; readonly slot: SlotAddress; readonly allocation: Allocation }
  | AskEvent;

export type LossReason = 'missed' | 'unreachable' | 'restarted';

/** `stuck`: it makes no progress, and its process answers. `gone`: its process says that it holds nothing of the run any more. */
export type SlotLossReason = 'stuck' | 'gone';

/** What the resource manager says to others. */
export type ResourceManagerFact =
  | { readonly type: 'resourceManager.registered'; readonly process: ProcessName }
  | { readonly type: 'resourceManager.refused'; readonly failure: Failure }
  | { readonly type: 'resourceManager.slotsGranted'; readonly run: JobRun; readonly slots: readonly SlotAddress[] }
  /** What the job has, and what is free. */
  | { readonly type: 'resourceManager.slotsCounted'; readonly run: JobRun; readonly available: number }
  /** Told to every job-master that has a grant there. */
  | {
      readonly type: 'resourceManager.taskManagerLost';
      readonly process: ProcessName;
      readonly incarnation: Incarnation;
      readonly reason: LossReason;
    }
  | {
      readonly type: 'resourceManager.slotLost';
      readonly slot: SlotAddress;
      readonly run: JobRun;
      readonly reason: SlotLossReason;
    };

/** The answer to `resourceManager.describe`: the table, for people. */
export interface ResourceDescription {
  readonly type: 'resourceManager.described';
  readonly epoch: Epoch;
  /** By name. */
  readonly taskManagers: readonly TaskManagerSummary[];
  /** The latest to be lost first. */
  readonly lost: readonly LostTaskManager[];
  readonly shortages: readonly Shortage[];
}

/** `jobs` says of each slot whose it is: a job's, or nobody's (null). One that is being closed is still its job's. */
export interface TaskManagerSummary {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly status: 'registered' | 'suspected';
  readonly jobs: readonly (JobId | null)[];
}

export interface LostTaskManager {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly status: 'lost';
  readonly reason: LossReason;
}

/** A request that could not be granted, for people. */
export interface Shortage {
  readonly job: JobId;
  readonly run: JobRun;
  readonly wanted: number;
  readonly available: number;
}

export const resourceManagerMessages = {
  'resourceManager.register': 'A task manager offers its slots and says what they hold.',
  'resourceManager.requestSlots': 'A job wants this many slots for this run.',
  'resourceManager.countSlots': 'How many slots could this job have?',
  'resourceManager.releaseSlots': 'A job has no more use for the slots of its runs up to this one.',
  'resourceManager.describe': 'Say which task managers and slots there are, and who waits for more.',
  'heartbeat.reported': 'A task manager answered a heartbeat, with what its slots hold.',
  'heartbeat.suspected': 'Nobody listened at a task manager, once.',
  'heartbeat.slotStuck': 'A slot has made no progress for too long although its process answers.',
  'heartbeat.lost': 'A task manager is lost.',
  'slot.closed': 'A slot is free of that allocation.',
  ...askEvents,
} satisfies Record<ResourceManagerMessage['type'], string>;

export interface ResourceManagerInput {
  readonly epoch: Epoch;
  readonly versions: Versions;
  readonly options: ClusterOptions;
}
