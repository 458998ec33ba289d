import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { JobId } from '../protocol/ids.js';
import { canceledIn } from './canceling.js';
import {
  type Context,
  isTaken,
  jobWaitingFor,
  type Lookup,
  type On,
  recordKey,
  resultKey,
  without,
} from './context.js';
import { isJobRecord, jobResult, refusal, type StoreAnswer } from './kept.js';
import { startJob } from './running.js';

/** All jobs of the store. Entered again while jobs are being looked at, it only lets the deadline begin anew. */
export function listUnlessLooking(context: Context): Decision<Context> {
  if (Object.keys(context.lookups).length > 0) return {};
  const requests = context.requests + 1;
  const listing = `list/${requests}`;
  return { context: { requests, listing }, effects: [{ kind: 'record.list', request: listing, prefix: 'jobs/' }] };
}

export const forgetLookups = (): Decision<Context> => ({ context: { lookups: {} } });

export const isListing = ({ listing }: Context, { request }: StoreAnswer): boolean =>
  listing !== null && request === listing;
export const listsNothing = (context: Context, message: On<'record.listed'>): boolean =>
  isListing(context, message) && unknownJobs(context, message.keys).length === 0;

export const noteListed = (): Decision<Context> => ({ context: { listing: null, refusal: null } });
export const noteRefusal = (_: Context, message: StoreAnswer): Decision<Context> => ({
  context: { listing: null, refusal: refusal(message) },
});

/** The result first: a job that has one is never started again. */
export function lookUp(context: Context, { keys }: On<'record.listed'>): Decision<Context> {
  let requests = context.requests;
  const lookups: Record<JobId, Lookup> = {};
  const effects: Effect[] = [];
  for (const job of unknownJobs(context, keys)) {
    requests += 1;
    const { lookup, effect } = looking(job, 'result', requests);
    lookups[job] = lookup;
    effects.push(effect);
  }
  return { context: { requests, listing: null, refusal: null, lookups, canceled: canceledIn(keys) }, effects };
}

function unknownJobs(context: Context, keys: readonly string[]): readonly JobId[] {
  return keys
    .map((key) => /^jobs\/([^/]+)\/record$/.exec(key)?.[1])
    .filter((job) => job !== undefined)
    .filter((job) => isTaken(context, job))
    .filter((job) => !context.running.includes(job) && context.results[job] === undefined);
}

function looking(job: JobId, step: Lookup['step'], number: number): { lookup: Lookup; effect: Effect } {
  const request = `${step}/${job}/${number}`;
  const key = step === 'result' ? resultKey(job) : recordKey(job);
  return { lookup: { step, request }, effect: { kind: 'record.read', request, key } };
}

export const isLookup = (context: Context, { request }: StoreAnswer): boolean =>
  jobWaitingFor(context.lookups, request) !== null;

/** After this answer no job is left to look at. */
export function looksLast(context: Context, message: StoreAnswer): boolean {
  const { lookups } = lookOn(context, message).context ?? {};
  return isLookup(context, message) && lookups !== undefined && Object.keys(lookups).length === 0;
}

/** One answer about one job; the others are looked at meanwhile, and one that is damaged holds up none of them. */
export function lookOn(context: Context, message: StoreAnswer): Decision<Context> {
  const job = jobWaitingFor(context.lookups, message.request);
  const lookup = job === null ? undefined : context.lookups[job];
  if (job === null || lookup === undefined) return {};
  const rest = without(context.lookups, job);
  if (message.type === 'record.unknown') return askOn(context, rest, job, lookup.step);
  if (lookup.step === 'result') {
    if (message.type === 'record.missing') return askOn(context, rest, job, 'record');
    const result = message.type === 'record.read' ? jobResult(message.record) : null;
    if (result !== null) return { context: { lookups: rest, results: { ...context.results, [job]: result } } };
  } else if (message.type === 'record.read' && isJobRecord(message.record)) {
    const started = startJob(context, message.record);
    return { context: { ...started.context, lookups: rest }, effects: started.effects ?? [] };
  }
  return { context: { lookups: rest, damaged: { ...context.damaged, [job]: refusal(message) } } };
}

function askOn(context: Context, rest: Context['lookups'], job: JobId, step: Lookup['step']): Decision<Context> {
  const requests = context.requests + 1;
  const { lookup, effect } = looking(job, step, requests);
  return { context: { requests, lookups: { ...rest, [job]: lookup } }, effects: [effect] };
}

/** The host says of each request that its outcome is unknown long before this; only a refusal leads here. */
export const storeSilenceMs = ({ options }: Context): number => 2 * options.storeTimeoutMs;
