import type { DispatcherAnswer } from '../dispatcher/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { Delivered } from '../kernel/message.js';
import type { SavepointMark } from '../protocol/savepoint.js';
import { savepointOwnerKey, stoppingText } from '../protocol/savepoint.js';
import { blobNames } from './blobs.js';
import type { CheckpointCoordinatorContext, Savepoint } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';

type Context = CheckpointCoordinatorContext;
type On<T extends CheckpointCoordinatorMessage['type']> = Delivered<Extract<CheckpointCoordinatorMessage, { type: T }>>;

/** Why there is no other savepoint, and no other last checkpoint, than the one with which the job ends. */
export const stopping = 'JOB_STOPPING';

/**
 * One savepoint at a time; a repetition only says where the answer has to go. Another one comes again, because its client asks until it is
 * answered. A job that ends has none but the one with which it ends.
 */
export function noteSavepoint(
  context: Context,
  { ask, wish, stopping: isStopping }: On<'checkpointCoordinator.savepoint'>,
): Decision<Context> {
  const { plan, savepoint, stop, latest } = context;
  if (savepoint !== null) {
    const isSame = savepoint.wish.name === wish.name && savepoint.wish.request === wish.request;
    return isSame ? { context: { savepoint: { ...savepoint, ask } } } : { refuse: 'busy' };
  }
  if (stop !== null) {
    const text = `Job '${plan.job}' ends with savepoint '${stop.wish.name}' already. Take that one.`;
    return { effects: answer(ask, rejected(context, failure(stopping, 'user', text, 'never'))) };
  }
  const wanted: Savepoint = { wish, ask, step: 'wanted', taken: null };
  if (isStopping || latest?.inputStopped === true)
    return reject(context, wanted, failure(stopping, 'user', stoppingText(plan.job), 'never'));
  return { context: { savepoint: wanted } };
}

/** Whether the message changes when the next checkpoint begins. */
export const wantsSavepoint = ({ savepoint, stop }: Context): boolean => savepoint === null && stop === null;

/** The wish stands for the life of the job, and the first one counts. */
export const noteStop = (
  { stop }: Context,
  message: On<'checkpointCoordinator.stopWithSavepoint'>,
): Decision<Context> => (stop === null ? { context: { stop: { wish: message.stop, step: 'wanted' } } } : {});

/** The checkpoint that begins is the savepoint that is wanted; one of a job that goes on comes first. */
export function takenNext({ savepoint, stop }: Context): Partial<Context> {
  if (savepoint?.step === 'wanted') return { savepoint: { ...savepoint, step: 'taking' } };
  if (savepoint === null && stop?.step === 'wanted') return { stop: { ...stop, step: 'taking' } };
  return {};
}

/** What the barriers of the current checkpoint say; null for one that is no savepoint. */
export function markOf({ savepoint, stop }: Context): SavepointMark | null {
  if (savepoint?.step === 'taking') return { name: savepoint.wish.name, suspends: false };
  return stop?.step === 'taking' ? { name: stop.wish.name, suspends: true } : null;
}

/** The savepoint with which the job ends is wanted as before. */
export const stopAgain = ({ stop }: Context): Partial<Context> =>
  stop?.step === 'taking' ? { stop: { ...stop, step: 'wanted' } } : {};

/**
 * What is left is to show it: for a job that goes on after the checkpoint that covers it, for one that ends with it when that is in the log and
 * everybody has committed.
 */
export const hasToPublish = ({ savepoint, stop, latest }: Context): boolean =>
  savepoint?.step === 'covering' || (stop !== null && stop.step !== 'published' && latest?.stops !== undefined);

/** It, or the checkpoint that was to cover it, has been given up: the client hears why, and nothing of it is left. */
export function rejectAborted(context: Context): Decision<Context> {
  const { savepoint, cause } = context;
  if (savepoint === null || savepoint.step === 'wanted') return {};
  const last = cause ?? failure('CHECKPOINT_ABORTED', 'internal', 'no cause was noted');
  if (last.code === stopping) return reject(context, savepoint, last);
  const text = `Savepoint '${savepoint.wish.name}' of job '${context.plan.job}' could not be taken: ${last.message}`;
  return reject(context, savepoint, { ...last, code: 'SAVEPOINT_FAILED', message: text });
}

export const reject = (context: Context, savepoint: Savepoint, why: Failure): Decision<Context> => ({
  context: { savepoint: null },
  effects: [...answer(savepoint.ask, rejected(context, why)), discard(context, savepoint)],
});

function discard({ plan }: Context, { wish, taken }: Savepoint): Effect {
  const names = [...blobNames(taken?.subtasks ?? []), savepointOwnerKey(wish.name)];
  return { kind: 'blobs.delete', job: plan.job, names };
}

const rejected = ({ plan }: Context, why: Failure): DispatcherAnswer => ({
  type: 'job.rejected',
  job: plan.job,
  failure: why,
});
