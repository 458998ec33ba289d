import { defineActor } from '../kernel/actor.js';
import {
  beat,
  disconnect,
  heartbeatContext,
  intervalMs,
  isProbe,
  isSettled,
  isSilent,
  isSilentInSuspicion,
  loseMissed,
  loseUnreachable,
  passInterval,
  passProbeDelay,
  probeMs,
  reconnect,
  report,
  suspect,
  unanswered,
} from './decisions.js';
import { type HeartbeatInput, heartbeatMessages } from './messages.js';

export type { HeartbeatInput } from './messages.js';

const endedElsewhere = 'Only the silence as a whole counts, and not that of a single beat.';

export const heartbeatActor = defineActor({
  role: 'heartbeat',
  messages: heartbeatMessages,
  context: (input: HeartbeatInput) => heartbeatContext(input),
  initial: 'alive',
  states: {
    // A beat is asked at each entry. Left when nobody listens there, after too long a silence, or when we are cut off.
    alive: {
      entry: 'beat',
      after: {
        interval: [
          { guard: 'isSilent', target: 'lost', actions: 'loseMissed' },
          { target: 'alive', reenter: true, actions: 'passInterval' },
        ],
      },
      on: {
        'taskManager.reported': { actions: 'report' },
        'ask.unreachable': { guard: 'isSettled', target: 'suspected', actions: 'suspect' },
        'connection.down': { target: 'disconnected', actions: 'disconnect' },
      },
    },
    // Nobody listened there, once. Left by an answer, or when nobody listens to a beat that was asked 150 ms later.
    suspected: {
      after: {
        probeDelay: [
          { guard: 'isSilentInSuspicion', target: 'lost', actions: 'loseMissed' },
          { target: 'suspected', reenter: true, actions: ['passProbeDelay', 'beat'] },
        ],
      },
      on: {
        'taskManager.reported': { target: 'alive', actions: 'report' },
        'ask.unreachable': { guard: 'isProbe', target: 'lost', actions: 'loseUnreachable' },
        'connection.down': { target: 'disconnected', actions: 'disconnect' },
      },
    },
    // Left when our own connection is back. A leader that stays cut off loses its lease, and its process ends.
    disconnected: { on: { 'connection.up': { target: 'alive', actions: 'reconnect' } } },
    // The resource manager has been told.
    lost: { type: 'final' },
  },
  actions: {
    beat,
    disconnect,
    loseMissed,
    loseUnreachable,
    passInterval,
    passProbeDelay,
    reconnect,
    report,
    suspect,
  },
  guards: { isProbe, isSettled, isSilent, isSilentInSuspicion },
  delays: { interval: intervalMs, probeDelay: probeMs },
  ignored: {
    '*': {
      'ask.expired': endedElsewhere,
      'ask.unreachable':
        'The peer may still be reconnecting, or it repeats a beat from before the suspicion, which is one sign with it.',
      'ask.absent': 'A process without a task manager is as silent as one that is gone; the silence counts.',
    },
    alive: { 'connection.up': 'It was up.' },
    suspected: { 'connection.up': 'It was up.' },
    disconnected: {
      'taskManager.reported': 'It was on its way when the connection went; the next beat will say it anew.',
      'connection.down': 'It is down.',
    },
  },
  refusals: {},
  refused: {},
  waitingFor: (state, context) => (state === 'disconnected' ? ['connection.up'] : unanswered(context)),
});
