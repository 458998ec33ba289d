import type { DispatcherMessage } from '../dispatcher/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { RecordEvent } from '../kernel/message.js';
import { actorNames } from '../protocol/ids.js';
import type { JobResult } from '../protocol/job-graph.js';
import { keptFailures } from '../protocol/past-failure.js';
import { type Any, both, type Context, isAwaited, type On, requesting, runOf } from './context.js';
import { closingStep, release, stopCoordinators } from './failover.js';
import { endHistory, noted } from './history.js';
import { notReading } from './log.js';
import { jobMasterMessages } from './messages.js';
import { openQuestions, unasked } from './questions.js';
import { askStore, readNext, refusal, retrieval } from './recovery.js';
import { blobNames } from './restore.js';
import { outlive } from './retained.js';
import { askClosed, isAnyClosing, loseSlotsThere } from './slots.js';

/**
 * The end of a job, however it came: the result is durable first, because whatever is done before it would be done to a
 * job that a new leader runs again. Then the slots are closed, files that no checkpoint needs are deleted, and the
 * dispatcher is told.
 */
type Ending =
  /** It concerns no step that is under way. */
  | { readonly kind: 'stale' }
  /** The next step begins, or this one begins again. */
  | { readonly kind: 'on'; readonly decision: Decision<Context> }
  /** This step goes on, and its deadline stays. */
  | { readonly kind: 'noted'; readonly decision: Decision<Context> }
  /** All is done that has to be. */
  | { readonly kind: 'over' };

function ending(context: Context, message: Any): Ending {
  const isSilence = !(message.type in jobMasterMessages);
  switch (context.endingStep) {
    case 'persisting':
      return isSilence ? { kind: 'on', decision: persist(context) } : whilePersisting(context, message);
    case 'closing':
      return isSilence ? { kind: 'on', decision: leaveSlots(context) } : whileClosing(context, message);
    case 'reading':
      return isSilence ? { kind: 'over' } : whileReading(context, message);
    case 'sweeping': {
      const isSwept = message.type === 'blobs.swept' && isAwaited(context, message);
      return isSilence || isSwept ? { kind: 'over' } : { kind: 'stale' };
    }
  }
}

function whilePersisting(context: Context, message: Any): Ending {
  if (message.type === 'resourceManager.taskManagerLost') {
    return { kind: 'noted', decision: loseSlotsThere(context, message) };
  }
  if (!isRecord(message) || !isAwaited(context, message)) return { kind: 'stale' };
  switch (message.type) {
    case 'record.created':
      return { kind: 'on', decision: close(context, context.result ?? resultOf(context)) };
    case 'record.exists':
      return { kind: 'on', decision: close(context, jobResult(message.record) ?? resultOf(context)) };
    case 'record.unknown':
      return { kind: 'on', decision: persist(context) };
    default:
      // A result that is not durable is none; silence begins the step again.
      return {
        kind: 'noted',
        decision: both(noted(context, message, 'store', refusal(message)), { context: { request: null } }),
      };
  }
}

function whileClosing(context: Context, message: Any): Ending {
  const step = closingStep(context, message);
  if (step === null) return { kind: 'stale' };
  const { slotPhases, effects } = step;
  const noted: Decision<Context> = { context: { slotPhases }, effects };
  return isAnyClosing(slotPhases)
    ? { kind: 'noted', decision: noted }
    : { kind: 'on', decision: both(noted, leaveSlots({ ...context, slotPhases })) };
}

function whileReading(context: Context, message: Any): Ending {
  if (!isRecord(message) || !isAwaited(context, message)) return { kind: 'stale' };
  const found = retrieval(context, message);
  switch (found.kind) {
    case 'ask':
      return { kind: 'on', decision: readNext(context, message) };
    case 'claim':
      return { kind: 'on', decision: isKept(context) ? readNext(context, message) : sweep(context, found) };
    case 'claimed':
      return { kind: 'on', decision: sweep(context, found) };
    default:
      // Whoever does not know the newest checkpoint deletes nothing.
      return { kind: 'over' };
  }
}

const isRecord = (message: Any): message is Extract<Any, RecordEvent> => message.type.startsWith('record.');

/** Every subtask has finished and committed. */
export function beginFinish(context: Context): Decision<Context> {
  return {
    context: { intent: 'finish', coordinators: [], phases: {}, sources: {} },
    effects: [...stopCoordinators(context), ...unasked(context, openQuestions(context))],
  };
}

/** Create-only: a result that stands there already, from another leader, is the job's result. */
export function persist(context: Context): Decision<Context> {
  const key = `jobs/${context.record.job}/result`;
  // What is told is what stands there: a failure that comes after it is in neither.
  const record = resultOf(context);
  const asked = requesting(context, 'result', (request) => ({ kind: 'record.create', request, key, record }));
  return { context: { ...asked.context, endingStep: 'persisting', result: record }, effects: asked.effects };
}

function resultOf({ record, intent, cause, savepoint, history }: Context): JobResult {
  const outcome = (
    { finish: 'finished', cancel: 'canceled', fail: 'failed', restart: 'failed', rescale: 'failed' } as const
  )[intent];
  const stoppedWith = outcome === 'finished' && savepoint !== null ? { savepoint } : {};
  const failures = history.length > 0 ? { failures: keptFailures(history) } : {};
  const failure = outcome === 'failed' ? cause : null;
  return { format: 1, job: record.job, outcome, failure, ...stoppedWith, ...failures };
}

function close(context: Context, result: JobResult): Decision<Context> {
  const closing = askClosed(context);
  const closed: Decision<Context> = {
    context: { ...closing.context, result, endingStep: 'closing', request: null },
    effects: closing.effects ?? [],
  };
  const after = { ...context, ...closed.context };
  return isAnyClosing(after.slotPhases) ? closed : both(closed, leaveSlots(after));
}

function leaveSlots(context: Context): Decision<Context> {
  const read = askStore(context, notReading);
  const reading: Decision<Context> = {
    context: { ...read.context, endingStep: 'reading' },
    effects: read.effects ?? [],
  };
  // A run that was paused has released its slots then.
  return context.slots.length === 0 ? reading : both(release(context), reading);
}

/**
 * Whether checkpoints outlive the job. Then nothing is swept before an entry of ours stands at the end of the log, as in a recovery: the last
 * coordinator may still have one under way, which would name files that are about to go. It finds its place taken, or is the newest that is kept.
 */
const isKept = ({ record, result }: Context): boolean => result !== null && outlive(record.graph.options, result);

function sweep(context: Context, { latest, retained }: Pick<Context, 'latest' | 'retained'>): Decision<Context> {
  const job = context.record.job;
  const throughRun = runOf(context);
  const keep = isKept(context) ? [...new Set([...blobNames(latest), ...retained.flatMap(({ blobs }) => blobs)])] : [];
  const asked = requesting(context, 'sweep', (request) => ({ kind: 'blobs.sweep', job, keep, throughRun, request }));
  return { context: { ...asked.context, endingStep: 'sweeping' }, effects: asked.effects };
}

export function endOn(context: Context, message: Any): Decision<Context> {
  const next = ending(context, message);
  return next.kind === 'on' || next.kind === 'noted' ? next.decision : {};
}

export const endingGoesOn = (context: Context, message: Any): boolean => ending(context, message).kind === 'on';
export const endingNotes = (context: Context, message: Any): boolean => ending(context, message).kind === 'noted';

const isOver = (outcome: JobResult['outcome']) => (context: Context, message: Any) =>
  ending(context, message).kind === 'over' && context.result?.outcome === outcome;

export const endsFinished = isOver('finished');
export const endsFailed = isOver('failed');
export const endsCanceled = isOver('canceled');

export const endingMs = ({ endingStep, options }: Context): number =>
  endingStep === 'closing' ? options.pauseTimeoutMs : storeSilenceMs({ options });

/** The host says of each request that its outcome is unknown long before this; only a refusal leads here. */
const storeSilenceMs = ({ options }: Pick<Context, 'options'>): number => 2 * options.storeTimeoutMs;

/** A store that has refused is asked again soon: what it says is cheap, and whoever makes room for it waits for the job. */
export const storeWaitMs = ({ options, request }: Context): number =>
  request === null ? options.storeTimeoutMs / 5 : storeSilenceMs({ options });

export function sayEnded(context: Context): Decision<Context> {
  const { record, result } = context;
  if (result === null) return {};
  const message: DispatcherMessage = { type: 'jobMaster.ended', job: record.job, result };
  return { effects: [...endHistory(context), { kind: 'tell', actor: actorNames.dispatcher, message }] };
}

// A job that has ended before this actor began

export function readResult(context: Context): Decision<Context> {
  const key = `jobs/${context.record.job}/result`;
  return requesting(context, 'result', (request) => ({ kind: 'record.read', request, key }));
}

export function takeResult(_context: Context, { record }: On<'record.read'>): Decision<Context> {
  return { context: { result: jobResult(record), request: null } };
}

const was = (outcome: JobResult['outcome']) => (context: Context, message: On<'record.read'>) =>
  isAwaited(context, message) && jobResult(message.record)?.outcome === outcome;

export const wasFinished = was('finished');
export const wasFailed = was('failed');
export const wasCanceled = was('canceled');

/** What the store holds is input: null when it is no result. */
function jobResult(record: unknown): JobResult | null {
  if (typeof record !== 'object' || record === null || !('outcome' in record)) return null;
  const isResult = ['finished', 'canceled', 'failed'].some((outcome) => outcome === record.outcome);
  return isResult ? (record as JobResult) : null;
}
