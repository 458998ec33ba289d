import { defineActor } from '../kernel/actor.js';
import { ignoredRecords, notAwaited } from '../kernel/message.js';
import { jobMasterContext } from './context.js';
import { actions, delays, guards } from './decisions.js';
import { type JobMasterInput, jobMasterMessages } from './messages.js';
import { waitingFor } from './waiting.js';

export type { JobMasterContext } from './context.js';
export type { JobMasterInput } from './messages.js';

const ended = 'The job has ended otherwise already.';
const withdrawn = 'The question was withdrawn while this was on its way.';
const stopped = 'The coordinator has been stopped; it said this before.';
const coordinatorsStopped = {
  'sourceCoordinator.ready': stopped,
  'sourceCoordinator.failed': stopped,
  'checkpointCoordinator.failed': stopped,
  'checkpointCoordinator.allFinished': 'The next run finds everything finished.',
} as const;

/** In every state in which the run holds slots, or may: whatever fails ends the run. */
const failing = {
  'jobMaster.cancel': { target: 'pausing', actions: 'cancel' },
  'subtask.failed': { guard: 'isOfThisRun', target: 'pausing', actions: 'fail' },
  'sourceCoordinator.failed': { guard: 'isOfThisRun', target: 'pausing', actions: 'fail' },
  'checkpointCoordinator.failed': { guard: 'isOfThisRun', target: 'pausing', actions: 'fail' },
  'resourceManager.slotLost': { guard: 'isOfThisRun', target: 'pausing', actions: 'fail' },
  'resourceManager.taskManagerLost': {
    guard: 'holdsSlotThere',
    target: 'pausing',
    actions: ['loseSlotsThere', 'fail'],
  },
  'ask.expired': { guard: 'isOpen', target: 'pausing', actions: 'fail' },
  'ask.absent': { guard: 'isOpen', target: 'pausing', actions: 'fail' },
} as const;

/** The steps of a promise to rescale, and where it leads once it is kept durably. */
const promising = <S extends string, A extends string>(target: S, actions: readonly A[]) => {
  const step = { guard: 'isKeeping', actions: 'keepOn' } as const;
  return {
    'jobMaster.rescale': [{ guard: 'isGranted', actions: 'answerGranted' }, { actions: 'rescale' }],
    'record.created': step,
    'record.exists': step,
    'record.unknown': step,
    'record.failed': step,
    'record.listed': [{ guard: 'grants', target, actions }, step],
  } as const;
};

/** The two states that wait for slots differ only in what follows. */
const acquiring = {
  ...failing,
  ...promising('pausing', ['keepOn', 'pauseForRescale']),
  'resourceManager.slotsCounted': { guard: 'isCounting', actions: 'takeCount' },
  'ask.expired': [{ guard: 'endsSettling', actions: ['settle', 'requestSlots'] }, failing['ask.expired']],
  'resourceManager.slotsGranted': [
    { guard: 'grantsLost', target: 'pausing', actions: ['takeGrant', 'fail'] },
    { guard: 'isGrant', actions: ['takeGrant', 'openSlots'] },
  ],
  'resourceManager.taskManagerLost': [failing['resourceManager.taskManagerLost'], { actions: 'rememberLost' }],
  'slot.openFailed': { guard: 'isSlotAnswer', target: 'pausing', actions: 'fail' },
} as const;

/** While records are processed. */
const processing = {
  ...failing,
  'jobMaster.stop': { actions: ['noteStop', 'stopSources', 'stopReaders'] },
  'jobMaster.stopWithSavepoint': { actions: ['noteStopWith', 'tellCoordinator', 'stopSources', 'stopReaders'] },
  'subtask.stopping': { guard: 'isSubtaskAnswer', actions: 'noteSubtask' },
  'subtask.started': [
    { guard: 'startsLastAfterAll', target: 'finishing', actions: ['noteSubtask', 'beginFinish', 'persist'] },
    { guard: 'isSubtaskAnswer', actions: ['noteSubtask', 'stopReaders'] },
  ],
  'checkpointCoordinator.allFinished': [
    { guard: 'finishesAfterAll', target: 'finishing', actions: ['noteAllFinished', 'beginFinish', 'persist'] },
    { guard: 'isOfThisRun', actions: 'noteAllFinished' },
  ],
} as const;

const rewinding = {
  'sourceCoordinator.ready': [
    { guard: 'readiesLast', actions: ['noteReady', 'rewindAll'] },
    { guard: 'isReady', actions: 'noteReady' },
  ],
  'subtask.rewound': [
    { guard: 'rewindsLast', target: 'running', actions: 'noteSubtask' },
    { guard: 'isSubtaskAnswer', actions: 'noteSubtask' },
  ],
} as const;

/** An answer of the store while the log is read. */
const readingOn = { guard: 'readsOn', target: 'retrievingCheckpoint', reenter: true, actions: 'readNext' } as const;
const refused = { guard: 'isRefused', target: 'retrievingCheckpoint', reenter: true, actions: 'noteRefusal' } as const;
const judging = [
  { guard: 'isSuperseded', target: 'superseded', actions: 'noteSuperseded' },
  { guard: 'isDamaged', target: 'pausing', actions: 'failDamaged' },
] as const;
const claimed = [
  { guard: 'isUnmatched', target: 'pausing', actions: ['takeCheckpoint', 'failUnmatched'] },
  { guard: 'isClaimedFirst', target: 'awaitingSlots', actions: 'takeCheckpoint' },
  { guard: 'isRescaleClaimed', target: 'redistributing', actions: 'takeCheckpoint' },
  { guard: 'isClaimed', target: 'backingOff', actions: 'takeCheckpoint' },
] as const;

const stopKept = { guard: 'isStopKept', target: 'recallingScale', actions: 'noteKept' } as const;

/** While slots are being closed. */
const closing = [
  { guard: 'pauseEndsCanceled', target: 'canceling', actions: ['noteClosing', 'release', 'persist'] },
  { guard: 'pauseEndsFailed', target: 'failing', actions: ['noteClosing', 'release', 'persist'] },
  {
    guard: 'pauseEnds',
    target: 'retrievingCheckpoint',
    actions: ['noteClosing', 'release', 'nextRound', 'retrieve'],
  },
  { guard: 'isClosing', actions: 'noteClosing' },
] as const;

/** One step of the end of a job; what stands in the store decides how it ended. */
const stepOf = <S extends string>(self: S) =>
  [
    { guard: 'endsFinished', target: 'finished' },
    { guard: 'endsFailed', target: 'failed' },
    { guard: 'endsCanceled', target: 'canceled' },
    { guard: 'endingGoesOn', target: self, reenter: true, actions: 'endOn' },
    { guard: 'endingNotes', actions: 'endOn' },
  ] as const;

const endingOn = <S extends string>(self: S) => {
  const step = stepOf(self);
  return {
    after: { endingDeadline: step },
    on: {
      'record.created': step,
      'record.exists': step,
      'record.read': step,
      'record.missing': step,
      'record.listed': step,
      'record.unknown': step,
      'record.failed': step,
      'slot.closed': step,
      'resourceManager.taskManagerLost': step,
      'ask.expired': step,
      'ask.absent': step,
      'blobs.swept': step,
    },
  } as const;
};

export const jobMasterActor = defineActor({
  role: 'job-master',
  messages: jobMasterMessages,
  context: (input: JobMasterInput) => jobMasterContext(input),
  initial: 'created',
  on: {
    'subtask.failed': { guard: 'isOfThisRun', actions: 'noteLate' },
    'failure.outlived': { actions: 'forget' },
    'failureHistory.recalled': { actions: 'noteRecalled' },
    'jobMaster.stop': { actions: 'noteStop' },
    'jobMaster.stopWithSavepoint': { actions: 'noteStopWith' },
    'jobMaster.describe': { actions: 'describe' },
    'jobMaster.rescale': { guard: 'isGranted', actions: 'answerGranted' },
  },
  states: {
    // An earlier leader may have ended the job after the dispatcher looked. Left when the store has said whether.
    created: {
      entry: 'readResult',
      after: { storeSilence: { target: 'created', reenter: true } },
      on: {
        // A result that stands there already is the job's end, whoever wants another.
        'jobMaster.cancel': { actions: 'cancel' },
        'record.read': [
          { guard: 'wasFinished', target: 'finished', actions: ['takeResult', 'release'] },
          { guard: 'wasFailed', target: 'failed', actions: ['takeResult', 'release'] },
          { guard: 'wasCanceled', target: 'canceled', actions: ['takeResult', 'release'] },
          { guard: 'isAwaited', actions: 'noteRefusal' },
        ],
        'record.missing': [
          { guard: 'isCanceledAnew', target: 'pausing', actions: 'startHistory' },
          { guard: 'isAwaited', target: 'recallingStop', actions: 'startHistory' },
        ],
        'record.unknown': { guard: 'isAwaited', target: 'created', reenter: true },
        'record.failed': { guard: 'isAwaited', actions: 'noteRefusal' },
      },
    },
    // An earlier leader may have promised to stop the job. Left when the store has said whether.
    recallingStop: {
      entry: 'readStop',
      after: { storeSilence: { target: 'recallingStop', reenter: true } },
      on: {
        'jobMaster.cancel': { target: 'pausing', actions: 'cancel' },
        'record.read': stopKept,
        'record.missing': { guard: 'isAwaited', target: 'recallingScale' },
        'record.unknown': { guard: 'isAwaited', target: 'recallingStop', reenter: true },
        'record.failed': [stopKept, { guard: 'isAwaited', actions: 'noteRefusal' }],
      },
    },
    // An earlier leader may have promised another parallelism. Left when there is no newer record of one.
    recallingScale: {
      entry: 'readScale',
      after: { storeSilence: { target: 'recallingScale', reenter: true } },
      on: {
        'jobMaster.cancel': { target: 'pausing', actions: 'cancel' },
        'record.listed': { guard: 'isAwaited', target: 'recallingScale', reenter: true, actions: 'noteScaleListed' },
        'record.read': { guard: 'isAwaited', target: 'recallingScale', reenter: true, actions: 'noteScaleRead' },
        'record.missing': { guard: 'isAwaited', target: 'retrievingCheckpoint', actions: ['applyScale', 'retrieve'] },
        'record.unknown': { guard: 'isAwaited', target: 'recallingScale', reenter: true },
        'record.failed': [
          { guard: 'isScaleDamaged', target: 'recallingScale', reenter: true, actions: 'noteScaleRead' },
          { guard: 'isAwaited', actions: 'noteRefusal' },
        ],
      },
    },
    // Left when this run's own entry stands at the end of the manifest log: an entry that lands later is void.
    retrievingCheckpoint: {
      after: { storeSilence: { target: 'retrievingCheckpoint', reenter: true, actions: 'retrieve' } },
      on: {
        'jobMaster.cancel': { target: 'pausing', actions: 'cancel' },
        'record.listed': [...claimed, readingOn, refused],
        'record.read': [...judging, ...claimed, readingOn, refused],
        'record.missing': [...judging, ...claimed, readingOn, refused],
        'record.failed': [...judging, ...claimed, readingOn, refused],
        'record.created': [...claimed, refused],
        'record.exists': [...claimed, ...judging, readingOn, refused],
        'record.unknown': readingOn,
      },
    },
    // A first run. Left when every slot that was granted has opened, or something fails.
    awaitingSlots: {
      entry: 'requestSlots',
      on: {
        ...acquiring,
        'slot.opened': [
          { guard: 'opensLast', target: 'deploying', actions: 'noteOpened' },
          { guard: 'isSlotAnswer', actions: 'noteOpened' },
        ],
      },
    },
    // A first run. Left when all subtasks have loaded, and then all readers stand at their positions.
    deploying: {
      entry: 'restoreAll',
      after: { deployDeadline: { target: 'pausing', actions: 'failDeadline' } },
      on: {
        ...failing,
        ...rewinding,
        'subtask.restored': [
          { guard: 'restoresLast', actions: ['noteSubtask', 'startSources'] },
          { guard: 'isSubtaskAnswer', actions: 'noteSubtask' },
        ],
      },
    },
    // Left when every subtask has finished and committed, something fails, or another parallelism is promised.
    running: {
      entry: ['startAll', 'stopSources', 'watchSlots'],
      on: {
        ...processing,
        ...promising('checkpointingForRescale', ['keepOn']),
        'jobMaster.savepoint': { actions: 'passSavepoint' },
        'rescale.due': { actions: 'lookForSlots' },
        'resourceManager.slotsCounted': [
          { guard: 'isCounting', actions: 'takeCount' },
          { guard: 'gainsSlots', target: 'checkpointingForRescale', actions: 'noteLook' },
          { guard: 'isLook', actions: 'noteLook' },
        ],
      },
    },
    // It runs on, so that little is read twice. Left when a checkpoint is complete or has failed, or has been waited for enough.
    checkpointingForRescale: {
      entry: 'checkpointFirst',
      after: { rescaleCheckpoint: { target: 'pausing', actions: 'pauseForRescale' } },
      on: {
        ...processing,
        'checkpointCoordinator.failed': {
          guard: 'isOfThisRun',
          target: 'pausing',
          actions: ['noteUnsaved', 'pauseForRescale'],
        },
        'checkpointCoordinator.checkpointed': { guard: 'isOfThisRun', target: 'pausing', actions: 'pauseForRescale' },
      },
    },
    // The run ends. Left when every slot of it is closed or lost, or has been silent for too long.
    pausing: {
      entry: 'stopAndClose',
      after: {
        pauseDeadline: [
          { guard: 'isCanceled', target: 'canceling', actions: ['release', 'persist'] },
          { guard: 'isFatal', target: 'failing', actions: ['release', 'persist'] },
          { target: 'retrievingCheckpoint', actions: ['release', 'nextRound', 'retrieve'] },
        ],
      },
      on: {
        'jobMaster.cancel': { actions: 'cancelInstead' },
        'slot.closed': closing,
        'resourceManager.taskManagerLost': closing,
        'ask.expired': closing,
        'ask.absent': closing,
      },
    },
    // Left after the delay of the restart strategy.
    backingOff: {
      after: { restartDelay: { target: 'redistributing' } },
      on: { 'jobMaster.cancel': { target: 'pausing', actions: 'cancel' } },
    },
    // A later run. Left when every slot that was granted has opened, or something fails. Lost ones are not waited for.
    redistributing: {
      entry: 'requestSlots',
      on: {
        ...acquiring,
        'slot.opened': [
          { guard: 'opensLast', target: 'restoringState', actions: 'noteOpened' },
          { guard: 'isSlotAnswer', actions: 'noteOpened' },
        ],
      },
    },
    // Left when all subtasks have loaded their state, or something fails.
    restoringState: {
      entry: 'restoreAll',
      on: {
        ...failing,
        'subtask.restored': [
          { guard: 'restoresLast', target: 'rewindingSources', actions: 'noteSubtask' },
          { guard: 'isSubtaskAnswer', actions: 'noteSubtask' },
        ],
      },
    },
    // Left when all readers stand at the checkpointed positions, or something fails.
    rewindingSources: {
      entry: 'startSources',
      after: { deployDeadline: { target: 'pausing', actions: 'failDeadline' } },
      on: { ...failing, ...rewinding },
    },
    // All is committed. Left when the result is durable and nothing of the run is left, or has been waited for enough.
    finishing: endingOn('finishing'),
    // The job is over. The dispatcher has been told.
    finished: { type: 'final', entry: 'sayEnded' },
    // The run is over. Left when the result is durable and what nobody needs is deleted.
    failing: endingOn('failing'),
    failed: { type: 'final', entry: 'sayEnded' },
    // The run is over. Left when the result is durable and what nobody needs is deleted.
    canceling: endingOn('canceling'),
    canceled: { type: 'final', entry: 'sayEnded' },
    // A newer leader has the job: nothing is persisted and nobody is told, because the job has not ended.
    superseded: { type: 'final', entry: 'leaveHistory' },
  },
  actions,
  guards,
  delays,
  ignored: {
    '*': {
      'resourceManager.taskManagerLost': 'No slot of this run is there.',
      'resourceManager.slotLost': 'It is no slot of this run, or is being closed anyway.',
      'ask.expired': withdrawn,
      'ask.absent': withdrawn,
      'ask.unreachable': 'The asking goes on until its deadline; the resource manager says whether the peer is lost.',
      'blobs.swept': notAwaited,
      'rescale.due': 'Only while it runs it looks for slots; each run begins anew.',
      'resourceManager.slotsCounted': 'It was wanted for a rescale of a run that has ended meanwhile.',
      'checkpointCoordinator.checkpointed': 'The run ends already.',
      ...ignoredRecords,
    },
    pausing: coordinatorsStopped,
    finishing: { 'jobMaster.cancel': ended, ...coordinatorsStopped },
    failing: { 'jobMaster.cancel': ended, ...coordinatorsStopped },
    canceling: { 'jobMaster.cancel': 'It is being canceled.', ...coordinatorsStopped },
  },
  refusals: {
    staleRun: 'It speaks of another run, or answers a question that was withdrawn.',
    notRunning: 'Only a job that runs can be saved or rescaled; the question is repeated.',
    busy: 'Another rescale is being promised; the question is repeated.',
  },
  refused: {
    '*': {
      'resourceManager.slotsGranted': 'staleRun',
      'slot.opened': 'staleRun',
      'slot.openFailed': 'staleRun',
      'slot.closed': 'staleRun',
      'subtask.restored': 'staleRun',
      'subtask.rewound': 'staleRun',
      'subtask.started': 'staleRun',
      'subtask.stopping': 'staleRun',
      'subtask.failed': 'staleRun',
      'sourceCoordinator.ready': 'staleRun',
      'sourceCoordinator.failed': 'staleRun',
      'checkpointCoordinator.failed': 'staleRun',
      'checkpointCoordinator.allFinished': 'staleRun',
      'jobMaster.savepoint': 'notRunning',
      'jobMaster.rescale': 'notRunning',
    },
  },
  waitingFor,
});
