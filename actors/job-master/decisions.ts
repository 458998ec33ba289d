import { isAwaited } from './context.js';
import * as describing from './describing.js';
import * as ending from './ending.js';
import * as failover from './failover.js';
import * as questions from './questions.js';
import * as recovery from './recovery.js';
import * as restarting from './restarting.js';
import * as slots from './slots.js';
import * as stopping from './stopping.js';
import * as subtasks from './subtasks.js';

// The decisions of the machine by name. Their bodies stand by concept: recovery reads the log, slots and subtasks bring
// a run up, failover takes it down, ending ends the job.

export const actions = {
  beginFinish: ending.beginFinish,
  cancel: failover.cancel,
  cancelInstead: failover.cancelInstead,
  describe: describing.describe,
  endOn: ending.endOn,
  fail: failover.fail,
  failDamaged: recovery.failDamaged,
  failDeadline: failover.failDeadline,
  failUnmatched: recovery.failUnmatched,
  forget: restarting.forget,
  loseSlotsThere: slots.loseSlotsThere,
  nextRound: failover.nextRound,
  noteAllFinished: subtasks.noteAllFinished,
  noteClosing: failover.noteClosing,
  noteLate: failover.noteLate,
  noteOpened: slots.noteOpened,
  noteReady: subtasks.noteReady,
  noteRefusal: recovery.noteRefusal,
  noteKept: stopping.noteKept,
  noteStop: stopping.noteStop,
  noteStopWith: stopping.noteStopWith,
  noteSubtask: subtasks.noteSubtask,
  noteSuperseded: recovery.noteSuperseded,
  openSlots: slots.openSlots,
  passSavepoint: stopping.passSavepoint,
  persist: ending.persist,
  readNext: recovery.readNext,
  readResult: ending.readResult,
  readStop: stopping.readStop,
  release: failover.release,
  rememberLost: slots.rememberLost,
  requestSlots: slots.requestSlots,
  restoreAll: subtasks.restoreAll,
  retrieve: recovery.retrieve,
  rewindAll: subtasks.rewindAll,
  sayEnded: ending.sayEnded,
  startAll: subtasks.startAll,
  startSources: subtasks.startSources,
  stopAndClose: failover.stopAndClose,
  stopReaders: stopping.stopReaders,
  stopSources: stopping.stopSources,
  takeCheckpoint: recovery.takeCheckpoint,
  takeGrant: slots.takeGrant,
  takeResult: ending.takeResult,
  tellCoordinator: stopping.tellCoordinator,
};

export const guards = {
  endingGoesOn: ending.endingGoesOn,
  endingNotes: ending.endingNotes,
  endsCanceled: ending.endsCanceled,
  endsFailed: ending.endsFailed,
  endsFinished: ending.endsFinished,
  finishesAfterAll: subtasks.finishesAfterAll,
  grantsLost: slots.grantsLost,
  holdsSlotThere: slots.holdsSlotThere,
  isAwaited,
  isCanceled: failover.isCanceled,
  isClaimed: recovery.isClaimed,
  isClaimedFirst: recovery.isClaimedFirst,
  isClosing: failover.isClosing,
  isDamaged: recovery.isDamaged,
  isFatal: failover.isFatal,
  isGrant: slots.isGrant,
  isOfThisRun: questions.isOfThisRun,
  isOpen: questions.isOpen,
  isReady: subtasks.isReady,
  isRefused: recovery.isRefused,
  isSlotAnswer: slots.isSlotAnswer,
  isStopKept: stopping.isStopKept,
  isSubtaskAnswer: subtasks.isSubtaskAnswer,
  isSuperseded: recovery.isSuperseded,
  isUnmatched: recovery.isUnmatched,
  opensLast: slots.opensLast,
  pauseEnds: failover.pauseEnds,
  pauseEndsCanceled: failover.pauseEndsCanceled,
  pauseEndsFailed: failover.pauseEndsFailed,
  readiesLast: subtasks.readiesLast,
  readsOn: recovery.readsOn,
  restoresLast: subtasks.restoresLast,
  rewindsLast: subtasks.rewindsLast,
  startsLastAfterAll: subtasks.startsLastAfterAll,
  wasCanceled: ending.wasCanceled,
  wasFailed: ending.wasFailed,
  wasFinished: ending.wasFinished,
};

export const delays = {
  deployDeadline: subtasks.deployMs,
  endingDeadline: ending.endingMs,
  pauseDeadline: failover.pauseMs,
  restartDelay: restarting.restartMs,
  storeSilence: ending.storeWaitMs,
};
