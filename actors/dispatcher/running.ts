import type { JobMasterInput } from '../job-master/messages.js';
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
  const wish = context.canceled.includes(record.job) ? { canceled: true as const } : {};
  const input: JobMasterInput = { record, epoch, process, incarnation, options, ...wish };
  return {
    context: { running: [...context.running, record.job], damaged: without(context.damaged, record.job) },
    effects: [{ kind: 'actor.start', role: 'job-master', actor: actorNames.jobMaster(record.job), input }],
  };
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
