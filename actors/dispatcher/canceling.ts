import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import type { AskRef } from '../kernel/message.js';
import { actorNames, epochsPrefix, type JobId } from '../protocol/ids.js';
import type { CancelRecord } from '../protocol/job-graph.js';
import { type Cancel, type Context, cancelKey, jobWaitingFor, type On, without } from './context.js';
import { refusal, type StoreAnswer } from './kept.js';
import type { DispatcherAnswer } from './messages.js';
import { notRunning, reject } from './running.js';
import { isSuperseded } from './stopping.js';

/** The wish is durable before anybody acts on it or is answered: a leader that follows must not run the job on. */
export function cancelJob(context: Context, { job, meta }: On<'dispatcher.cancelJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  if (context.running.includes(job)) {
    // Asked again while the store has not answered: the answer comes with the next repetition.
    return context.cancels[job] === undefined ? keep(context, job, meta.ask) : { refuse: 'tooEarly' };
  }
  if (context.submissions[job] !== undefined) return { refuse: 'tooEarly' };
  return { effects: afterEnd(context, job, meta.ask) };
}

function keep(context: Context, job: JobId, ask: AskRef): Decision<Context> {
  const requests = context.requests + 1;
  const request = `cancel/${job}/${requests}`;
  const record: CancelRecord = { format: 1, job };
  return {
    context: { requests, cancels: { ...context.cancels, [job]: { ask, step: 'keeping', request } } },
    effects: [{ kind: 'record.create', request, key: cancelKey(job), record }],
  };
}

/** To cancel what was canceled is to have been answered too late; what ended otherwise cannot be. */
function afterEnd(context: Context, job: JobId, ask: AskRef): readonly Effect[] {
  const result = context.results[job];
  if (result?.outcome === 'canceled') return answer(ask, canceling(job));
  return reject(ask, job, context.damaged[job] ?? notRunning(job, result));
}

export const isCancel = (context: Context, { request }: StoreAnswer): boolean =>
  jobWaitingFor(context.cancels, request) !== null;

/** An answer of the store to a wish. One that stands there already, of an earlier leader or an unknown outcome, is the same wish. */
export function cancelOn(context: Context, message: StoreAnswer): Decision<Context> {
  const job = jobWaitingFor(context.cancels, message.request);
  const cancel = job === null ? undefined : context.cancels[job];
  if (job === null || cancel === undefined) return {};
  const { ask, step } = cancel;
  if (message.type === 'record.unknown')
    return step === 'keeping' ? keep(context, job, ask) : check(context, job, cancel);
  const settled = { cancels: without(context.cancels, job) };
  // It ended meanwhile.
  if (!context.running.includes(job)) return { context: settled, effects: afterEnd(context, job, ask) };
  if (message.type === 'record.created' || message.type === 'record.exists') return check(context, job, cancel);
  if (message.type !== 'record.listed') return { context: settled, effects: reject(ask, job, refusal(message)) };
  // The client asks on, until it meets the newer leader.
  if (isSuperseded(context, message.keys)) return { context: settled };
  const wish: JobMasterMessage = { type: 'jobMaster.cancel' };
  const told: Effect = { kind: 'tell', actor: actorNames.jobMaster(job), message: wish };
  return { context: settled, effects: [told, ...answer(ask, canceling(job))] };
}

/** As for a wish to stop: a leader claims its epoch before it looks for wishes. */
function check(context: Context, job: JobId, { ask }: Cancel): Decision<Context> {
  const requests = context.requests + 1;
  const request = `epochs/cancel/${job}/${requests}`;
  return {
    context: { requests, cancels: { ...context.cancels, [job]: { ask, step: 'checking', request } } },
    effects: [{ kind: 'record.list', request, prefix: epochsPrefix }],
  };
}

const canceling = (job: JobId): DispatcherAnswer => ({ type: 'job.canceling', job });

/** Jobs that an earlier leader has promised to cancel, by the keys of the store. */
export const canceledIn = (keys: readonly string[]): readonly JobId[] =>
  keys.map((key) => /^jobs\/([^/]+)\/cancel$/.exec(key)?.[1]).filter((job) => job !== undefined);
