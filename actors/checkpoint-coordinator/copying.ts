import type { Decision } from '../kernel/actor.js';
import { failure } from '../kernel/failure.js';
import type { Delivered } from '../kernel/message.js';
import { checkpointText } from '../protocol/ids.js';
import { carriedFromElsewhere } from './carrying.js';
import { isLastSnapshot, noteSnapshot } from './collecting.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';

type Context = CheckpointCoordinatorContext;
type On<T extends CheckpointCoordinatorMessage['type']> = Delivered<Extract<CheckpointCoordinatorMessage, { type: T }>>;

/** With this part all are durable, and finished subtasks have left what this checkpoint cannot refer to where it lies. */
export const hasToCopy = (context: Context, message: On<'subtask.snapshotted'>): boolean =>
  isLastSnapshot(context, message) &&
  carriedFromElsewhere({ ...context, ...noteSnapshot(context, message).context }).length > 0;

/**
 * They lie in the newest checkpoint, or in the savepoint that the job began with: nothing of them is deleted before the next checkpoint is complete. Copied
 * again under the same names as often as the outcome is unknown, until the checkpoint's time is over.
 */
export const copyCarried = (context: Context): Decision<Context> => ({
  effects: [{ kind: 'blobs.copy', request: requestOf(context), blobs: carriedFromElsewhere(context) }],
});

export const isCopy = (
  context: Context,
  { request }: On<'blobs.copied' | 'record.unknown' | 'record.failed'>,
): boolean => request === requestOf(context);

/** Of a job that goes on, so that the checkpoint that covers it comes next. */
export const copiesSavepoint = (context: Context, message: On<'blobs.copied'>): boolean =>
  isCopy(context, message) && context.savepoint?.step === 'taking';

/** What finished subtasks had is known from these files alone: who went on without them would miss it in silence. */
export const noteUncopied = (_: Context, { failure: why }: On<'record.failed'>): Decision<Context> => {
  const text = `the list state of subtasks that have finished, while others of their vertex run, cannot be taken over: ${why.message}`;
  return { context: { cause: failure(why.code, why.domain, text, why.retry) } };
};

/** A copy that is still on its way lands later, and stays until the end of the job. */
export const dropCopies = (context: Context): Decision<Context> => ({
  effects: [{ kind: 'blobs.delete', job: context.plan.job, names: carriedFromElsewhere(context).map(({ to }) => to) }],
});

const requestOf = ({ plan, newest }: Context): string => `copy/${plan.run}/${checkpointText(newest)}`;
