import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import type { AnyMessage, AskId, Delivered } from '../kernel/message.js';
import { checkpointText, type JobRun, type SubtaskKey } from '../protocol/ids.js';
import type { SavepointMark } from '../protocol/savepoint.js';
import type { SubtaskMessage } from '../subtask/messages.js';
import { cellAt } from './cells.js';
import type { CheckpointCoordinatorContext, Member, Phase } from './context.js';
import type { CheckpointCoordinatorAnswer } from './messages.js';
import { markOf } from './savepoints.js';

type Context = CheckpointCoordinatorContext;

/** The phases in which a subtask has a question to answer, and which. */
const questions = {
  triggered: 'triggerCheckpoint',
  committing: 'completeCheckpoint',
  aborting: 'abortCheckpoint',
} as const satisfies Partial<Record<Phase, string>>;

type AskingPhase = keyof typeof questions;

const isAsking = (phase: Phase | undefined): phase is AskingPhase => phase !== undefined && phase in questions;

export function memberOf(context: Context, key: SubtaskKey): Member | undefined {
  const index = context.plan.indexOf[key];
  return index === undefined ? undefined : context.plan.members[index];
}

export const phaseOf = (context: Context, key: SubtaskKey): Phase | undefined => {
  const index = context.plan.indexOf[key];
  return index === undefined ? undefined : cellAt(context.phases, index);
};

/** Asks one subtask the question of its phase. */
export function ask(context: Context, member: Member, phase: AskingPhase, deadlineMs: number): Effect {
  const { run, askEveryMs } = context.plan;
  const checkpoint = context.newest;
  const message: SubtaskMessage =
    phase === 'triggered'
      ? { type: 'subtask.triggerCheckpoint', run, checkpoint, base: context.latest?.id ?? null, ...marked(context) }
      : { type: `subtask.${questions[phase]}`, run, checkpoint };
  return {
    kind: 'ask',
    id: askId(context, phase, member.key),
    to: member.address,
    message,
    everyMs: askEveryMs,
    deadlineMs,
  };
}

function marked(context: Context): { readonly savepoint?: SavepointMark } {
  const savepoint = markOf(context);
  return savepoint === null ? {} : { savepoint };
}

export const unask = (context: Context, phase: AskingPhase, key: SubtaskKey): Effect => ({
  kind: 'unask',
  id: askId(context, phase, key),
});

/** Withdraws whatever is still open. */
export function unaskOpen(context: Context): readonly Effect[] {
  const effects: Effect[] = [];
  for (const { index, key } of context.plan.members) {
    const phase = cellAt(context.phases, index);
    if (isAsking(phase)) effects.push(unask(context, phase, key));
  }
  return effects;
}

/** The subtask that has not answered the question with this id yet. */
export function askedMember(context: Context, id: AskId): Member | undefined {
  // The key comes last and may itself hold a slash.
  const key = id.split('/').slice(3).join('/');
  const phase = phaseOf(context, key);
  return isAsking(phase) && askId(context, phase, key) === id ? memberOf(context, key) : undefined;
}

const askId = ({ plan, newest }: Context, phase: AskingPhase, key: SubtaskKey): AskId =>
  `${questions[phase]}/${plan.run}/${checkpointText(newest)}/${key}`;

/** Why a subtask's message is none of ours. A subtask that the run does not have is a defect, and no expected refusal. */
export function refusal(
  context: Context,
  { run, subtask }: { readonly run: JobRun; readonly subtask: SubtaskKey },
): 'staleRun' | 'unknownSubtask' | null {
  if (run !== context.plan.run) return 'staleRun';
  return memberOf(context, subtask) === undefined ? 'unknownSubtask' : null;
}

/** The answer to what a subtask reports; nothing when it was not asked. */
export function noted({ plan }: Context, { meta }: Delivered<AnyMessage>): readonly Effect[] {
  const message: CheckpointCoordinatorAnswer = { type: 'checkpointCoordinator.noted', run: plan.run };
  return answer(meta.ask, message);
}
