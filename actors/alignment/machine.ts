import { defineActor } from '../kernel/actor.js';
import { alignmentContext, note, waitingFor } from './decisions.js';
import { alignmentMessages } from './messages.js';

/** Keeps the sources of a job that wait for each other together: one for all alignment groups of a run. */
export const alignmentActor = defineActor({
  role: 'alignment',
  messages: alignmentMessages,
  context: alignmentContext,
  initial: 'aligning',
  states: {
    // Never left: the job-master ends it with its run.
    aligning: { on: { 'subtask.watermarkReached': { actions: 'note' } } },
  },
  actions: { note },
  guards: {},
  delays: {},
  ignored: {},
  refusals: {
    staleRun: 'It speaks of another run of the job.',
  },
  refused: {},
  waitingFor,
});
