import { defineActor } from '../kernel/actor.js';
import {
  answerHeartbeat,
  askLater,
  askToRegister,
  drain,
  drainTimeoutMs,
  endAsking,
  evictAll,
  hasEnded,
  heartbeatTimeoutMs,
  isEmpty,
  isLastToEnd,
  isLastToReport,
  noteRefused,
  noteSlot,
  orphanTimeoutMs,
  startSlots,
  stopAll,
  stopSlot,
  taskManagerContext,
  waiting,
} from './decisions.js';
import { type TaskManagerInput, taskManagerMessages } from './messages.js';

export type { TaskManagerInput } from './messages.js';

const unasked = 'The question was taken back when its answer no longer mattered.';

const draining = {
  'taskManager.drain': [
    { guard: 'isEmpty', target: 'drained', actions: 'stopAll' },
    { target: 'draining', actions: 'drain' },
  ],
} as const;

export const taskManagerActor = defineActor({
  role: 'task-manager',
  messages: taskManagerMessages,
  context: (input: TaskManagerInput) => taskManagerContext(input),
  initial: 'connecting',
  states: {
    // Left when every slot has said that it is there, so that a registration offers nothing that cannot be opened.
    connecting: {
      entry: 'startSlots',
      after: { heartbeatTimeout: { target: 'registering' } },
      on: {
        ...draining,
        'slot.changed': [
          { guard: 'isLastToReport', target: 'registering', actions: 'noteSlot' },
          { actions: 'noteSlot' },
        ],
      },
    },
    // Left when a leader has taken us into its table. What runs goes on, until it has been without a leader too long.
    registering: {
      entry: 'askToRegister',
      exit: 'endAsking',
      after: { orphanTimeout: { target: 'registering', reenter: true, actions: 'evictAll' } },
      on: {
        ...draining,
        'resourceManager.registered': { target: 'serving' },
        'resourceManager.refused': { target: 'refused', actions: ['noteRefused', 'stopAll'] },
        'taskManager.heartbeat': { actions: 'answerHeartbeat' },
        'taskManager.registerAgain': { actions: 'askToRegister' },
        'slot.changed': { actions: 'noteSlot' },
        'ask.expired': { actions: 'askToRegister' },
        'ask.absent': { actions: 'askLater' },
      },
    },
    // Entered anew at each heartbeat. Left when a leader announces itself, or none has been heard for too long: it has lost us, or is
    // another.
    serving: {
      after: { heartbeatTimeout: { target: 'registering' } },
      on: {
        ...draining,
        'taskManager.heartbeat': { target: 'serving', reenter: true, actions: 'answerHeartbeat' },
        'leader.announced': { target: 'registering' },
        'slot.changed': { actions: 'noteSlot' },
      },
    },
    // Every slot is ending what it holds. Left when nothing is held any more, or after the pause timeout.
    draining: {
      after: { drainTimeout: { target: 'drained', actions: 'stopAll' } },
      on: {
        'taskManager.heartbeat': { actions: 'answerHeartbeat' },
        'slot.changed': [
          { guard: 'isLastToEnd', target: 'drained', actions: ['noteSlot', 'stopAll'] },
          { guard: 'hasEnded', actions: ['noteSlot', 'stopSlot'] },
          { actions: 'noteSlot' },
        ],
      },
    },
    // The process ends: asking again would get the same answer.
    refused: { type: 'final' },
    // The process ends; its heartbeat, which nobody answers any more, tells the leader.
    drained: { type: 'final' },
  },
  actions: {
    answerHeartbeat,
    askLater,
    askToRegister,
    drain,
    endAsking,
    evictAll,
    noteRefused,
    noteSlot,
    startSlots,
    stopAll,
    stopSlot,
  },
  guards: { hasEnded, isEmpty, isLastToEnd, isLastToReport },
  delays: {
    drainTimeout: drainTimeoutMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    orphanTimeout: orphanTimeoutMs,
  },
  ignored: {
    '*': {
      'resourceManager.registered': unasked,
      'resourceManager.refused': unasked,
      'taskManager.registerAgain': unasked,
      'ask.expired': unasked,
      'ask.absent': unasked,
      'ask.unreachable': 'The question is repeated until somebody listens there.',
    },
    connecting: { 'leader.announced': 'It registers as soon as its slots are there.' },
    registering: { 'leader.announced': 'It is asking already, and again and again.' },
    draining: {
      'taskManager.drain': 'It drains.',
      'leader.announced': 'It has no slots to offer any more; the new leader never gets to know it.',
    },
  },
  refusals: { tooEarly: 'This life has not offered its slots to anybody yet.' },
  refused: { connecting: { 'taskManager.heartbeat': 'tooEarly' } },
  waitingFor: waiting,
});
