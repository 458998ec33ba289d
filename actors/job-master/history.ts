import type { FailureHistoryInput, FailureHistoryMessage } from '../failure-history/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Failure } from '../kernel/failure.js';
import { failureClass } from '../protocol/failure-class.js';
import { actorNames } from '../protocol/ids.js';
import { isSameFailure, mergedFailures, type PastFailure } from '../protocol/past-failure.js';
import { type Any, type Context, type On, runOf } from './context.js';

/** Whatever it is, it is handled without waiting for anybody to keep it. */
export function noted(context: Context, message: Any, where: string, failure: Failure): Decision<Context> {
  const { history, keepsHistory, record } = context;
  const past: PastFailure = {
    run: runOf(context),
    atMs: message.meta.wallMs,
    where,
    ...placeOf(context, message),
    failure,
    class: failureClass(failure),
  };
  if (history.some((each) => isSameFailure(each, past))) return {};
  return {
    context: { history: mergedFailures(history, [past]) },
    effects: keepsHistory ? [tellHistory(record.job, { type: 'failureHistory.note', failure: past })] : [],
  };
}

type Place = Pick<PastFailure, 'vertex' | 'process' | 'slot'>;

function placeOf({ graph, placement }: Context, message: Any): Place {
  switch (message.type) {
    case 'subtask.failed': {
      const { subtask } = message;
      const vertex = graph.vertices.find(({ id }) => subtask.slice(0, subtask.lastIndexOf('#')) === id)?.name ?? null;
      const { process = null, slot = null } = placement[subtask] ?? {};
      return { vertex, process, slot };
    }
    case 'slot.openFailed':
    case 'resourceManager.slotLost':
      return { vertex: null, process: message.slot.process, slot: message.slot.slot };
    case 'resourceManager.taskManagerLost':
      return { vertex: null, process: message.process, slot: null };
    default:
      return { vertex: null, process: null, slot: null };
  }
}

/** Once for the time of this leader: the job has not ended, so that its failures are of use. */
export function startHistory({ record, epoch, options, history }: Context): Decision<Context> {
  const { job } = record;
  const input: FailureHistoryInput = { job, epoch, options, failures: history };
  return {
    context: { keepsHistory: true },
    effects: [{ kind: 'actor.start', role: 'failure-history', actor: actorNames.failureHistory(job), input }],
  };
}

export const noteRecalled = ({ history }: Context, { failures }: On<'failureHistory.recalled'>): Decision<Context> => ({
  context: { history: mergedFailures(failures, history) },
});

/** The result is durable and has them. */
export const endHistory = ({ record, keepsHistory }: Context): readonly Effect[] =>
  keepsHistory ? [tellHistory(record.job, { type: 'failureHistory.end' })] : [];

/** Another leader goes on with the job, and with its history. */
export const leaveHistory = ({ record }: Context): Decision<Context> => ({
  effects: [{ kind: 'actor.stop', actor: actorNames.failureHistory(record.job) }],
});

const tellHistory = (job: string, message: FailureHistoryMessage): Effect => ({
  kind: 'tell',
  actor: actorNames.failureHistory(job),
  message,
});
