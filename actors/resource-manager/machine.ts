import { defineActor } from '../kernel/actor.js';
import { askAgain, noteClosed, postpone } from './closing.js';
import { announce, loseTaskManager, noteReport, noteStuck, register, suspect, waiting } from './decisions.js';
import { describe } from './description.js';
import { countSlots, releaseSlots, requestSlots } from './granting.js';
import { type ResourceManagerInput, resourceManagerMessages } from './messages.js';
import { resourceManagerContext } from './table.js';

export type { ResourceManagerInput } from './messages.js';
export type { ResourceManagerContext } from './table.js';

export const resourceManagerActor = defineActor({
  role: 'resource-manager',
  messages: resourceManagerMessages,
  context: (input: ResourceManagerInput) => resourceManagerContext(input),
  initial: 'serving',
  states: {
    // Never left: the table lives as long as the leader. Its next leader builds its own from what is reported.
    serving: {
      entry: 'announce',
      on: {
        'resourceManager.register': { actions: 'register' },
        'resourceManager.requestSlots': { actions: 'requestSlots' },
        'resourceManager.releaseSlots': { actions: 'releaseSlots' },
        'resourceManager.countSlots': { actions: 'countSlots' },
        'resourceManager.describe': { actions: 'describe' },
        'heartbeat.reported': { actions: 'noteReport' },
        'heartbeat.suspected': { actions: 'suspect' },
        'heartbeat.slotStuck': { actions: 'noteStuck' },
        'heartbeat.lost': { actions: 'loseTaskManager' },
        'slot.closed': { actions: 'noteClosed' },
        'ask.expired': { actions: 'askAgain' },
        'ask.absent': { actions: 'postpone' },
      },
    },
  },
  actions: {
    announce,
    askAgain,
    countSlots,
    describe,
    loseTaskManager,
    noteClosed,
    noteReport,
    noteStuck,
    postpone,
    register,
    releaseSlots,
    requestSlots,
    suspect,
  },
  guards: {},
  delays: {},
  ignored: { serving: { 'ask.unreachable': 'Its heartbeat decides whether a task manager is lost.' } },
  refusals: {
    staleIncarnation: 'A late duplicate: another life of that process has registered since.',
    staleRun: 'A later run of the job has asked already, or the run is over.',
    tooFewSlots: 'There are not enough free slots now; the question is repeated.',
  },
  refused: {},
  waitingFor: (_state, context) => waiting(context),
});
