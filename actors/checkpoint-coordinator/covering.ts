import type { Decision } from '../kernel/actor.js';
import { failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered } from '../kernel/message.js';
import { stoppingText } from '../protocol/savepoint.js';
import { unaskOpen } from './asking.js';
import { valuesOf } from './cells.js';
import { countsSnapshot, isLastSnapshot } from './collecting.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { stopping } from './savepoints.js';
import { endCollecting } from './triggering.js';
import { manifestOf } from './writing.js';

type Context = CheckpointCoordinatorContext;
type Snapshotted = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'subtask.snapshotted' }>>;

/**
 * Every part of a savepoint is durable. Right behind it a checkpoint is taken, and the savepoint is shown only when that one is committed: then
 * no recovery goes back to before the savepoint, and what it holds was never aborted.
 */
export function cover(context: Context): Decision<Context> {
  const { savepoint } = context;
  invariant(savepoint !== null, 'no savepoint to cover', { newest: context.newest });
  return {
    context: { savepoint: { ...savepoint, step: 'covering', taken: manifestOf(context) } },
    effects: [...unaskOpen(context), ...endCollecting(context)],
  };
}

export const takesLast = (context: Context, message: Snapshotted): boolean =>
  context.savepoint?.step === 'taking' && isLastSnapshot(context, message);

/**
 * The job is to end with a savepoint, and this checkpoint, which was under way before, would end it without: its input has ended meanwhile, and every
 * part of it is a last one.
 */
export const endsTooEarly = (context: Context, message: Snapshotted): boolean =>
  context.stop?.step === 'wanted' &&
  context.savepoint?.step !== 'taking' &&
  message.snapshot.drained &&
  isLastSnapshot(context, message) &&
  valuesOf(context.snapshots).every((snapshot) => snapshot?.drained ?? true);

/** It is given up, and the savepoint is taken at once. */
export function noteTooEarly({ plan, stop }: Context): Decision<Context> {
  const text = `Job '${plan.job}' ends with savepoint '${stop?.wish.name}'. Take that one.`;
  return { context: { cause: failure(stopping, 'user', text, 'never') } };
}

/**
 * The stop of the job has overtaken the savepoint of one that goes on: a reader has ended in it before it had read all, or had in a checkpoint before.
 * Whoever went on from it would never read the rest.
 */
export const isOvertaken = (context: Context, message: Snapshotted): boolean =>
  context.savepoint?.step === 'taking' &&
  (message.snapshot.stopped === true || context.latest?.inputStopped === true) &&
  countsSnapshot(context, message);

export const noteOvertaken = ({ plan }: Context): Decision<Context> => ({
  context: { cause: failure(stopping, 'user', stoppingText(plan.job), 'never') },
});
