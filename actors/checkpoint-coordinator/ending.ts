import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { AskEvent, Delivered } from '../kernel/message.js';
import { actorNames, checkpointText } from '../protocol/ids.js';
import { askedMember, unaskOpen } from './asking.js';
import type { CheckpointCoordinatorContext } from './context.js';
import { stopTimeout } from './triggering.js';

type Context = CheckpointCoordinatorContext;
type On<T extends AskEvent['type']> = Delivered<Extract<AskEvent, { type: T }>>;

/** The process lives and has no such subtask: something of this run is gone that nobody has told us of. */
export const noteAbsent = (context: Context, { id, to }: On<'ask.absent'>): Decision<Context> =>
  because('SUBTASK_ABSENT', `${to.process} has no ${askedMember(context, id)?.key} of this run any more`);

export const noteCommitTimeout = (context: Context, message: On<'ask.expired'>): Decision<Context> =>
  because('COMMIT_TIMEOUT', late(context, message, 'has not committed'));

export const noteAbortTimeout = (context: Context, message: On<'ask.expired'>): Decision<Context> =>
  because('ABORT_TIMEOUT', late(context, message, 'has not forgotten'));

const late = (context: Context, { id }: On<'ask.expired'>, what: string): string =>
  `${askedMember(context, id)?.key} ${what} ${checkpointText(context.newest)} within ${context.plan.replyTimeoutMs} ms`;

const because = (code: string, text: string): Decision<Context> => ({
  context: { cause: failure(code, 'infrastructure', text) },
});

export function reportFailure(context: Context): Decision<Context> {
  const { cause } = context;
  const { run } = context.plan;
  invariant(cause !== null, 'failed without a cause', { run });
  const failed: JobMasterMessage = { type: 'checkpointCoordinator.failed', run, failure: cause };
  return { effects: [stopTimeout, ...unaskOpen(context), tellJobMaster(context, failed)] };
}

export const reportAllFinished = (context: Context): Decision<Context> => ({
  effects: [
    tellJobMaster(context, {
      type: 'checkpointCoordinator.allFinished',
      run: context.plan.run,
      ...(context.stop?.step === 'published' ? { savepoint: context.stop.wish.name } : {}),
    }),
  ],
});

const tellJobMaster = ({ plan }: Context, message: JobMasterMessage): Effect => ({
  kind: 'tell',
  actor: actorNames.jobMaster(plan.job),
  message,
});
