import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { failure } from '../kernel/failure.js';
import type { Delivered } from '../kernel/message.js';
import { checkpointText, compareCheckpoints, sameCheckpoint } from '../protocol/ids.js';
import type { SubtaskSnapshot } from '../protocol/manifest.js';
import { askedMember, memberOf, noted, phaseOf, refusal, unask } from './asking.js';
import { cellAt, withCell } from './cells.js';
import type { CheckpointCoordinatorContext, Member } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { tellSource } from './triggering.js';

type Context = CheckpointCoordinatorContext;
type On<T extends CheckpointCoordinatorMessage['type']> = Delivered<Extract<CheckpointCoordinatorMessage, { type: T }>>;

/** The barrier is in that stream: a reader may get splits again, they are after the cut. */
export function noteInjected(context: Context, message: On<'subtask.barrierInjected'>): Decision<Context> {
  const refuse = refusal(context, message);
  if (refuse !== null) return { refuse };
  if (!sameCheckpoint(message.checkpoint, context.newest)) return { refuse: 'staleCheckpoint' };
  const member = memberOf(context, message.subtask);
  if (member === undefined || phaseOf(context, message.subtask) !== 'triggered') return {};
  return { context: { phases: withCell(context.phases, member.index, 'injected') }, effects: reopen(context, member) };
}

const reopen = (context: Context, { source, key }: Member): readonly Effect[] =>
  source === null
    ? []
    : [
        tellSource(context, source, {
          type: 'sourceCoordinator.reopen',
          run: context.plan.run,
          checkpoint: context.newest,
          subtask: key,
        }),
      ];

/**
 * Counts a part of the current checkpoint, once. Whatever was said before that is answered and not counted: a part of a
 * checkpoint that is over must never complete the one that runs now (race 1).
 */
export function noteSnapshot(context: Context, message: On<'subtask.snapshotted'>): Decision<Context> {
  const verdict = verdictOn(context, message);
  if (verdict === 'over' || verdict === 'repeated') return { effects: noted(context, message) };
  if (verdict !== 'counts') return { refuse: verdict };
  const { snapshot } = message;
  const member = memberOf(context, snapshot.subtask);
  if (member === undefined) return { refuse: 'unknownSubtask' };
  // The answer to the trigger may have been lost; that the part is durable answers it too.
  const wasTriggered = cellAt(context.phases, member.index) === 'triggered';
  return {
    context: {
      phases: withCell(context.phases, member.index, 'snapshotted'),
      snapshots: withCell<SubtaskSnapshot | null>(context.snapshots, member.index, snapshot),
      missing: context.missing - 1,
    },
    effects: [
      ...noted(context, message),
      ...(wasTriggered ? [unask(context, 'triggered', member.key), ...reopen(context, member)] : []),
    ],
  };
}

export const isLastSnapshot = (context: Context, message: On<'subtask.snapshotted'>): boolean =>
  context.missing === 1 && verdictOn(context, message) === 'counts';

/** Whether the part belongs to the current checkpoint, and is new. */
export const countsSnapshot = (context: Context, message: On<'subtask.snapshotted'>): boolean =>
  verdictOn(context, message) === 'counts';

function verdictOn(context: Context, { run, checkpoint, snapshot }: On<'subtask.snapshotted'>): SnapshotVerdict {
  const refuse = refusal(context, { run, subtask: snapshot.subtask });
  if (refuse !== null) return refuse;
  const order = compareCheckpoints(checkpoint, context.newest);
  if (order !== 0) return order < 0 ? 'over' : 'unknownCheckpoint';
  const phase = phaseOf(context, snapshot.subtask);
  if (phase === 'exempt') return 'finishedSubtask';
  return phase === 'snapshotted' ? 'repeated' : 'counts';
}

/** What becomes of a part; the last four are refusals, all but the first of them defects. */
type SnapshotVerdict =
  | 'counts'
  | 'repeated'
  | 'over'
  | 'staleRun'
  | 'unknownSubtask'
  | 'unknownCheckpoint'
  | 'finishedSubtask';

/** Outside of `collecting` a part is too late, whatever it is a part of: answered, so that the subtask goes on. */
export function answerLate(
  context: Context,
  message: On<'subtask.snapshotted' | 'subtask.declined'>,
): Decision<Context> {
  const subtask = message.type === 'subtask.snapshotted' ? message.snapshot.subtask : message.subtask;
  const refuse = refusal(context, { run: message.run, subtask });
  if (refuse !== null) return { refuse };
  if (compareCheckpoints(message.checkpoint, context.newest) > 0) return { refuse: 'unknownCheckpoint' };
  return { effects: noted(context, message) };
}

export const noteDeclined = (context: Context, message: On<'subtask.declined'>): Decision<Context> => ({
  context: { cause: message.failure },
  effects: noted(context, message),
});

export const declinesThis = (context: Context, message: On<'subtask.declined'>): boolean =>
  refusal(context, message) === null && sameCheckpoint(message.checkpoint, context.newest);

export const timesOutThis = (context: Context, { checkpoint }: On<'checkpoint.timedOut'>): boolean =>
  sameCheckpoint(checkpoint, context.newest);

export function noteTimeout(context: Context): Decision<Context> {
  const { plan, newest, missing } = context;
  const text = `checkpoint ${checkpointText(newest)} was not complete after ${plan.graph.options.checkpointTimeoutMs} ms`;
  return {
    context: { cause: failure('CHECKPOINT_TIMEOUT', 'infrastructure', `${text}; parts missing: ${missing}`) },
  };
}

export const isOpenAsk = (context: Context, { id }: On<'ask.expired' | 'ask.absent'>): boolean =>
  askedMember(context, id) !== undefined;
