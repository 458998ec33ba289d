import type { Decision } from '../kernel/actor.js';
import type { Delivered } from '../kernel/message.js';
import { sameCheckpoint } from '../protocol/ids.js';
import { ask, memberOf, phaseOf, refusal } from './asking.js';
import { blobNames } from './blobs.js';
import { cellAt, mapCells, withCell } from './cells.js';
import type { CheckpointCoordinatorContext, Phase } from './context.js';
import { grown } from './lives.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { subsume } from './retaining.js';
import { hasToPublish } from './savepoints.js';
import { manifestOf } from './writing.js';

type Context = CheckpointCoordinatorContext;
type Committed = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'subtask.committed' }>>;

/** The entry is durable: from here on the checkpoint is complete, whatever happens, and everyone who took part commits. */
export function complete(context: Context): Decision<Context> {
  const manifest = manifestOf(context);
  const names = blobNames(manifest.subtasks);
  const asked = context.plan.members.filter(({ index }) => cellAt(context.phases, index) === 'snapshotted');
  return {
    context: {
      latest: manifest,
      nextIndex: context.nextIndex + 1,
      failures: 0,
      cause: null,
      creations: 0,
      snapshots: [],
      enumerators: [],
      phases: mapCells(context.phases, (phase): Phase => (phase === 'exempt' ? phase : 'committing')),
      missing: asked.length,
      ...subsume(context, names),
    },
    effects: asked.map((member) => ask(context, member, 'committing', context.plan.replyTimeoutMs)),
  };
}

export function noteCommitted(context: Context, message: Committed): Decision<Context> {
  const refuse = refusal(context, message);
  if (refuse !== null) return { refuse };
  if (!sameCheckpoint(message.checkpoint, context.newest)) return { refuse: 'staleCheckpoint' };
  const member = memberOf(context, message.subtask);
  if (member === undefined || phaseOf(context, message.subtask) !== 'committing') return {};
  return {
    context: {
      ...(message.finished ? grown(context, message.subtask, 'finished') : {}),
      phases: withCell(context.phases, member.index, 'committed'),
      missing: context.missing - 1,
    },
  };
}

export const isLastCommitted = (context: Context, message: Committed): boolean =>
  context.missing === 1 && noteCommitted(context, message).context?.missing === 0;

export const finishesJob = (context: Context, message: Committed): boolean =>
  isLastCommitted(context, message) && context.unfinished === 1 && message.finished;

/** What the savepoint holds is committed now, so that it may be shown. */
export const commitsSavepoint = (context: Context, message: Committed): boolean =>
  isLastCommitted(context, message) && hasToPublish(context);

/**
 * Everybody builds on the new checkpoint now, so what only those refer to that are not kept is dead for good. By name, never by
 * what is not in a list: a late deletion must not meet the files of the next checkpoint (race 23).
 */
export const deleteSuperseded = ({ plan, superseded }: Context): Decision<Context> => ({
  context: { superseded: [] },
  effects: superseded.length === 0 ? [] : [{ kind: 'blobs.delete', job: plan.job, names: superseded }],
});
