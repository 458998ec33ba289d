import { defineActor } from '../kernel/actor.js';
import { slotContext } from './context.js';
import {
  answerClosed,
  answerFailed,
  answerFailedAgain,
  answerOpened,
  cancelTimeoutMs,
  closesThis,
  endRun,
  endsHere,
  free,
  hasFailed,
  isFresh,
  isLastToEnd,
  isNewerRun,
  isOwn,
  keepClose,
  load,
  noteCanceled,
  noteProgress,
  refuseOpen,
  reportSelf,
  startSubtasks,
  unload,
  waiting,
} from './decisions.js';
import { type SlotInput, slotMessages } from './messages.js';

export type { SlotContext } from './context.js';
export type { SlotInput } from './messages.js';

const late = 'A completion of an earlier allocation; what it completes is undone already.';
const evicting = 'It ends already.';

/** While a run ends nothing is opened, and every question to close waits for the same end. */
const endingOn = {
  'slot.open': [{ guard: 'hasFailed', actions: 'answerFailedAgain' }, { actions: 'refuseOpen' }],
  'slot.close': [{ guard: 'closesThis', actions: 'keepClose' }, { actions: 'answerClosed' }],
  'slot.progressed': { actions: 'noteProgress' },
} as const;

export const slotActor = defineActor({
  role: 'slot',
  messages: slotMessages,
  context: (input: SlotInput) => slotContext(input),
  initial: 'free',
  states: {
    // Nobody's. Left by the question to open it; entered with a report, first of all to say that the slot is there.
    free: {
      entry: 'reportSelf',
      on: {
        'slot.open': [
          { guard: 'hasFailed', actions: 'answerFailedAgain' },
          { guard: 'isFresh', target: 'allocated', actions: 'load' },
          { actions: 'refuseOpen' },
        ],
        'slot.close': { actions: 'answerClosed' },
      },
    },
    // Code is loading. Left when it is loaded or cannot be, or when the run is to end. The job-master's deadline bounds it.
    allocated: {
      on: {
        'slot.open': [
          { guard: 'isNewerRun', target: 'unloading', actions: ['refuseOpen', 'endRun'] },
          { actions: 'refuseOpen' },
        ],
        'slot.close': [
          { guard: 'closesThis', target: 'unloading', actions: ['keepClose', 'endRun'] },
          { actions: 'answerClosed' },
        ],
        'slot.evict': { target: 'unloading', actions: 'endRun' },
        'slot.loaded': { guard: 'isOwn', target: 'active', actions: 'startSubtasks' },
        'slot.loadFailed': { guard: 'isOwn', target: 'unloading', actions: 'answerFailed' },
        'slot.progressed': { actions: 'noteProgress' },
      },
    },
    // The subtasks of the run are here. Left when the run is to end.
    active: {
      on: {
        'slot.open': [
          { guard: 'isOwn', actions: 'answerOpened' },
          { guard: 'isNewerRun', target: 'releasing', actions: ['refuseOpen', 'endRun'] },
          { actions: 'refuseOpen' },
        ],
        'slot.close': [
          { guard: 'closesThis', target: 'releasing', actions: ['keepClose', 'endRun'] },
          { actions: 'answerClosed' },
        ],
        'slot.evict': { target: 'releasing', actions: 'endRun' },
        'slot.progressed': { actions: 'noteProgress' },
      },
    },
    // Subtasks are ending. Left when all have ended, or after the cancel timeout: user code may never let go.
    releasing: {
      after: { cancelTimeout: { target: 'unloading' } },
      on: {
        ...endingOn,
        'subtask.canceled': [
          { guard: 'isLastToEnd', target: 'unloading', actions: 'noteCanceled' },
          { guard: 'endsHere', actions: 'noteCanceled' },
        ],
      },
    },
    // The host ends whatever is left, by force. Left when it says that it has; asked again until then.
    unloading: {
      entry: 'unload',
      after: { cancelTimeout: { target: 'unloading', reenter: true } },
      on: { ...endingOn, 'slot.unloaded': { guard: 'isOwn', target: 'free', actions: 'free' } },
    },
  },
  actions: {
    answerClosed,
    answerFailed,
    answerFailedAgain,
    answerOpened,
    endRun,
    free,
    keepClose,
    load,
    noteCanceled,
    noteProgress,
    refuseOpen,
    reportSelf,
    startSubtasks,
    unload,
  },
  guards: { closesThis, endsHere, hasFailed, isFresh, isLastToEnd, isNewerRun, isOwn },
  delays: { cancelTimeout: cancelTimeoutMs },
  ignored: {
    '*': {
      'slot.loaded': late,
      'slot.loadFailed': late,
      'slot.unloaded': late,
      'subtask.canceled': 'It ended after its slot had stopped waiting for it.',
    },
    free: {
      'slot.evict': 'Nothing is here to end.',
      'slot.progressed': 'The last turn of a loop that has ended.',
    },
    releasing: { 'slot.evict': evicting },
    unloading: { 'slot.evict': evicting },
  },
  refusals: {
    staleAllocation: 'Race 12: the run is closed here, or a newer one of the job is here.',
    occupied: 'Another job is here; the resource manager has it closed before it grants the slot anew.',
    tooEarly: 'Code is loading, or what was here is still ending; the question is repeated.',
  },
  refused: {},
  waitingFor: waiting,
});
