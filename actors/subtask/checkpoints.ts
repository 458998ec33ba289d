import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Delivered } from '../kernel/message.js';
import { bounded } from '../protocol/failure.js';
import { actorNames, type CheckpointId, checkpointText, compareCheckpoints, sameCheckpoint } from '../protocol/ids.js';
import type { SavepointMark } from '../protocol/savepoint.js';
import { isAtMost, type SubtaskContext, self, target } from './context.js';
import { reportFact, withdrawFacts } from './facts.js';
import type { SubtaskMessage } from './messages.js';

type Context = SubtaskContext;
type On<T extends SubtaskMessage['type']> = Delivered<Extract<SubtaskMessage, { type: T }>>;

/** Race 2: the ids of barriers that are put into the stream here only ever increase. */
export function trigger(context: Context, message: On<'subtask.triggerCheckpoint'>): Decision<Context> {
  const { checkpoint, base, savepoint, meta } = message;
  return (
    triggerKnown(context, message) ?? {
      context: { trigger: { checkpoint, injected: false, ask: meta.ask } },
      effects: [{ kind: 'task.trigger', ...target(context), checkpoint, base, ...marked(savepoint) }],
    }
  );
}

const marked = (savepoint: SavepointMark | undefined) => (savepoint === undefined ? {} : { savepoint });

/** Nothing is left to be put into the stream. */
export const triggerFinished = (context: Context, message: On<'subtask.triggerCheckpoint'>): Decision<Context> =>
  triggerKnown(context, message) ?? { refuse: 'finished' };

/** What there is to say of a checkpoint that is not a new one. */
function triggerKnown(context: Context, message: On<'subtask.triggerCheckpoint'>): Decision<Context> | null {
  const { checkpoint, meta } = message;
  if (isAtMost(checkpoint, context.aborted)) return { refuse: 'staleCheckpoint' };
  const newest = context.trigger;
  if (newest === null || compareCheckpoints(checkpoint, newest.checkpoint) > 0) return null;
  if (!sameCheckpoint(checkpoint, newest.checkpoint)) return { refuse: 'staleCheckpoint' };
  return newest.injected ? { effects: answer(meta.ask, injected(context, checkpoint)) } : { refuse: 'tooEarly' };
}

/** A barrier whose checkpoint was aborted, or followed by another, in the meantime is nobody's news. */
export function noteInjected(context: Context, { checkpoint }: On<'task.barrierInjected'>): Decision<Context> {
  const newest = context.trigger;
  if (newest === null || newest.injected || !sameCheckpoint(checkpoint, newest.checkpoint)) return {};
  return {
    context: { trigger: { checkpoint, injected: true, ask: null } },
    effects: answer(newest.ask, injected(context, checkpoint)),
  };
}

/** Race 1: a part that comes after its checkpoint was aborted is not reported. */
export function noteSnapshotted(context: Context, { checkpoint, snapshot }: On<'task.snapshotted'>): Decision<Context> {
  if (isOver(context, checkpoint)) return {};
  const { allocation } = context;
  const reported = reportPart(context, checkpoint, {
    type: 'subtask.snapshotted',
    run: allocation.run,
    checkpoint,
    snapshot,
  });
  return { ...reported, context: { ...reported.context, snapshotted: checkpoint } };
}

export function noteDeclined(context: Context, { checkpoint, failure }: On<'task.declined'>): Decision<Context> {
  if (isOver(context, checkpoint)) return {};
  const declined = { type: 'subtask.declined', ...self(context), checkpoint, failure: bounded(failure) } as const;
  return reportPart(context, checkpoint, declined);
}

/** Whether the message makes the data plane commit, and so is neither late nor early. */
export function beginsCommit(context: Context, { checkpoint }: On<'subtask.completeCheckpoint'>): boolean {
  const { commit, committed, snapshotted } = context;
  const isKnown =
    isAtMost(checkpoint, committed?.checkpoint ?? null) || isAtMost(checkpoint, commit?.checkpoint ?? null);
  return !isKnown && isAtMost(checkpoint, snapshotted);
}

/** Race 4: a commit includes all older ones, so that one which comes late is answered and does nothing. */
export function complete(context: Context, message: On<'subtask.completeCheckpoint'>): Decision<Context> {
  const { checkpoint, meta } = message;
  if (!beginsCommit(context, message)) return completeKnown(context, message);
  const reported = withdrawParts(context, checkpoint);
  return {
    context: { ...reported.context, commit: { checkpoint, ask: meta.ask } },
    effects: [...(reported.effects ?? []), { kind: 'task.complete', ...target(context), checkpoint }],
  };
}

/**
 * Race 5: what this attempt has no part in is not committed by it. No coordinator of this run can ask for that, so
 * that `unknownCheckpoint` is no refusal to be expected.
 */
function completeKnown(context: Context, message: On<'subtask.completeCheckpoint'>): Decision<Context> {
  const { checkpoint, meta } = message;
  const { commit, committed: last } = context;
  if (last !== null && isAtMost(checkpoint, last.checkpoint)) {
    return { effects: answer(meta.ask, committed(context, checkpoint, last.finished)) };
  }
  return { refuse: isAtMost(checkpoint, commit?.checkpoint ?? null) ? 'tooEarly' : 'unknownCheckpoint' };
}

/** Everything it did is committed, and its input had ended: nothing is left to do. */
export const isFinal = (_context: Context, { finished }: On<'task.committed'>): boolean => finished;

export function noteCommitted(context: Context, { checkpoint, finished }: On<'task.committed'>): Decision<Context> {
  const { commit } = context;
  if (commit === null || compareCheckpoints(checkpoint, commit.checkpoint) < 0) {
    return { context: { committed: { checkpoint, finished } } };
  }
  return {
    context: { committed: { checkpoint, finished }, commit: null },
    effects: answer(commit.ask, committed(context, commit.checkpoint, finished)),
  };
}

/** Race 3: each checkpoint is aborted once; a repetition is answered and goes no further. */
export function abort(context: Context, { checkpoint, meta }: On<'subtask.abortCheckpoint'>): Decision<Context> {
  const aborted: CheckpointCoordinatorMessage = { type: 'subtask.aborted', ...self(context), checkpoint };
  if (isOver(context, checkpoint)) return { effects: answer(meta.ask, aborted) };
  const reported = withdrawParts(context, checkpoint);
  const waits = context.trigger !== null && isAtMost(context.trigger.checkpoint, checkpoint);
  return {
    context: {
      ...reported.context,
      aborted: checkpoint,
      // The question to trigger it has been taken back.
      trigger: waits ? { ...context.trigger, ask: null } : context.trigger,
    },
    effects: [
      ...(reported.effects ?? []),
      { kind: 'task.abort', ...target(context), checkpoint },
      ...answer(meta.ask, aborted),
    ],
  };
}

/** Aborted or committed, itself or with a newer one. */
const isOver = ({ aborted, committed }: Context, checkpoint: CheckpointId): boolean =>
  isAtMost(checkpoint, aborted) || isAtMost(checkpoint, committed?.checkpoint ?? null);

type Part = Extract<CheckpointCoordinatorMessage, { type: 'subtask.snapshotted' | 'subtask.declined' }>;

function reportPart(context: Context, checkpoint: CheckpointId, message: Part): Decision<Context> {
  const { subtask, allocation } = context;
  return reportFact(context, {
    kind: 'part',
    id: `${message.type}/${allocation.run}/${subtask}/${checkpointText(checkpoint)}`,
    actor: actorNames.checkpointCoordinator(allocation.job),
    message,
  });
}

/** The checkpoint is decided, so that its coordinator needs to hear no more of it. */
const withdrawParts = (context: Context, through: CheckpointId): Decision<Context> =>
  withdrawFacts(
    context,
    ({ kind, message }) => kind === 'part' && 'checkpoint' in message && isAtMost(message.checkpoint, through),
  );

const injected = (context: Context, checkpoint: CheckpointId): CheckpointCoordinatorMessage => ({
  type: 'subtask.barrierInjected',
  ...self(context),
  checkpoint,
});

const committed = (context: Context, checkpoint: CheckpointId, finished: boolean): CheckpointCoordinatorMessage => ({
  type: 'subtask.committed',
  ...self(context),
  checkpoint,
  finished,
});
