import { defineActor } from '../kernel/actor.js';
import { dispatcherContext } from './context.js';
import {
  cancelJob,
  forgetLookups,
  isListing,
  isLookup,
  isSubmission,
  listJobs,
  listsNothing,
  listUnlessLooking,
  lookOn,
  looksLast,
  lookUp,
  noteEnded,
  noteListed,
  noteRefusal,
  storeSilenceMs,
  submit,
  submitOn,
  waitingFor,
} from './decisions.js';
import { type DispatcherInput, dispatcherMessages } from './messages.js';

export type { DispatcherContext } from './context.js';
export type { DispatcherInput } from './messages.js';

const notAwaited = 'It answers a request that is not awaited any more.';

/** One answer about one job; a step forward starts the deadline anew. */
const looking = [
  { guard: 'looksLast', target: 'serving', actions: 'lookOn' },
  { guard: 'isLookup', target: 'recovering', reenter: true, actions: 'lookOn' },
] as const;

const submitting = { guard: 'isSubmission', actions: 'submitOn' } as const;

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
        'dispatcher.listJobs': { actions: 'listJobs' },
        'record.created': submitting,
        'record.exists': submitting,
        'record.read': submitting,
        'record.missing': submitting,
        'record.unknown': submitting,
        'record.failed': submitting,
      },
    },
  },
  actions: {
    cancelJob,
    forgetLookups,
    listJobs,
    listUnlessLooking,
    lookOn,
    lookUp,
    noteEnded,
    noteListed,
    noteRefusal,
    submit,
    submitOn,
  },
  guards: { isListing, isLookup, isSubmission, listsNothing, looksLast },
  delays: { storeSilence: storeSilenceMs },
  ignored: {
    '*': {
      'record.created': notAwaited,
      'record.exists': notAwaited,
      'record.read': notAwaited,
      'record.missing': notAwaited,
      'record.listed': notAwaited,
      'record.unknown': notAwaited,
      'record.failed': notAwaited,
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
      'dispatcher.listJobs': 'tooEarly',
    },
  },
  waitingFor,
});
