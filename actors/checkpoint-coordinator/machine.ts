import { defineActor } from '../kernel/actor.js';
import {
  abort,
  deleteAborted,
  discardSnapshot,
  exhaustsTolerance,
  isLastAborted,
  noteAborted,
  noteTooManyFailures,
} from './aborting.js';
import { copyCarried, coversCopy, dropCopies, hasToCopy, isCopy, noteNotCopied } from './carrying.js';
import {
  answerLate,
  declinesThis,
  isLastSnapshot,
  isOpenAsk,
  noteDeclined,
  noteInjected,
  noteSnapshot,
  noteTimeout,
  timesOutThis,
} from './collecting.js';
import { checkpointCoordinatorContext } from './context.js';
import { cover, endsTooEarly, isOvertaken, noteOvertaken, noteTooEarly, takesLast } from './covering.js';
import { describe } from './describing.js';
import { noteAbortTimeout, noteAbsent, noteCommitTimeout, reportAllFinished, reportFailure } from './ending.js';
import { beginsAfterPause, mayBegin, noteAsked, noteDue, notePaused, reportAsked, schedule } from './idle.js';
import { isAllFinished, isLastDrained, noteDrained } from './lives.js';
import { checkpointCoordinatorMessages } from './messages.js';
import {
  commitsSavepoint,
  complete,
  deleteSuperseded,
  finishesJob,
  isLastCommitted,
  noteCommitted,
} from './notifying.js';
import {
  failsGoing,
  isOfGoingJob,
  isPublication,
  isPublished,
  isRefusedForGood,
  leaveUnresolved,
  mayPublishAgain,
  notePublished,
  noteUnpublished,
  publish,
  publishAgain,
  publishesLast,
  rejectUnpublished,
} from './publishing.js';
import { hasToPublish, noteSavepoint, noteStop, rejectAborted, wantsSavepoint } from './savepoints.js';
import { begin, isLastSource, noteSource, trigger } from './triggering.js';
import { waitingFor } from './waiting.js';
import {
  createAgain,
  existsAsOurs,
  isOurs,
  mayCreateAgain,
  noteConflict,
  noteUnresolved,
  noteWriteFailed,
  write,
  writeDeadlineMs,
} from './writing.js';

/** The store does not take a savepoint. `idle` ends the job at once where nothing is left to run. */
const unpublished = [
  { guard: 'isRefusedForGood', target: 'idle', actions: 'rejectUnpublished' },
  { guard: 'failsGoing', target: 'idle', actions: 'leaveUnresolved' },
  { guard: 'isPublication', target: 'failed', actions: 'noteUnpublished' },
] as const;

/** Takes the checkpoints of one run, one at a time, and tells when nothing is left to run. */
export const checkpointCoordinatorActor = defineActor({
  role: 'checkpoint-coordinator',
  messages: checkpointCoordinatorMessages,
  context: checkpointCoordinatorContext,
  initial: 'idle',
  states: {
    // Left when the next checkpoint is due, or at once when all that is missing is the final one.
    idle: {
      entry: ['reportAsked', 'schedule'],
      on: {
        'checkpoint.due': [
          { guard: 'hasToPublish', target: 'publishing' },
          { guard: 'isAllFinished', target: 'allFinished' },
          { guard: 'mayBegin', target: 'triggering' },
          { actions: 'noteDue' },
        ],
        'checkpoint.paused': [
          { guard: 'beginsAfterPause', target: 'triggering', actions: 'notePaused' },
          { actions: 'notePaused' },
        ],
        'checkpointCoordinator.savepoint': [
          { guard: 'wantsSavepoint', target: 'idle', reenter: true, actions: 'noteSavepoint' },
          { actions: 'noteSavepoint' },
        ],
        'checkpointCoordinator.stopWithSavepoint': { target: 'idle', reenter: true, actions: 'noteStop' },
        'checkpointCoordinator.checkpoint': { target: 'idle', reenter: true, actions: 'noteAsked' },
        'subtask.drained': [
          { guard: 'isLastDrained', target: 'triggering', actions: 'noteDrained' },
          { actions: 'noteDrained' },
        ],
      },
    },

    // Left when every source has closed its valve and said what is unassigned, or the checkpoint's time is over.
    triggering: {
      entry: 'begin',
      on: {
        'sourceCoordinator.snapshotted': [
          { guard: 'isLastSource', target: 'collecting', actions: 'noteSource' },
          { actions: 'noteSource' },
        ],
        'checkpoint.timedOut': { guard: 'timesOutThis', target: 'aborting', actions: 'noteTimeout' },
      },
    },

    // Left when every part is durable, one is declined, or the checkpoint's time is over. It is given up if it would end a job that is to end with a
    // savepoint, and if it is a savepoint in which a reader has been stopped.
    collecting: {
      entry: 'trigger',
      on: {
        'subtask.barrierInjected': { actions: 'noteInjected' },
        'subtask.snapshotted': [
          { guard: 'isOvertaken', target: 'aborting', actions: ['noteSnapshot', 'noteOvertaken'] },
          { guard: 'endsTooEarly', target: 'aborting', actions: ['noteSnapshot', 'noteTooEarly'] },
          { guard: 'hasToCopy', target: 'copying', actions: 'noteSnapshot' },
          // A savepoint of a job that goes on: at once the checkpoint that covers it.
          { guard: 'takesLast', target: 'triggering', actions: ['noteSnapshot', 'cover'] },
          { guard: 'isLastSnapshot', target: 'writingManifest', actions: 'noteSnapshot' },
          { actions: 'noteSnapshot' },
        ],
        'subtask.declined': [
          { guard: 'declinesThis', target: 'aborting', actions: 'noteDeclined' },
          { actions: 'answerLate' },
        ],
        'checkpoint.timedOut': { guard: 'timesOutThis', target: 'aborting', actions: 'noteTimeout' },
        'ask.expired': { guard: 'isOpenAsk', target: 'aborting', actions: 'noteTimeout' },
        'ask.absent': { guard: 'isOpenAsk', target: 'failed', actions: 'noteAbsent' },
      },
    },

    // Every part of a savepoint is durable, and what finished subtasks have left lies elsewhere. Left when the store has copied it, or has not.
    copying: {
      entry: 'copyCarried',
      after: { writeDeadline: { target: 'aborting', actions: ['noteNotCopied', 'dropCopies'] } },
      on: {
        'record.created': [
          { guard: 'coversCopy', target: 'triggering', actions: 'cover' },
          { guard: 'isCopy', target: 'writingManifest' },
        ],
        'record.missing': { guard: 'isCopy', target: 'aborting', actions: ['noteNotCopied', 'dropCopies'] },
        'record.unknown': { guard: 'isCopy', target: 'aborting', actions: ['noteNotCopied', 'dropCopies'] },
        'record.failed': { guard: 'isCopy', target: 'aborting', actions: ['noteNotCopied', 'dropCopies'] },
        'checkpoint.timedOut': { guard: 'timesOutThis', target: 'aborting', actions: ['noteTimeout', 'dropCopies'] },
      },
    },

    // Left when the entry is known to exist, or it is known that it never will, or nobody can tell. There is no way
    // from here to `aborting`: the checkpoint may be complete (race 8).
    writingManifest: {
      entry: 'write',
      after: { writeDeadline: { target: 'failed', actions: 'noteUnresolved' } },
      on: {
        'record.created': { guard: 'isOurs', target: 'notifying' },
        'record.exists': [
          { guard: 'existsAsOurs', target: 'notifying' },
          { guard: 'isOurs', target: 'failed', actions: 'noteConflict' },
        ],
        'record.unknown': [
          { guard: 'mayCreateAgain', actions: 'createAgain' },
          { guard: 'isOurs', target: 'failed', actions: 'noteUnresolved' },
        ],
        'record.failed': { guard: 'isOurs', target: 'failed', actions: 'noteWriteFailed' },
      },
    },

    // Left when everyone who took part has committed, or one does not in time.
    notifying: {
      entry: 'complete',
      on: {
        'subtask.committed': [
          { guard: 'commitsSavepoint', target: 'publishing', actions: ['noteCommitted', 'deleteSuperseded'] },
          { guard: 'finishesJob', target: 'allFinished', actions: ['noteCommitted', 'deleteSuperseded'] },
          { guard: 'isLastCommitted', target: 'idle', actions: ['noteCommitted', 'deleteSuperseded'] },
          { actions: 'noteCommitted' },
        ],
        'ask.expired': { guard: 'isOpenAsk', target: 'failed', actions: 'noteCommitTimeout' },
        'ask.absent': { guard: 'isOpenAsk', target: 'failed', actions: 'noteAbsent' },
      },
    },

    // What the savepoint holds is committed. Left when the store has said that it shows it, or refuses; when nobody can tell, a job that goes on
    // goes on, and one that ends with it begins a new run, which tries again.
    publishing: {
      entry: 'publish',
      after: {
        writeDeadline: [
          { guard: 'isOfGoingJob', target: 'idle', actions: 'leaveUnresolved' },
          { target: 'failed', actions: 'noteUnpublished' },
        ],
      },
      on: {
        'record.created': [
          { guard: 'publishesLast', target: 'allFinished', actions: 'notePublished' },
          { guard: 'isPublished', target: 'idle', actions: 'notePublished' },
        ],
        'record.exists': [
          { guard: 'publishesLast', target: 'allFinished', actions: 'notePublished' },
          { guard: 'isPublished', target: 'idle', actions: 'notePublished' },
          ...unpublished,
        ],
        'record.unknown': [
          { guard: 'mayPublishAgain', actions: 'publishAgain' },
          { guard: 'failsGoing', target: 'idle', actions: 'leaveUnresolved' },
          { guard: 'isPublication', target: 'failed', actions: 'noteUnpublished' },
        ],
        'record.failed': unpublished,
      },
    },

    // Left when everyone who took part has forgotten the checkpoint, or one does not in time.
    aborting: {
      entry: 'abort',
      on: {
        'subtask.snapshotted': { actions: 'discardSnapshot' },
        'subtask.aborted': [
          {
            guard: 'exhaustsTolerance',
            target: 'failed',
            actions: ['noteAborted', 'deleteAborted', 'rejectAborted', 'noteTooManyFailures'],
          },
          { guard: 'isLastAborted', target: 'idle', actions: ['noteAborted', 'deleteAborted', 'rejectAborted'] },
          { actions: 'noteAborted' },
        ],
        'ask.expired': { guard: 'isOpenAsk', target: 'failed', actions: 'noteAbortTimeout' },
        'ask.absent': { guard: 'isOpenAsk', target: 'failed', actions: 'noteAbsent' },
      },
    },

    failed: { type: 'final', entry: 'reportFailure' },
    allFinished: { type: 'final', entry: 'reportAllFinished' },
  },
  on: {
    'checkpointCoordinator.describe': { actions: 'describe' },
    'checkpoint.due': { actions: 'noteDue' },
    'subtask.snapshotted': { actions: 'answerLate' },
    'subtask.declined': { actions: 'answerLate' },
    'subtask.drained': { actions: 'noteDrained' },
    'checkpointCoordinator.savepoint': { actions: 'noteSavepoint' },
    'checkpointCoordinator.checkpoint': { actions: 'noteAsked' },
    'checkpointCoordinator.stopWithSavepoint': { actions: 'noteStop' },
  },
  actions: {
    describe,
    noteAsked,
    reportAsked,
    schedule,
    noteDue,
    notePaused,
    noteDrained,
    begin,
    noteSource,
    trigger,
    noteInjected,
    noteSnapshot,
    noteDeclined,
    answerLate,
    noteTimeout,
    write,
    createAgain,
    noteConflict,
    noteUnresolved,
    noteWriteFailed,
    complete,
    noteCommitted,
    deleteSuperseded,
    abort,
    discardSnapshot,
    noteAborted,
    deleteAborted,
    noteTooManyFailures,
    noteAbsent,
    noteCommitTimeout,
    noteAbortTimeout,
    reportFailure,
    reportAllFinished,
    cover,
    noteTooEarly,
    copyCarried,
    dropCopies,
    noteNotCopied,
    noteOvertaken,
    publish,
    publishAgain,
    notePublished,
    rejectUnpublished,
    leaveUnresolved,
    noteUnpublished,
    noteSavepoint,
    noteStop,
    rejectAborted,
  },
  guards: {
    isOvertaken,
    endsTooEarly,
    hasToCopy,
    coversCopy,
    isCopy,
    takesLast,
    commitsSavepoint,
    publishesLast,
    isPublished,
    isRefusedForGood,
    isPublication,
    isOfGoingJob,
    mayPublishAgain,
    failsGoing,
    hasToPublish,
    wantsSavepoint,
    isAllFinished,
    mayBegin,
    beginsAfterPause,
    isLastDrained,
    isLastSource,
    isLastSnapshot,
    declinesThis,
    timesOutThis,
    isOpenAsk,
    isOurs,
    existsAsOurs,
    mayCreateAgain,
    finishesJob,
    isLastCommitted,
    exhaustsTolerance,
    isLastAborted,
  },
  delays: { writeDeadline: writeDeadlineMs },
  ignored: {
    '*': {
      'checkpoint.paused': 'The next checkpoint did not wait for the end of the pause.',
      'checkpoint.timedOut': 'The parts of that checkpoint were complete, or it was given up, in time.',
      'sourceCoordinator.snapshotted': 'That checkpoint was given up before the source had closed its valve.',
      'subtask.barrierInjected': 'That checkpoint was given up, or complete without this answer.',
      'subtask.committed': 'Nobody is asked to commit any more; it was answered before.',
      'subtask.aborted': 'Nobody is asked to forget any more; it was answered before.',
      'record.created': 'An earlier try to create an entry that is settled.',
      'record.exists': 'An earlier try to create an entry that is settled.',
      'record.unknown': 'An earlier try to create an entry that is settled.',
      'record.failed': 'An earlier try to create an entry that is settled.',
      'record.read': 'This actor reads no records.',
      'record.missing': 'This actor reads no records.',
      'record.listed': 'This actor lists no records.',
      'ask.unreachable': 'The asking goes on; whether the process is lost is found out by its heartbeat.',
      'ask.expired': 'The question was answered or withdrawn while this was on its way.',
      'ask.absent': 'The question was answered or withdrawn while this was on its way.',
    },
  },
  refusals: {
    staleRun: 'It speaks of another run of the job.',
    staleCheckpoint: 'It speaks of a checkpoint that is over.',
    busy: 'Another savepoint is being taken; the question is repeated.',
  },
  refused: {},
  waitingFor,
});
