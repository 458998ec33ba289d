import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Delivered } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import { actorNames, type Epoch, type JobId } from '../protocol/ids.js';
import {
  type FailureRecord,
  failuresKey,
  failuresPrefix,
  isSameFailure,
  keptFailures,
  mergedFailures,
  type PastFailure,
} from '../protocol/past-failure.js';
import type { FailureHistoryInput, FailureHistoryMessage } from './messages.js';

/** Between two writes: a job that fails ten times a second costs the store one record a second. */
const restMs = 1_000;
/** How many records there are at a time: the newest, and the one before while that is being written. */
const recordsMax = 2;

export interface FailureHistoryContext {
  readonly job: JobId;
  readonly epoch: Epoch;
  readonly options: Pick<ClusterOptions, 'storeTimeoutMs'>;
  readonly requests: number;
  /** The one request whose answer is awaited. */
  readonly request: string | null;
  /** The newest, oldest first. */
  readonly failures: readonly PastFailure[];
  /** What earlier leaders have kept is known. */
  readonly recalled: boolean;
  /** Index of the record that is read, or of the next one. */
  readonly next: number;
  /** Names of the records that there are, oldest first, as far as they are known. */
  readonly kept: readonly string[];
  /** There are failures that no record has. */
  readonly dirty: boolean;
  readonly pauseMs: number;
  readonly ending: boolean;
}

type Context = FailureHistoryContext;
type Any = Delivered<FailureHistoryMessage>;
type On<T extends FailureHistoryMessage['type']> = Delivered<Extract<FailureHistoryMessage, { type: T }>>;

export const failureHistoryContext = ({ job, epoch, options, failures }: FailureHistoryInput): Context => ({
  job,
  epoch,
  options: { storeTimeoutMs: options.storeTimeoutMs },
  requests: 0,
  request: null,
  failures: keptFailures(failures),
  recalled: false,
  next: 0,
  kept: [],
  dirty: failures.length > 0,
  pauseMs: 0,
  ending: false,
});

function asking(context: Context, effect: (request: string) => Effect): Decision<Context> {
  const requests = context.requests + 1;
  const request = `failures/${context.job}/${requests}`;
  return { context: { requests, request }, effects: [effect(request)] };
}

export const recall = (context: Context): Decision<Context> =>
  asking(context, (request) => ({ kind: 'record.list', request, prefix: failuresPrefix(context.job) }));

/** The newest record counts. One that is damaged is passed over for the one before. */
export function readNewest(context: Context, message: Any): Decision<Context> {
  const names = namesIn(context, message);
  const key = names.at(-1);
  if (key === undefined) return {};
  const asked = asking(context, (request) => ({ kind: 'record.read', request, key }));
  const next = message.type === 'record.listed' ? indexOf(key) + 1 : context.next;
  return { ...asked, context: { ...asked.context, kept: names, next } };
}

const namesIn = (context: Context, message: Any): readonly string[] =>
  message.type === 'record.listed' ? message.keys.toSorted() : context.kept.slice(0, -1);

/** Nothing is left that could be read. */
export const endsRecall = (context: Context, message: Any): boolean =>
  (message.type === 'record.failed' ? isDamaged(context, message) : isAwaited(context, message)) &&
  namesIn(context, message).length === 0;

export const noteNothing = (): Decision<Context> => ({ context: { recalled: true, request: null, pauseMs: 0 } });

/** The job-master has them for people, and for the job's result. */
export function noteRecalled(context: Context, { record }: On<'record.read'>): Decision<Context> {
  const { job, failures } = context;
  const before = failuresIn(record);
  const message: JobMasterMessage = { type: 'failureHistory.recalled', failures: before };
  return {
    context: {
      recalled: true,
      request: null,
      pauseMs: 0,
      failures: mergedFailures(before, failures),
    },
    effects: [{ kind: 'tell', actor: actorNames.jobMaster(job), message }],
  };
}

const indexOf = (name: string): number => Number(name.slice(-8));

export const note = ({ failures }: Context, { failure }: On<'failureHistory.note'>): Decision<Context> => ({
  context: { failures: mergedFailures(failures, keptFailures([failure])), dirty: true },
});

export function write(context: Context): Decision<Context> {
  const { job, epoch, failures, next } = context;
  const record: FailureRecord = { format: 1, job, epoch, failures };
  const key = failuresKey(job, next);
  const asked = asking(context, (request) => ({ kind: 'record.create', request, key, record }));
  return { ...asked, context: { ...asked.context, dirty: false } };
}

/** It stands there; those before are of no use any more. */
export function noteWritten(context: Context, message: On<'record.created' | 'record.exists'>): Decision<Context> {
  const { job, next, failures } = context;
  const all = [...context.kept, failuresKey(job, next)];
  const dead = all.slice(0, -recordsMax);
  // What stands there may be of an earlier try, whose outcome was unknown.
  const last = message.type === 'record.exists' ? failuresIn(message.record).at(-1) : undefined;
  const isOlder = last !== undefined && !isSameFailure(last, failures.at(-1) ?? last);
  return {
    context: {
      request: null,
      next: next + 1,
      kept: all.slice(-recordsMax),
      dirty: context.dirty || isOlder,
      pauseMs: restMs,
    },
    effects: dead.length === 0 ? [] : [{ kind: 'blobs.delete', job, names: dead }],
  };
}

/** A leader of before has written it after we have looked: its failures come before ours. One that is damaged is passed over. */
export const noteTaken = (context: Context, message: On<'record.exists' | 'record.failed'>): Decision<Context> => ({
  context: {
    request: null,
    failures: mergedFailures(message.type === 'record.exists' ? failuresIn(message.record) : [], context.failures),
    next: context.next + 1,
    kept: [...context.kept, failuresKey(context.job, context.next)],
    dirty: true,
    pauseMs: message.type === 'record.exists' ? 0 : restMs,
  },
});

/** The store is away, or refuses: it is tried again, as seldom as it is written, and nobody waits for it. */
export const noteTrouble = ({ recalled, dirty, failures }: Context): Decision<Context> => ({
  context: { request: null, dirty: dirty || (recalled && failures.length > 0), pauseMs: restMs },
});

export const noteEnd = (): Decision<Context> => ({ context: { ending: true } });

/** The result of the job has them. */
export const discard = ({ job, kept }: Context): Decision<Context> => ({
  effects: kept.length === 0 ? [] : [{ kind: 'blobs.delete', job, names: kept }],
});

export const isAwaited = ({ request }: Context, message: Any): boolean =>
  'request' in message && message.request === request;

export const isDamaged = (context: Context, message: On<'record.failed'>): boolean =>
  isAwaited(context, message) && message.failure.retry === 'never';

const epochIn = (record: unknown): number => (record as Partial<FailureRecord> | null)?.epoch ?? 0;

export const isOurs = (context: Context, message: On<'record.exists'>): boolean =>
  isAwaited(context, message) && epochIn(message.record) === context.epoch;

/** A newer leader keeps them. */
export const isSuperseded = (context: Context, message: On<'record.exists'>): boolean =>
  isAwaited(context, message) && epochIn(message.record) > context.epoch;

export const isUnread = ({ recalled }: Context): boolean => !recalled;
export const isDirty = ({ dirty }: Context): boolean => dirty;
export const isEnding = ({ ending }: Context): boolean => ending;
export const endsWriting = (context: Context, message: Any): boolean => context.ending && isAwaited(context, message);

export const pauseMs = (context: Context): number => context.pauseMs;
/** The host says of each request that its outcome is unknown long before this. */
export const silenceMs = ({ options }: Context): number => 2 * options.storeTimeoutMs;

/** What the store holds is input: what is no failure is left out. */
function failuresIn(record: unknown): readonly PastFailure[] {
  const { failures } = (record ?? {}) as { readonly failures?: unknown };
  return Array.isArray(failures) ? failures.filter(isPastFailure) : [];
}

function isPastFailure(value: unknown): value is PastFailure {
  const { run, atMs, where, failure } = (value ?? {}) as Partial<PastFailure>;
  const isText = (text: unknown): boolean => typeof text === 'string';
  return (
    typeof run === 'number' &&
    typeof atMs === 'number' &&
    isText(where) &&
    isText(failure?.code) &&
    isText(failure?.message)
  );
}
