import type { Decision } from '../kernel/actor.js';
import { failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered } from '../kernel/message.js';
import { sameCheckpoint } from '../protocol/ids.js';
import { ask, memberOf, phaseOf, refusal, unaskOpen } from './asking.js';
import { blobNames } from './blobs.js';
import { cellAt, mapCells, valuesOf, withCell } from './cells.js';
import { answerLate } from './collecting.js';
import type { CheckpointCoordinatorContext, Phase } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { stopAgain, stopping } from './savepoints.js';
import { endCollecting } from './triggering.js';

type Context = CheckpointCoordinatorContext;
type On<T extends CheckpointCoordinatorMessage['type']> = Delivered<Extract<CheckpointCoordinatorMessage, { type: T }>>;

/**
 * Gives the checkpoint up. Entered once an id, so that each is aborted once (race 3), and only before its log entry may
 * have been written (race 8).
 */
export function abort(context: Context): Decision<Context> {
  invariant(context.creations === 0, 'a checkpoint that may be durable is aborted', { newest: context.newest });
  const asked = context.plan.members.filter(({ index }) => cellAt(context.phases, index) !== 'exempt');
  return {
    context: {
      phases: mapCells(context.phases, (phase): Phase => (phase === 'exempt' ? phase : 'aborting')),
      missing: asked.length,
      failures: context.failures + (isNobodysFault(context) ? 0 : 1),
      ...stopAgain(context),
    },
    effects: [
      ...unaskOpen(context),
      ...endCollecting(context),
      ...asked.map((member) => ask(context, member, 'aborting', context.plan.replyTimeoutMs)),
    ],
  };
}

/** No checkpoint has failed with a savepoint of a job that goes on, nor with one that makes way for the last one. */
const isNobodysFault = ({ savepoint, cause }: Context): boolean =>
  savepoint?.step === 'taking' || cause?.code === stopping;

/** A part that comes too late is never counted (race 1), but its blobs are kept in mind, to be deleted. */
export function discardSnapshot(context: Context, message: On<'subtask.snapshotted'>): Decision<Context> {
  const late = answerLate(context, message);
  const member = memberOf(context, message.snapshot.subtask);
  const belongs = late.refuse === undefined && sameCheckpoint(message.checkpoint, context.newest);
  if (member === undefined || !belongs) return late;
  return { ...late, context: { snapshots: withCell(context.snapshots, member.index, message.snapshot) } };
}

export function noteAborted(context: Context, message: On<'subtask.aborted'>): Decision<Context> {
  const refuse = refusal(context, message);
  if (refuse !== null) return { refuse };
  if (!sameCheckpoint(message.checkpoint, context.newest)) return { refuse: 'staleCheckpoint' };
  const member = memberOf(context, message.subtask);
  if (member === undefined || phaseOf(context, message.subtask) !== 'aborting') return {};
  return { context: { phases: withCell(context.phases, member.index, 'aborted'), missing: context.missing - 1 } };
}

export const isLastAborted = (context: Context, message: On<'subtask.aborted'>): boolean =>
  context.missing === 1 && noteAborted(context, message).context?.missing === 0;

export const exhaustsTolerance = (context: Context, message: On<'subtask.aborted'>): boolean =>
  isLastAborted(context, message) && context.failures > context.plan.graph.options.tolerableFailedCheckpoints;

/** Keeps the domain of the last failure: a restart is charged to the job only if its own code declined. */
export function noteTooManyFailures({ plan, failures, cause }: Context): Decision<Context> {
  const last = cause ?? failure('CHECKPOINT_ABORTED', 'internal', 'no cause was noted');
  const count = `${failures} checkpoints in a row failed and ${plan.graph.options.tolerableFailedCheckpoints} may`;
  return {
    context: { cause: { ...last, code: 'CHECKPOINTS_FAILED', message: `${count}: ${last.code}: ${last.message}` } },
  };
}

/**
 * Deletes what was written for the aborted checkpoint. Its parts may also refer to blobs of their base, which live on.
 * Nothing else refers to any: the next part is built on a durable checkpoint and not on this one (race 23).
 */
export function deleteAborted({ plan, snapshots, latest }: Context): Decision<Context> {
  const kept = blobNames(latest?.subtasks ?? []);
  const written = blobNames(valuesOf(snapshots).filter((snapshot) => snapshot !== null));
  const names = [...written].filter((name) => !kept.has(name));
  return {
    context: { snapshots: [] },
    effects: names.length === 0 ? [] : [{ kind: 'blobs.delete', job: plan.job, names }],
  };
}
