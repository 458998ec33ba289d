import type { Effect } from '../kernel/effect.js';
import { type Any, askId, type Context, type On, questionOf, runOf } from './context.js';
import { awaitedIn, keysIn } from './phases.js';

export const slotsAsk = 'resourceManager.requestSlots';

interface OpenQuestion {
  readonly what: string;
  readonly subject: string;
}

/** What this actor has asked and not been answered. */
export function openQuestions({ requested, record, slotPhases, phases }: Context): readonly OpenQuestion[] {
  const of = (what: string, subjects: readonly string[]): readonly OpenQuestion[] =>
    subjects.map((subject) => ({ what, subject }));
  const subtaskQuestions = Object.entries(awaitedIn).flatMap(([what, phase]) => of(what, keysIn(phases, phase)));
  return [
    ...of(slotsAsk, requested ? [record.job] : []),
    ...of('slot.open', keysIn(slotPhases, 'opening')),
    ...subtaskQuestions,
    ...of('slot.close', keysIn(slotPhases, 'closing')),
  ];
}

export const unasked = (context: Context, questions: readonly OpenQuestion[]): readonly Effect[] =>
  questions.map(({ what, subject }) => ({ kind: 'unask', id: askId(context, what, subject) }));

/** Late word of a question that was withdrawn, or of one of an earlier run, means nothing. */
export function isOpen(context: Context, { id }: On<'ask.expired' | 'ask.absent'>): boolean {
  const question = questionOf(context, id);
  if (question === null) return false;
  return openQuestions(context).some(({ what, subject }) => what === question.what && subject === question.subject);
}

export const isOfThisRun = (context: Context, message: Extract<Any, { run: unknown }>): boolean =>
  message.run === runOf(context);
