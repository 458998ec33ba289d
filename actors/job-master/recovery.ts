import type { Decision } from '../kernel/actor.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import { jobRun } from '../protocol/ids.js';
import type { LogEntry } from '../protocol/manifest.js';
import { type SavepointName, savepointKey } from '../protocol/savepoint.js';
import { type Any, both, type Context, isAwaited, requesting } from './context.js';
import { failed } from './failover.js';
import { noted } from './history.js';
import { isWrittenBy, type LogFacts, type LogReading, logKey, logPrefix, notReading, readOn } from './log.js';
import { isOrigin, unmatchedUid } from './restore.js';

type StoreAnswer = Delivered<RecordEvent>;

/** What an answer of the store means for finding the checkpoint to go on from. */
type Retrieval =
  /** Answers a request that is not awaited. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'ask'; readonly reading: LogReading }
  /** The log is read to its end: create the next entry. */
  | ({ readonly kind: 'claim'; readonly index: number } & Found)
  /** This run's entry stands at the end of the log: from here on no late write of another can count. */
  | ({ readonly kind: 'claimed'; readonly nextIndex: number } & Found)
  | { readonly kind: 'damaged'; readonly what: string }
  | { readonly kind: 'lostOrigin'; readonly what: string }
  | { readonly kind: 'superseded'; readonly epoch: number }
  /** The store refused: what is asked is begun again when it has been silent for a while. */
  | { readonly kind: 'refused' };

type Found = Pick<Context, 'latest' | 'retained'>;

export function retrieval(context: Context, message: StoreAnswer): Retrieval {
  if (!isAwaited(context, message)) return { kind: 'stale' };
  const { log, latest, retained } = context;
  const nonce = nonceOf(context);
  if (log.asked === 'claim') {
    const isOurs = message.type === 'record.exists' && isWrittenBy(message.record, nonce);
    if (message.type === 'record.created' || isOurs)
      return { kind: 'claimed', nextIndex: log.end + 1, latest, retained };
  }
  const step = readOn(log, message, factsOf(context));
  if (step.kind !== 'end') return step;
  const { end, own } = step.reading;
  const found: Found = { latest: step.latest, retained: step.older ?? [] };
  return own ? { kind: 'claimed', nextIndex: end, ...found } : { kind: 'claim', index: end, ...found };
}

const factsOf = (context: Context): LogFacts => ({
  job: context.record.job,
  epoch: context.epoch,
  nonce: nonceOf(context),
  allowRollback: context.record.graph.options.allowRollback,
  knownEnd: context.nextIndex,
  known: context.latest,
  // A job that has ended begins with nothing.
  origin: context.result === null ? (context.record.from?.savepoint ?? null) : null,
  retained: context.record.graph.options.retainedCheckpoints ?? 1,
  passedOver: context.passedOver,
});

const nonceOf = (context: Context): string => `${context.incarnation}/${context.epoch}/r${claimedRound(context)}`;

/** The entry at the end of the log of a job that has ended is that of a run which never begins. */
const claimedRound = ({ round, result }: Context): number => (result === null ? round : round + 1);

/** Begins with the list of the log's keys. */
export const retrieve = (context: Context): Decision<Context> => askStore(context, notReading);

/** Asks for what comes next: an entry, or that ours be created. */
export function readNext(context: Context, message: StoreAnswer): Decision<Context> {
  const next = retrieval(context, message);
  if (next.kind === 'ask') return askStore(context, next.reading);
  if (next.kind !== 'claim') return {};
  const { index, latest, retained } = next;
  const known = { ...context, nextIndex: index, latest };
  return both(
    { context: { nextIndex: index, latest, retained } },
    askStore(known, { ...notReading, asked: 'claim', end: index, at: index }),
  );
}

/** The entry that is asked for is created with the same content as often as its outcome is unknown. */
export function askStore(context: Context, log: LogReading): Decision<Context> {
  const { job } = context.record;
  const asked = requesting(context, `log.${log.asked}`, (request) => {
    if (log.asked === 'list') return { kind: 'record.list', request, prefix: logPrefix(job) };
    if (log.asked === 'origin') return { kind: 'record.read', request, key: savepointKey(originOf(context)) };
    if (log.asked === 'entry' || log.asked === 'older')
      return { kind: 'record.read', request, key: logKey(job, log.at) };
    return { kind: 'record.create', request, key: logKey(job, log.end), record: claimOf(context, log.end) };
  });
  return { context: { ...asked.context, log }, effects: asked.effects };
}

const claimOf = (context: Context, index: number): LogEntry => ({
  format: 1,
  job: context.record.job,
  index,
  epoch: context.epoch,
  nonce: nonceOf(context),
  kind: 'recovered',
  run: jobRun(context.epoch, claimedRound(context)),
  from: context.latest?.id ?? null,
  ...(isOrigin(context.latest) ? { savepoint: originOf(context) } : {}),
});

const originOf = ({ record }: Context): SavepointName => record.from?.savepoint ?? '';

export function takeCheckpoint(context: Context, message: StoreAnswer): Decision<Context> {
  const claimed = retrieval(context, message);
  if (claimed.kind !== 'claimed') return {};
  const { nextIndex, latest, retained } = claimed;
  return { context: { nextIndex, latest, retained, request: null } };
}

export function failDamaged(context: Context, message: StoreAnswer): Decision<Context> {
  const found = retrieval(context, message);
  if (found.kind === 'lostOrigin') {
    const lost = `Job '${context.record.job}' begins with a savepoint, and has no checkpoint of its own yet: ${found.what}`;
    return failed(context, message, {
      where: 'savepoint',
      cause: failure('SAVEPOINT_LOST', 'infrastructure', lost, 'never'),
    });
  }
  if (found.kind !== 'damaged') return {};
  const text =
    `${found.what}. To go on from an older checkpoint would commit records twice. ` +
    'Put that record back, or allow a rollback (allowRollback of enableCheckpointing).';
  return failed(context, message, {
    where: 'manifest-log',
    cause: failure('CHECKPOINT_DAMAGED', 'infrastructure', text, 'never'),
  });
}

export function failUnmatched(context: Context, message: Any): Decision<Context> {
  const uid = unmatchedUid(context.graph, context.latest);
  const text =
    `The checkpoint holds state of operator '${uid}', and no operator of the job has that uid. ` +
    'Give the operator its uid again, or submit the job under another id to start it without that state.';
  return failed(context, message, { where: 'manifest-log', cause: failure('STATE_UNMATCHED', 'user', text, 'never') });
}

/** What the store said is kept for people; the state's deadline begins again. */
export function noteRefusal(context: Context, message: StoreAnswer): Decision<Context> {
  return both(noted(context, message, 'store', refusal(message)), { context: { request: null } });
}

export function noteSuperseded(context: Context, message: StoreAnswer): Decision<Context> {
  const found = retrieval(context, message);
  const epoch = found.kind === 'superseded' ? found.epoch : context.epoch;
  const text = `The leader of epoch ${epoch} goes on with this job; this one is of epoch ${context.epoch}.`;
  return { context: { cause: failure('SUPERSEDED', 'infrastructure', text), request: null } };
}

export function refusal(message: StoreAnswer): Failure {
  if (message.type === 'record.failed') return message.failure;
  return failure('STORE_ANSWER', 'infrastructure', `The store answered ${message.type}, which answers nothing asked.`);
}

export const isSuperseded = (context: Context, message: StoreAnswer): boolean =>
  retrieval(context, message).kind === 'superseded';
export const isDamaged = (context: Context, message: StoreAnswer): boolean =>
  ['damaged', 'lostOrigin'].includes(retrieval(context, message).kind);
export const isRefused = (context: Context, message: StoreAnswer): boolean =>
  retrieval(context, message).kind === 'refused';
export const isClaimed = (context: Context, message: StoreAnswer): boolean =>
  retrieval(context, message).kind === 'claimed';

/** The run before was ended to run at another parallelism: there is nothing to back off from. */
export const isRescaleClaimed = (context: Context, message: StoreAnswer): boolean =>
  context.intent === 'rescale' && isClaimed(context, message);

/** Our entry is the first of the log, so nothing of the job has ever run. */
export function isClaimedFirst(context: Context, message: StoreAnswer): boolean {
  const claimed = retrieval(context, message);
  return claimed.kind === 'claimed' && claimed.nextIndex === 1;
}

export function readsOn(context: Context, message: StoreAnswer): boolean {
  const { kind } = retrieval(context, message);
  return kind === 'ask' || kind === 'claim';
}

/** Of what was claimed, an operator that the graph does not have holds a part. */
export function isUnmatched(context: Context, message: StoreAnswer): boolean {
  const claimed = retrieval(context, message);
  if (claimed.kind !== 'claimed' || (isOrigin(claimed.latest) && context.record.from?.allowDroppedState)) return false;
  return unmatchedUid(context.graph, claimed.latest) !== null;
}
