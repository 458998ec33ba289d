import { defineActor } from '../kernel/actor.js';
import {
  abort,
  beginsCommit,
  complete,
  isFinal,
  noteCommitted,
  noteDeclined,
  noteInjected,
  noteSnapshotted,
  trigger,
  triggerFinished,
} from './checkpoints.js';
import { isOtherRun, isThisRun, subtaskContext } from './context.js';
import {
  align,
  answerRestored,
  answerRewound,
  answerStarted,
  assign,
  cancel,
  fail,
  finishedBefore,
  isStarting,
  noteRestored,
  noteRewound,
  noteStarted,
  refuseStaleRun,
  refuseStart,
  reportDrained,
  reportRequest,
  reportWatermark,
  restore,
  rewind,
  startTask,
  stop,
  tellCanceled,
  waiting,
  withdrawDrained,
} from './decisions.js';
import { postponeFact, renewFact, resumeFact } from './facts.js';
import { type SubtaskInput, subtaskMessages } from './messages.js';

export type { SubtaskInput } from './messages.js';

const early = 'tooEarly';
const notYet = {
  'subtask.start': early,
  'subtask.stop': early,
  'subtask.assignSplits': early,
  'subtask.triggerCheckpoint': early,
  'subtask.completeCheckpoint': early,
  'subtask.abortCheckpoint': early,
} as const;
const every = (code: string) => ({
  'subtask.restore': code,
  'subtask.rewind': code,
  'subtask.start': code,
  'subtask.stop': code,
  'subtask.assignSplits': code,
  'subtask.triggerCheckpoint': code,
  'subtask.completeCheckpoint': code,
  'subtask.abortCheckpoint': code,
});

const staleRun = { guard: 'isOtherRun', actions: 'refuseStaleRun' } as const;

/** In every state but those of the end. */
const mortal = {
  'subtask.cancel': { target: 'canceling', actions: 'cancel' },
  'task.failed': { target: 'failed', actions: 'fail' },
} as const;

const restored = { 'subtask.restore': { guard: 'isThisRun', actions: 'answerRestored' } } as const;
const rewound = { 'subtask.rewind': { guard: 'isThisRun', actions: 'answerRewound' } } as const;
const started = { 'subtask.start': { guard: 'isThisRun', actions: 'answerStarted' } } as const;

/** What the data plane does from the moment it may run. */
const flowing = {
  'subtask.assignSplits': { guard: 'isThisRun', actions: 'assign' },
  'subtask.abortCheckpoint': { guard: 'isThisRun', actions: 'abort' },
  'alignment.announced': { guard: 'isThisRun', actions: 'align' },
  'task.splitsRequested': { actions: 'reportRequest' },
  'task.watermarkReached': { actions: 'reportWatermark' },
  'task.barrierInjected': { actions: 'noteInjected' },
  'task.snapshotted': { actions: 'noteSnapshotted' },
  'task.declined': { actions: 'noteDeclined' },
} as const;

/** Barriers flow until the final checkpoint is committed, also after the last record. */
const running = {
  ...mortal,
  ...restored,
  ...rewound,
  ...started,
  ...flowing,
  'subtask.stop': { guard: 'isThisRun', actions: 'stop' },
  'subtask.triggerCheckpoint': { guard: 'isThisRun', actions: 'trigger' },
  'subtask.completeCheckpoint': { guard: 'isThisRun', actions: 'complete' },
} as const;

const finishes = { guard: 'isFinal', target: 'finished', actions: ['noteCommitted', 'withdrawDrained'] } as const;
const committed = { 'task.committed': [finishes, { actions: 'noteCommitted' }] } as const;
const drained = { 'task.drained': { target: 'awaitingFinalCheckpoint', actions: 'reportDrained' } } as const;

const ended = 'The attempt has ended; what its data plane still said of it is of no interest.';
const saidBefore = 'It holds already.';
const notRunning = 'The data plane says this only while it runs.';

/**
 * The states that wait for a command have no deadline of their own: the job-master's is the same for all subtasks, and
 * leads to the end of the slot; and a slot without a leader is ended after the orphan timeout.
 */
export const subtaskActor = defineActor({
  role: 'subtask',
  messages: subtaskMessages,
  context: (input: SubtaskInput) => subtaskContext(input),
  initial: 'created',
  on: {
    'subtask.restore': staleRun,
    'subtask.rewind': staleRun,
    'subtask.start': staleRun,
    'subtask.stop': staleRun,
    'subtask.assignSplits': staleRun,
    'subtask.triggerCheckpoint': staleRun,
    'subtask.completeCheckpoint': staleRun,
    'subtask.abortCheckpoint': staleRun,
    'ask.expired': { actions: 'renewFact' },
    'ask.absent': { actions: 'postponeFact' },
    'subtask.askAgain': { actions: 'resumeFact' },
  },
  states: {
    // Left when it is told what to load.
    created: {
      on: {
        ...mortal,
        'subtask.restore': { guard: 'isThisRun', target: 'restoringState', actions: 'restore' },
      },
    },
    // Left when the data plane has loaded its key groups and operator state.
    restoringState: {
      on: { ...mortal, 'task.restored': { target: 'restored', actions: 'noteRestored' } },
    },
    // A barrier of the whole region. Left when all of it has restored, and readers may seek.
    restored: {
      on: {
        ...mortal,
        ...restored,
        'subtask.rewind': { guard: 'isThisRun', target: 'rewindingSource', actions: 'rewind' },
      },
    },
    // Left when its readers stand at the checkpointed positions; without a source that is at once.
    rewindingSource: {
      on: { ...mortal, ...restored, 'task.rewound': { target: 'ready', actions: 'noteRewound' } },
    },
    // A barrier of the whole region. Left when records flow. Until the data plane says so it is being started.
    ready: {
      on: {
        ...mortal,
        ...restored,
        ...rewound,
        ...flowing,
        'subtask.start': [
          { guard: 'isOtherRun', actions: 'refuseStaleRun' },
          { guard: 'isStarting', actions: 'refuseStart' },
          { actions: 'startTask' },
        ],
        'task.started': [
          { guard: 'finishedBefore', target: 'finished', actions: 'noteStarted' },
          { target: 'running', actions: 'noteStarted' },
        ],
      },
    },
    // Left when its input has ended.
    running: { on: { ...running, ...committed, ...drained, 'task.inputEnded': { target: 'draining' } } },
    // Operators finish what they hold. Left when end of data is on its way downstream.
    draining: { on: { ...running, ...committed, ...drained } },
    // All is processed and not all is committed. Left when a checkpoint is to be committed.
    awaitingFinalCheckpoint: {
      on: {
        ...running,
        ...committed,
        'subtask.completeCheckpoint': [
          { guard: 'isOtherRun', actions: 'refuseStaleRun' },
          { guard: 'beginsCommit', target: 'committing', actions: 'complete' },
          { actions: 'complete' },
        ],
      },
    },
    // Left when it is committed: for good if it was taken after the last record, else to wait for the next one.
    committing: {
      on: {
        ...running,
        'task.committed': [finishes, { target: 'awaitingFinalCheckpoint', actions: 'noteCommitted' }],
      },
    },
    // It stays to answer again, until its slot ends the run.
    finished: {
      on: {
        ...running,
        'subtask.triggerCheckpoint': { guard: 'isThisRun', actions: 'triggerFinished' },
        'task.committed': { actions: 'noteCommitted' },
      },
    },
    // The job-master is told until it has noted it. Left when the slot ends the run.
    failed: { on: { 'subtask.cancel': mortal['subtask.cancel'] } },
    // Left when nothing of the attempt is left. The slot waits for the cancel timeout only, and then uses force.
    canceling: { on: { 'task.canceled': { target: 'canceled', actions: 'tellCanceled' } } },
    canceled: { type: 'final' },
  },
  actions: {
    abort,
    align,
    answerRestored,
    answerRewound,
    answerStarted,
    assign,
    cancel,
    complete,
    fail,
    noteCommitted,
    noteDeclined,
    noteInjected,
    noteRestored,
    noteRewound,
    noteSnapshotted,
    noteStarted,
    postponeFact,
    refuseStaleRun,
    refuseStart,
    renewFact,
    reportDrained,
    reportRequest,
    reportWatermark,
    restore,
    resumeFact,
    rewind,
    startTask,
    stop,
    tellCanceled,
    trigger,
    triggerFinished,
    withdrawDrained,
  },
  guards: { beginsCommit, finishedBefore, isFinal, isOtherRun, isStarting, isThisRun },
  delays: {},
  ignored: {
    '*': {
      'jobMaster.noted': 'The host has closed the question; nothing waits for it.',
      'checkpointCoordinator.noted': 'The host has closed the question; nothing waits for it.',
      'sourceCoordinator.noted': 'The host has closed the question; nothing waits for it.',
      'alignment.announced': 'It reads nothing, or not any more.',
      'ask.unreachable': 'The leader may be restarting; the question is repeated.',
      'task.restored': saidBefore,
      'task.rewound': saidBefore,
      'task.started': saidBefore,
      'task.inputEnded': saidBefore,
      'task.drained': saidBefore,
      'task.splitsRequested': notRunning,
      'task.watermarkReached': notRunning,
      'task.barrierInjected': notRunning,
      'task.snapshotted': notRunning,
      'task.declined': notRunning,
      'task.committed': notRunning,
      'task.canceled': 'Nobody has canceled it; the slot that ended is told otherwise.',
    },
    failed: {
      'task.failed': 'The first failure is the cause; the others follow from it.',
      'task.canceled': ended,
    },
    canceling: { 'subtask.cancel': 'It is ending.', 'task.failed': ended },
  },
  refusals: {
    staleRun: 'It speaks of another run.',
    tooEarly: 'The attempt is not that far yet, or does it just now; the question is repeated.',
    staleCheckpoint: 'Races 1 and 2: the checkpoint was aborted, or a newer one has been triggered.',
    finished: 'All it did is committed; there is no stream to put a barrier into.',
    failed: 'The attempt has failed; only its end is left.',
    canceled: 'The attempt is ending.',
  },
  refused: {
    created: { ...notYet, 'subtask.rewind': early },
    restoringState: { ...notYet, 'subtask.restore': early, 'subtask.rewind': early },
    restored: notYet,
    rewindingSource: { ...notYet, 'subtask.rewind': early },
    ready: { 'subtask.stop': early, 'subtask.triggerCheckpoint': early, 'subtask.completeCheckpoint': early },
    failed: every('failed'),
    canceling: every('canceled'),
  },
  waitingFor: waiting,
});
