import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { failure } from '../kernel/failure.js';
import type { AskRef } from '../kernel/message.js';
import { actorNames, epochsPrefix, type JobId } from '../protocol/ids.js';
import type { StopRecord } from '../protocol/job-graph.js';
import { type StopWithSavepoint, savepointOwnerKey } from '../protocol/savepoint.js';
import { type Context, jobWaitingFor, type On, type Stop, stopKey, without } from './context.js';
import { refusal, type StoreAnswer } from './kept.js';
import type { DispatcherAnswer } from './messages.js';
import { notRunning, reject } from './running.js';

/** The wish is durable before anybody acts on it: a job that has stopped reading must not be run on by the next leader. */
export function stopJob(context: Context, { job, meta }: On<'dispatcher.stopJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  if (context.running.includes(job)) {
    // Asked again while the store has not answered: the answer comes with the next repetition.
    return context.stops[job] === undefined ? keep(context, job, meta.ask, null) : { refuse: 'tooEarly' };
  }
  if (context.submissions[job] !== undefined) return { refuse: 'tooEarly' };
  return { effects: over(context, job, meta.ask) };
}

/** The name of the savepoint is reserved. */
export const keepWish = (context: Context, job: JobId, ask: AskRef, savepoint: StopWithSavepoint): Decision<Context> =>
  context.stops[job] === undefined ? keep(context, job, ask, savepoint) : {};

function keep(context: Context, job: JobId, ask: AskRef, savepoint: StopWithSavepoint | null): Decision<Context> {
  const requests = context.requests + 1;
  const request = `stop/${job}/${requests}`;
  const record: StopRecord = { format: 1, job, ...(savepoint === null ? {} : { savepoint }) };
  const stop: Stop = { ask, savepoint, step: 'keeping', request };
  return {
    context: { requests, stops: { ...context.stops, [job]: stop } },
    effects: [{ kind: 'record.create', request, key: stopKey(job), record }],
  };
}

/** Why a job that does not run has nothing to say: how it ended, or what is wrong with it. */
export function over(context: Context, job: JobId, ask: AskRef): readonly Effect[] {
  const result = context.results[job];
  if (result === undefined) return reject(ask, job, context.damaged[job] ?? notRunning(job, undefined));
  const ended: DispatcherAnswer = { type: 'job.ended', job, result };
  return answer(ask, ended);
}

export const isStop = (context: Context, { request }: StoreAnswer): boolean =>
  jobWaitingFor(context.stops, request) !== null;

/** An answer of the store to a wish. One that stands there already, of an earlier leader or an unknown outcome, is the same wish. */
export function stopOn(context: Context, message: StoreAnswer): Decision<Context> {
  const job = jobWaitingFor(context.stops, message.request);
  const stop = job === null ? undefined : context.stops[job];
  if (job === null || stop === undefined) return {};
  if (message.type === 'record.unknown') {
    return stop.step === 'keeping' ? keep(context, job, stop.ask, stop.savepoint) : check(context, job, stop);
  }
  const settled = { stops: without(context.stops, job) };
  // It ended meanwhile.
  if (!context.running.includes(job)) return { context: settled, effects: over(context, job, stop.ask) };
  if (message.type === 'record.created') return check(context, job, stop);
  if (message.type === 'record.exists') return afterFirst(context, job, stop, keptIn(message.record));
  if (message.type !== 'record.listed') {
    return { context: settled, effects: reject(stop.ask, job, refusal(message)) };
  }
  // The client asks on, until it meets the newer leader.
  return isSuperseded(context, message.keys) ? { context: settled } : { context: settled, effects: tell(job, stop) };
}

/** The first wish counts. To end without a savepoint is no other end than to end with one, but not the other way round. */
function afterFirst(context: Context, job: JobId, stop: Stop, kept: StopWithSavepoint | null): Decision<Context> {
  const { savepoint, ask } = stop;
  if (savepoint === null || savepoint.request === kept?.request)
    return check(context, job, { ...stop, savepoint: kept });
  const how = kept === null ? 'without a savepoint' : `with savepoint '${kept.name}'`;
  const why = failure('JOB_STOPPING', 'user', `Job '${job}' stops already, ${how}.`, 'never');
  const released: Effect = { kind: 'blobs.delete', job, names: [savepointOwnerKey(savepoint.name)] };
  return { context: { stops: without(context.stops, job) }, effects: [...reject(ask, job, why), released] };
}

const keptIn = (record: unknown): StopWithSavepoint | null => (record as Partial<StopRecord> | null)?.savepoint ?? null;

/**
 * A leader claims its epoch before it looks for wishes. So either a newer one is seen here, or it has looked after ours was durable;
 * without this, a leader that is cut off could promise what the next one does not know.
 */
function check(context: Context, job: JobId, { ask, savepoint }: Stop): Decision<Context> {
  const requests = context.requests + 1;
  const request = `epochs/${job}/${requests}`;
  const stop: Stop = { ask, savepoint, step: 'checking', request };
  return {
    context: { requests, stops: { ...context.stops, [job]: stop } },
    effects: [{ kind: 'record.list', request, prefix: epochsPrefix }],
  };
}

export const isSuperseded = ({ epoch }: Context, keys: readonly string[]): boolean =>
  keys.some((key) => Number(key.slice(epochsPrefix.length)) > epoch);

function tell(job: JobId, { ask, savepoint }: Stop): readonly Effect[] {
  const wish: JobMasterMessage =
    savepoint === null ? { type: 'jobMaster.stop' } : { type: 'jobMaster.stopWithSavepoint', stop: savepoint };
  const stopping: DispatcherAnswer = { type: 'job.stopping', job };
  return [{ kind: 'tell', actor: actorNames.jobMaster(job), message: wish }, ...answer(ask, stopping)];
}
