import type { JobMasterInput, JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { AskRef } from '../kernel/message.js';
import { actorNames, type JobId } from '../protocol/ids.js';
import type { JobRecord, JobResult } from '../protocol/job-graph.js';
import { type Context, type On, without } from './context.js';
import type { DispatcherAnswer } from './messages.js';

export function startJob(context: Context, record: JobRecord): Decision<Context> {
  // Whoever removes a record by hand and submits it again does not get a second job-master.
  if (context.running.includes(record.job)) return {};
  const { epoch, process, incarnation, options } = context;
  const input: JobMasterInput = { record, epoch, process, incarnation, options };
  return {
    context: { running: [...context.running, record.job], damaged: without(context.damaged, record.job) },
    effects: [{ kind: 'actor.start', role: 'job-master', actor: actorNames.jobMaster(record.job), input }],
  };
}

/** Answered as soon as the job-master is told; its end is the job's result. */
export function cancelJob(context: Context, { job, meta }: On<'dispatcher.cancelJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  const canceling: DispatcherAnswer = { type: 'job.canceling', job };
  if (context.running.includes(job)) {
    const message: JobMasterMessage = { type: 'jobMaster.cancel' };
    return { effects: [{ kind: 'tell', actor: actorNames.jobMaster(job), message }, ...answer(meta.ask, canceling)] };
  }
  if (context.submissions[job] !== undefined) return { refuse: 'tooEarly' };
  const result = context.results[job];
  const why = context.damaged[job] ?? notRunning(job, result);
  if (result?.outcome === 'canceled') return { effects: answer(meta.ask, canceling) };
  return { effects: reject(meta.ask, job, why) };
}

export function notRunning(job: JobId, result: JobResult | undefined): Failure {
  if (result === undefined) return failure('JOB_UNKNOWN', 'user', `There is no job '${job}'.`, 'never');
  return failure('JOB_ENDED', 'user', `Job '${job}' has ended already: ${result.outcome}.`, 'never');
}

export function noteEnded(context: Context, { job, result }: On<'jobMaster.ended'>): Decision<Context> {
  return {
    context: {
      running: context.running.filter((each) => each !== job),
      results: { ...context.results, [job]: result },
    },
    effects: [{ kind: 'actor.stop', actor: actorNames.jobMaster(job) }],
  };
}

export function reject(ask: AskRef, job: JobId, why: Failure): readonly Effect[] {
  const rejected: DispatcherAnswer = { type: 'job.rejected', job, failure: why };
  return answer(ask, rejected);
}
