import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { AskEvent, AskId, Delivered } from '../kernel/message.js';
import type { Fact, SubtaskContext } from './context.js';
import type { SubtaskMessage } from './messages.js';

type Context = SubtaskContext;

/** Reports a fact until it is noted; an older one of the same kind is no longer of interest. */
export function reportFact(context: Context, fact: Fact): Decision<Context> {
  const withdrawn = withdrawFacts(context, ({ kind, id }) => kind === fact.kind && id !== fact.id);
  const others = context.facts.filter(({ kind }) => kind !== fact.kind);
  return {
    context: { facts: [...others, fact] },
    effects: [...(withdrawn.effects ?? []), ask(context, fact)],
  };
}

/** A fact that is noted already may be among them: to unask what is closed does nothing. */
export function withdrawFacts(context: Context, isOver: (fact: Fact) => boolean): Decision<Context> {
  return {
    context: { facts: context.facts.filter((fact) => !isOver(fact)) },
    effects: context.facts.filter(isOver).map(({ id }): Effect => ({ kind: 'unask', id })),
  };
}

/**
 * The leader has not answered for long. The attempt cannot do without it, and does not know better: it asks again until
 * it is canceled. That is bounded, because the task manager ends whatever has had no leader for the orphan timeout.
 */
export const renewFact = (context: Context, { id }: Delivered<AskEvent>): Decision<Context> => askAgain(context, id);

/** The coordinators are started after the subtasks, so that at first it is normal that they are not there. */
export function postponeFact({ options }: Context, { id }: Delivered<AskEvent>): Decision<Context> {
  const message: SubtaskMessage = { type: 'subtask.askAgain', id };
  return { effects: [{ kind: 'timer.start', timer: `askAgain/${id}`, delayMs: options.askEveryMs, message }] };
}

export const resumeFact = (
  context: Context,
  { id }: Delivered<Extract<SubtaskMessage, { type: 'subtask.askAgain' }>>,
): Decision<Context> => askAgain(context, id);

function askAgain(context: Context, id: AskId): Decision<Context> {
  const fact = context.facts.find((each) => each.id === id);
  return fact === undefined ? {} : { effects: [ask(context, fact)] };
}

function ask({ leader, options }: Context, { id, actor, message }: Fact): Effect {
  return {
    kind: 'ask',
    id,
    to: { ...leader, actor },
    message,
    everyMs: options.askEveryMs,
    deadlineMs: options.orphanTimeoutMs,
  };
}
