import { defineActor } from '../kernel/actor.js';
import { ignoredRecords, notAwaited } from '../kernel/message.js';
import { dispatcherContext } from './context.js';
import {
  cancelJob,
  cancelOn,
  deleteSavepoint,
  describeJob,
  describeSavepoint,
  forgetLookups,
  isCancel,
  isListing,
  isLookup,
  isSavepointWork,
  isStop,
  isSubmission,
  listJobs,
  listSavepoints,
  listsNothing,
  listUnlessLooking,
  lookOn,
  looksLast,
  lookUp,
  noteEnded,
  noteListed,
  noteRefusal,
  rescaleJob,
  savepointJob,
  savepointOn,
  stopJob,
  stopOn,
  stopWithSavepoint,
  storeSilenceMs,
  submit,
  submitOn,
  waitingFor,
} from './decisions.js';
import { type DispatcherInput, dispatcherMessages } from './messages.js';

export type { DispatcherContext } from './context.js';
export type { DispatcherInput } from './messages.js';

/** One answer about one job; a step forward starts the deadline anew. */
const looking = [
  { guard: 'looksLast', target: 'serving', actions: 'lookOn' },
  { guard: 'isLookup', target: 'recovering', reenter: true, actions: 'lookOn' },
] as const;

/** An answer about a submission, a wish to stop or to cancel, or a savepoint. */
const keeping = [
  { guard: 'isSubmission', actions: 'submitOn' },
  { guard: 'isStop', actions: 'stopOn' },
  { guard: 'isCancel', actions: 'cancelOn' },
  { guard: 'isSavepointWork', actions: 'savepointOn' },
] as const;

export const dispatcherActor = defineActor({
  role: 'dispatcher',
  messages: dispatcherMessages,
  context: (input: DispatcherInput) => dispatcherContext(input),
  initial: 'recovering',
  on: { 'jobMaster.ended': { actions: 'noteEnded' } },
  states: {
    // After a change of leader. Left when every job of the store runs again, has ended, or is known to be damaged.
    recovering: {
      entry: 'listUnlessLooking',
      after: { storeSilence: { target: 'recovering', reenter: true, actions: 'forgetLookups' } },
      on: {
        'record.listed': [
          { guard: 'listsNothing', target: 'serving', actions: 'noteListed' },
          { guard: 'isListing', target: 'recovering', reenter: true, actions: 'lookUp' },
        ],
        'record.read': looking,
        'record.missing': looking,
        'record.unknown': [
          { guard: 'isListing', target: 'recovering', reenter: true, actions: 'noteListed' },
          ...looking,
        ],
        'record.failed': [{ guard: 'isListing', actions: 'noteRefusal' }, ...looking],
      },
    },
    // Never left: leadership is for the life of the process.
    serving: {
      on: {
        'dispatcher.submitJob': { actions: 'submit' },
        'dispatcher.cancelJob': { actions: 'cancelJob' },
        'dispatcher.stopJob': { actions: 'stopJob' },
        'dispatcher.rescaleJob': { actions: 'rescaleJob' },
        'dispatcher.describeJob': { actions: 'describeJob' },
        'dispatcher.listJobs': { actions: 'listJobs' },
        'dispatcher.savepointJob': { actions: 'savepointJob' },
        'dispatcher.stopWithSavepoint': { actions: 'stopWithSavepoint' },
        'dispatcher.listSavepoints': { actions: 'listSavepoints' },
        'dispatcher.describeSavepoint': { actions: 'describeSavepoint' },
        'dispatcher.deleteSavepoint': { actions: 'deleteSavepoint' },
        'savepoint.discarded': { guard: 'isSavepointWork', actions: 'savepointOn' },
        'record.created': keeping,
        'record.listed': keeping,
        'record.exists': keeping,
        'record.read': keeping,
        'record.missing': keeping,
        'record.unknown': keeping,
        'record.failed': keeping,
      },
    },
  },
  actions: {
    cancelJob,
    cancelOn,
    deleteSavepoint,
    describeJob,
    describeSavepoint,
    forgetLookups,
    listJobs,
    listSavepoints,
    listUnlessLooking,
    lookOn,
    lookUp,
    noteEnded,
    noteListed,
    noteRefusal,
    rescaleJob,
    savepointJob,
    savepointOn,
    stopJob,
    stopOn,
    stopWithSavepoint,
    submit,
    submitOn,
  },
  guards: { isCancel, isListing, isLookup, isSavepointWork, isStop, isSubmission, listsNothing, looksLast },
  delays: { storeSilence: storeSilenceMs },
  ignored: {
    '*': {
      ...ignoredRecords,
      'savepoint.discarded': notAwaited,
    },
  },
  refusals: {
    tooEarly:
      'The leader does not know its jobs yet, or the store has not answered for this one; the question is repeated.',
  },
  refused: {
    recovering: {
      'dispatcher.submitJob': 'tooEarly',
      'dispatcher.cancelJob': 'tooEarly',
      'dispatcher.stopJob': 'tooEarly',
      'dispatcher.rescaleJob': 'tooEarly',
      'dispatcher.describeJob': 'tooEarly',
      'dispatcher.listJobs': 'tooEarly',
      'dispatcher.savepointJob': 'tooEarly',
      'dispatcher.stopWithSavepoint': 'tooEarly',
      'dispatcher.listSavepoints': 'tooEarly',
      'dispatcher.describeSavepoint': 'tooEarly',
      'dispatcher.deleteSavepoint': 'tooEarly',
    },
  },
  waitingFor,
});
