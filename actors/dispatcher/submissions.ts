import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { AskRef } from '../kernel/message.js';
import type { JobId } from '../protocol/ids.js';
import type { JobRecord } from '../protocol/job-graph.js';
import { savepointIn, savepointKey } from '../protocol/savepoint.js';
import {
  type Context,
  isTaken,
  jobWaitingFor,
  type On,
  recordKey,
  resultKey,
  type Submission,
  without,
} from './context.js';
import { difference, invalid } from './identity.js';
import { isJobRecord, jobResult, refusal, type StoreAnswer } from './kept.js';
import type { DispatcherAnswer } from './messages.js';
import { originProblem } from './origin.js';
import { reject, startJob } from './running.js';
import { unknown } from './savepoints.js';

/** While one submission of an id waits for the store, another, or its repetition, is refused and comes again. */
export function submit(context: Context, { record, meta }: On<'dispatcher.submitJob'>): Decision<Context> {
  if (meta.ask === null) return {};
  const why = invalid(record);
  if (why !== null) return { effects: reject(meta.ask, isJobRecord(record) ? record.job : '', why) };
  if (!isTaken(context, record.job)) return { effects: reject(meta.ask, record.job, dedicated(context, record.job)) };
  if (context.submissions[record.job] !== undefined) return { refuse: 'tooEarly' };
  const { job, from } = record;
  const isKnown = context.running.includes(job) || context.results[job] !== undefined;
  return from === undefined || isKnown ? create(context, record, meta.ask) : look(context, record, meta.ask);
}

/** A savepoint that a job cannot begin with is refused before there is anything of the job; one that runs has it behind it. */
function look(context: Context, record: JobRecord, ask: AskRef): Decision<Context> {
  const requests = context.requests + 1;
  const request = `origin/${record.job}/${requests}`;
  const submission: Submission = { record, ask, step: 'origin', request };
  return {
    context: { requests, submissions: { ...context.submissions, [record.job]: submission } },
    effects: [{ kind: 'record.read', request, key: savepointKey(record.from?.savepoint ?? '') }],
  };
}

function dedicated({ dedicatedTo }: Context, job: JobId): Failure {
  const message =
    `This cluster runs job '${dedicatedTo}' and ends with it, so it takes no '${job}'. ` +
    'Give the job to a cluster of weir jobmanager, or run it as a cluster of its own.';
  return failure('CLUSTER_DEDICATED', 'user', message, 'never');
}

/** Create-only, also for a job that is known: what is kept decides whether this is the same one. */
function create(context: Context, record: JobRecord, ask: AskRef): Decision<Context> {
  const requests = context.requests + 1;
  const request = `submit/${record.job}/${requests}`;
  const submission: Submission = { record, ask, step: 'creating', request };
  return {
    context: { requests, submissions: { ...context.submissions, [record.job]: submission } },
    effects: [{ kind: 'record.create', request, key: recordKey(record.job), record }],
  };
}

export const isSubmission = (context: Context, { request }: StoreAnswer): boolean =>
  jobWaitingFor(context.submissions, request) !== null;

/** An answer of the store to a submission. The job is durable before anything of it is started or said. */
export function submitOn(context: Context, message: StoreAnswer): Decision<Context> {
  const job = jobWaitingFor(context.submissions, message.request);
  const submission = job === null ? undefined : context.submissions[job];
  if (submission === undefined) return {};
  switch (submission.step) {
    case 'origin':
      return afterOrigin(context, submission, message);
    case 'creating':
      return afterCreating(context, submission, message);
    case 'result':
      return afterReading(context, submission, message);
  }
}

function afterOrigin(context: Context, submission: Submission, message: StoreAnswer): Decision<Context> {
  const { record, ask } = submission;
  const name = record.from?.savepoint ?? '';
  if (message.type === 'record.unknown') return look(context, record, ask);
  const manifest = message.type === 'record.read' ? savepointIn(message.record, name) : null;
  const why =
    manifest === null
      ? message.type === 'record.missing'
        ? unknown(name)
        : refusal(message)
      : typeof manifest === 'string'
        ? failure('SAVEPOINT_DAMAGED', 'infrastructure', manifest, 'never')
        : originProblem(record, manifest);
  return why === null ? create(context, record, ask) : settle(context, submission, reject(ask, record.job, why));
}

function afterCreating(context: Context, submission: Submission, message: StoreAnswer): Decision<Context> {
  const { record, ask } = submission;
  switch (message.type) {
    case 'record.created':
      return accept(context, submission, startJob(context, record));
    case 'record.exists': {
      const why = difference(message.record, record);
      if (why !== null) return settle(context, submission, reject(ask, record.job, why));
      const isKnown = context.running.includes(record.job) || context.results[record.job] !== undefined;
      return isKnown ? accept(context, submission, {}) : readResult(context, submission);
    }
    case 'record.unknown':
      return create(context, record, ask);
    default:
      return settle(context, submission, reject(ask, record.job, refusal(message)));
  }
}

/** The record stood there before: an earlier leader's, or ours of a creation whose outcome was unknown. */
function readResult(context: Context, submission: Submission): Decision<Context> {
  const { job } = submission.record;
  const requests = context.requests + 1;
  const request = `result/${job}/${requests}`;
  const reading: Submission = { ...submission, step: 'result', request };
  return {
    context: { requests, submissions: { ...context.submissions, [job]: reading } },
    effects: [{ kind: 'record.read', request, key: resultKey(job) }],
  };
}

function afterReading(context: Context, submission: Submission, message: StoreAnswer): Decision<Context> {
  const { record, ask } = submission;
  switch (message.type) {
    case 'record.missing':
      return accept(context, submission, startJob(context, record));
    case 'record.unknown':
      return readResult(context, submission);
    default: {
      const result = message.type === 'record.read' ? jobResult(message.record) : null;
      if (result === null) return settle(context, submission, reject(ask, record.job, refusal(message)));
      return accept(context, submission, { context: { results: { ...context.results, [record.job]: result } } });
    }
  }
}

function accept(context: Context, submission: Submission, started: Decision<Context>): Decision<Context> {
  const { record, ask } = submission;
  const accepted: DispatcherAnswer = { type: 'job.accepted', job: record.job };
  const settled = settle(context, submission, answer(ask, accepted));
  return {
    context: { ...started.context, ...settled.context },
    effects: [...(started.effects ?? []), ...(settled.effects ?? [])],
  };
}

const settle = (context: Context, { record }: Submission, effects: readonly Effect[]): Decision<Context> => ({
  context: { submissions: without(context.submissions, record.job) },
  effects,
});
