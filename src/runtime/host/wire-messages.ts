import type { AlignmentMessage } from '../../../actors/alignment/messages.js';
import type { CheckpointCoordinatorMessage } from '../../../actors/checkpoint-coordinator/messages.js';
import type { DispatcherMessage } from '../../../actors/dispatcher/messages.js';
import type { HeartbeatMessage } from '../../../actors/heartbeat/messages.js';
import type { JobMasterMessage } from '../../../actors/job-master/messages.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { ActorName } from '../../../actors/protocol/ids.js';
import type { ResourceManagerMessage } from '../../../actors/resource-manager/messages.js';
import type { SlotMessage } from '../../../actors/slot/messages.js';
import type { SourceCoordinatorMessage } from '../../../actors/source-coordinator/messages.js';
import type { SubtaskMessage } from '../../../actors/subtask/messages.js';
import type { TaskManagerMessage } from '../../../actors/task-manager/messages.js';
import { count, fields, flag, list, number, optional, orNull, type Shape, text } from './shape.js';
import {
  allocation,
  checkpoint,
  failureShape,
  jobGraph,
  jobRecord,
  placement,
  rescaleWish,
  restorePlan,
  savepointMark,
  savepointWish,
  slotAddress,
  slotReport,
  splits,
  stopWithSavepoint,
  subtaskSnapshot,
  versions,
  watermarkReport,
} from './wire-shapes.js';

/** By role, the messages that its actors take from other processes. All else is said within a process, and by nobody else. */
export type WireMessages = Readonly<Record<string, Readonly<Record<string, Shape>>>>;

type Of<M extends AnyMessage> = Partial<Record<M['type'], Shape>>;

const run = count();
const ofSubtask = fields({ run, subtask: text });
const ofCheckpoint = fields({ run, subtask: text, checkpoint });
const ofSlot = fields({ slot: slotAddress, allocation });
const ofRun = fields({ run });
const nothing = fields({});

export const jobManagerWire: WireMessages = {
  dispatcher: {
    'dispatcher.submitJob': fields({ record: jobRecord }),
    'dispatcher.cancelJob': fields({ job: text }),
    'dispatcher.listJobs': nothing,
    'dispatcher.stopJob': fields({ job: text }),
    'dispatcher.rescaleJob': fields({ job: text, wish: rescaleWish }),
    'dispatcher.describeJob': fields({ job: text }),
    'dispatcher.savepointJob': fields({ job: text, wish: savepointWish }),
    'dispatcher.stopWithSavepoint': fields({ job: text, stop: stopWithSavepoint }),
    'dispatcher.listSavepoints': nothing,
    'dispatcher.describeSavepoint': fields({ name: text }),
    'dispatcher.deleteSavepoint': fields({ name: text }),
  } satisfies Of<DispatcherMessage>,
  'resource-manager': {
    'resourceManager.register': fields({
      process: text,
      incarnation: text,
      versions,
      slotMemoryBytes: count(),
      slots: list(slotReport),
    }),
    'resourceManager.describe': nothing,
    'slot.closed': ofSlot,
  } satisfies Of<ResourceManagerMessage>,
  heartbeat: {
    'taskManager.reported': fields({ beat: count(), slots: list(slotReport) }),
  } satisfies Of<HeartbeatMessage>,
  'job-master': {
    'slot.opened': ofSlot,
    'slot.openFailed': fields({ slot: slotAddress, allocation, failure: failureShape }),
    'slot.closed': ofSlot,
    'subtask.restored': ofSubtask,
    'subtask.rewound': ofSubtask,
    'subtask.started': ofSubtask,
    'subtask.stopping': ofSubtask,
    'subtask.failed': fields({ run, subtask: text, failure: failureShape }),
  } satisfies Of<JobMasterMessage>,
  'checkpoint-coordinator': {
    'subtask.barrierInjected': ofCheckpoint,
    'subtask.snapshotted': fields({ run, checkpoint, snapshot: subtaskSnapshot }),
    'subtask.declined': fields({ run, subtask: text, checkpoint, failure: failureShape }),
    'subtask.committed': fields({ run, subtask: text, checkpoint, finished: flag }),
    'subtask.aborted': ofCheckpoint,
    'subtask.drained': ofSubtask,
  } satisfies Of<CheckpointCoordinatorMessage>,
  'source-coordinator': {
    'subtask.splitsRequested': fields({ run, subtask: text, request: count() }),
    'subtask.splitsAdded': fields({ run, subtask: text, assignment: count() }),
  } satisfies Of<SourceCoordinatorMessage>,
  alignment: {
    'subtask.watermarkReached': fields({ run, subtask: text, report: watermarkReport }),
  } satisfies Of<AlignmentMessage>,
  'failure-history': {},
};

export const taskManagerWire: WireMessages = {
  'task-manager': {
    'resourceManager.registered': fields({ process: text }),
    'resourceManager.refused': fields({ failure: failureShape }),
    'taskManager.heartbeat': fields({ beat: count() }),
    'leader.announced': nothing,
  } satisfies Of<TaskManagerMessage>,
  slot: {
    'slot.open': fields({ allocation, record: jobRecord, graph: jobGraph, placement }),
    'slot.close': fields({ allocation }),
  } satisfies Of<SlotMessage>,
  subtask: {
    'subtask.restore': fields({ run, plan: restorePlan }),
    'subtask.rewind': ofRun,
    'subtask.start': ofRun,
    'subtask.stop': ofRun,
    'subtask.assignSplits': fields({ run, assignment: count(), splits, noMore: flag }),
    'subtask.triggerCheckpoint': fields({
      run,
      checkpoint,
      base: orNull(checkpoint),
      savepoint: optional(savepointMark),
    }),
    'subtask.completeCheckpoint': fields({ run, checkpoint }),
    'subtask.abortCheckpoint': fields({ run, checkpoint }),
    'jobMaster.noted': ofRun,
    'checkpointCoordinator.noted': ofRun,
    'sourceCoordinator.noted': ofRun,
    'alignment.announced': fields({ run, limit: orNull(number) }),
  } satisfies Of<SubtaskMessage>,
};

/**
 * Why an actor of that name does not take this message from another process; null when it does. An actor of no known role is not there
 * anyway, which its host answers.
 */
export function wireRefusal(wire: WireMessages, actor: ActorName, message: AnyMessage): string | null {
  const at = actor.indexOf('/');
  const role = at < 0 ? actor : actor.slice(0, at);
  const types = Object.hasOwn(wire, role) ? wire[role] : undefined;
  if (types === undefined) return null;
  const shape = Object.hasOwn(types, message.type) ? types[message.type] : undefined;
  if (shape === undefined)
    return `a ${role} takes no '${message.type.slice(0, typeCharactersMax)}' from other processes`;
  const wrong = shape(message);
  return wrong === null ? null : `malformed: ${message.type}${wrong}`;
}

/** Of a name that a stranger made up. */
const typeCharactersMax = 64;
