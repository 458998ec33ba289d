import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Failure } from '../kernel/failure.js';
import { brief } from '../protocol/failure.js';
import { actorNames } from '../protocol/ids.js';
import type { Context, On } from './context.js';
import type { DispatcherAnswer, JobSummary } from './messages.js';
import { over } from './stopping.js';

/** How many jobs one answer names, so that it stays a small message however many jobs there have been. */
const listedMax = 500;

/** Says what is known of every job: those that run first, then the damaged, then those that ended, the latest first. */
export function listJobs(context: Context, { meta }: On<'dispatcher.listJobs'>): Decision<Context> {
  const jobs: JobSummary[] = [
    ...context.running.map((job): JobSummary => ({ job, state: 'running', failure: null })),
    ...Object.entries(context.damaged).map(
      ([job, why]): JobSummary => ({ job, state: 'damaged', failure: brief(why) }),
    ),
    ...Object.values(context.results)
      .reverse()
      .map(({ job, outcome, failure }): JobSummary => ({ job, state: outcome, failure: briefOrNull(failure) })),
  ];
  const listed: DispatcherAnswer = {
    type: 'jobs.listed',
    epoch: context.epoch,
    jobs: jobs.slice(0, listedMax),
    more: Math.max(0, jobs.length - listedMax),
  };
  return { effects: answer(meta.ask, listed) };
}

/** The job-master answers, who knows; a job without one has ended, is damaged, or is none. */
export function describeJob(context: Context, { job, meta }: On<'dispatcher.describeJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  if (context.running.includes(job)) {
    const message: JobMasterMessage = { type: 'jobMaster.describe', ask: meta.ask };
    return { effects: [{ kind: 'tell', actor: actorNames.jobMaster(job), message }] };
  }
  return context.submissions[job] === undefined ? { effects: over(context, job, meta.ask) } : { refuse: 'tooEarly' };
}

/** The job-master knows what it runs at, makes the promise and answers. */
export function rescaleJob(context: Context, { job, wish, meta }: On<'dispatcher.rescaleJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  if (context.running.includes(job)) {
    const message: JobMasterMessage = { type: 'jobMaster.rescale', ask: meta.ask, wish };
    return { effects: [{ kind: 'tell', actor: actorNames.jobMaster(job), message }] };
  }
  return context.submissions[job] === undefined ? { effects: over(context, job, meta.ask) } : { refuse: 'tooEarly' };
}

/** The result of the job has the whole of it. */
const briefOrNull = (failure: Failure | null): Failure | null => (failure === null ? null : brief(failure));
