import { defineActor } from '../kernel/actor.js';
import { ignoredRecords } from '../kernel/message.js';
import {
  discard,
  endsRecall,
  endsWriting,
  failureHistoryContext,
  isAwaited,
  isDamaged,
  isDirty,
  isEnding,
  isOurs,
  isSuperseded,
  isUnread,
  note,
  noteEnd,
  noteNothing,
  noteRecalled,
  noteTaken,
  noteTrouble,
  noteWritten,
  pauseMs,
  readNewest,
  recall,
  silenceMs,
  write,
} from './decisions.js';
import { failureHistoryMessages } from './messages.js';

const trouble = { guard: 'isAwaited', target: 'resting', actions: 'noteTrouble' } as const;
const unwritten = [{ guard: 'endsWriting', target: 'ended', actions: 'discard' }, trouble] as const;

/** Keeps the newest failures of one job over a change of leader. The job-master tells it of each and never waits for it: a failure is handled whether it is kept or not. */
export const failureHistoryActor = defineActor({
  role: 'failure-history',
  messages: failureHistoryMessages,
  context: failureHistoryContext,
  initial: 'recalling',
  on: { 'failureHistory.note': { actions: 'note' } },
  states: {
    // Left when what earlier leaders have kept is known, or the store is in trouble.
    recalling: {
      entry: 'recall',
      after: { silence: { target: 'resting', actions: 'noteTrouble' } },
      on: {
        'failureHistory.end': { target: 'ended' },
        'record.listed': [
          { guard: 'endsRecall', target: 'resting', actions: 'noteNothing' },
          { guard: 'isAwaited', actions: 'readNewest' },
        ],
        'record.read': { guard: 'isAwaited', target: 'resting', actions: 'noteRecalled' },
        'record.failed': [
          { guard: 'endsRecall', target: 'resting', actions: 'noteNothing' },
          { guard: 'isDamaged', actions: 'readNewest' },
          trouble,
        ],
        'record.missing': trouble,
        'record.unknown': trouble,
      },
    },
    // Left when the store has been left alone long enough: only so often it is asked.
    resting: {
      after: {
        rest: [{ guard: 'isUnread', target: 'recalling' }, { guard: 'isDirty', target: 'writing' }, { target: 'idle' }],
      },
      on: { 'failureHistory.end': { target: 'ended', actions: 'discard' } },
    },
    // Left when the job fails, or ends.
    idle: {
      on: {
        'failureHistory.note': { target: 'writing', actions: 'note' },
        'failureHistory.end': { target: 'ended', actions: 'discard' },
      },
    },
    // Left when the failures are durable, or that is not known.
    writing: {
      entry: 'write',
      after: {
        silence: [
          { guard: 'isEnding', target: 'ended', actions: 'discard' },
          { target: 'resting', actions: 'noteTrouble' },
        ],
      },
      on: {
        'failureHistory.end': { actions: 'noteEnd' },
        'record.created': [
          { guard: 'endsWriting', target: 'ended', actions: ['noteWritten', 'discard'] },
          { guard: 'isAwaited', target: 'resting', actions: 'noteWritten' },
        ],
        'record.exists': [
          { guard: 'isSuperseded', target: 'ended' },
          { guard: 'endsWriting', target: 'ended', actions: ['noteTaken', 'discard'] },
          { guard: 'isOurs', target: 'resting', actions: 'noteWritten' },
          { guard: 'isAwaited', target: 'resting', actions: 'noteTaken' },
        ],
        'record.failed': [
          { guard: 'endsWriting', target: 'ended', actions: 'discard' },
          { guard: 'isDamaged', target: 'resting', actions: 'noteTaken' },
          trouble,
        ],
        'record.unknown': unwritten,
      },
    },
    ended: { type: 'final' },
  },
  actions: {
    discard,
    note,
    noteEnd,
    noteNothing,
    noteRecalled,
    noteTaken,
    noteTrouble,
    noteWritten,
    readNewest,
    recall,
    write,
  },
  guards: { endsRecall, endsWriting, isAwaited, isDamaged, isDirty, isEnding, isOurs, isSuperseded, isUnread },
  delays: { rest: pauseMs, silence: silenceMs },
  ignored: {
    '*': {
      ...ignoredRecords,
    },
  },
  refusals: {},
  refused: {},
  waitingFor: (state, { request }) => (request === null || state === 'ended' ? [] : [request]),
});
