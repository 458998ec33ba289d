import type { ActorView, DroppedView, StepView } from '../runtime/inspection/views.js';
import { tableText } from './table-text.js';
import type { Terminal } from './terminal.js';

const shownMax = 3;

/** Actors as a table: where, who, how, since when, and for what. */
export function actorsText(actors: readonly ActorView[]): string {
  const rows = actors.map(({ process, actor, state, forMs, ...waits }) => [
    process,
    actor,
    state,
    durationText(forMs),
    waitsText(waits),
  ]);
  return tableText(['PROCESS', 'ACTOR', 'STATE', 'FOR', 'WAITS FOR'], rows);
}

/** What its state waits for, and what it has asked beside that. */
function waitsText({
  waitsFor,
  waitsForMore,
  questions,
  questionsMore,
}: Pick<ActorView, 'waitsFor' | 'waitsForMore' | 'questions' | 'questionsMore'>): string {
  const waits = fewText(waitsFor, waitsForMore);
  const asked = fewText(questions, questionsMore);
  return [waits, asked === '' ? '' : `asks ${asked}`].filter((part) => part !== '').join('; ');
}

function fewText(names: readonly string[], more: number): string {
  const others = Math.max(0, names.length - shownMax) + more;
  const shown = names.slice(0, shownMax).join(', ');
  return others === 0 ? shown : `${shown} and ${others} more`;
}

/** One line: when, where, who, from which state to which, on what, and what it did then. */
export function stepText(step: StepView, colors: Terminal['colors']): string {
  const { wallMs, process, actor, message, from, effects, effectsMore } = step;
  const sender = from === null || from === `${process} ${actor}` ? '' : ` from ${from}`;
  const others = effectsMore === 0 ? [] : [`and ${effectsMore} more`];
  // That the delay of a state which is left stops goes without saying.
  const told = [...effects.filter((effect) => !effect.startsWith('timer.stop ')), ...others];
  const did = told.length === 0 ? '' : colors.dim(`: ${told.join(', ')}`);
  return `${timeText(wallMs)} ${process} ${colors.cyan(actor)} ${changeText(step, colors)} on ${message.type}${sender}${did}`;
}

function changeText({ fromState, toState, verdict, reason }: StepView, colors: Terminal['colors']): string {
  if (verdict === 'dropped') return colors.yellow(`dropped (${reason ?? ''})`);
  if (verdict === 'refused') return colors.yellow(`${fromState ?? ''} refused (${reason ?? ''})`);
  if (verdict === 'ignored') return `${fromState ?? ''} ignored (${reason ?? ''})`;
  if (fromState === null) return `→ ${toState ?? ''}`;
  return fromState === toState ? fromState : `${fromState} → ${toState ?? ''}`;
}

export function droppedText({ process, count }: DroppedView): string {
  return process === null
    ? `${count} steps are not shown: they came faster than they could be printed`
    : `${count} steps of ${process} are not shown: it took more than it publishes`;
}

const timeText = (wallMs: number): string => new Date(wallMs).toISOString().slice(11, 23);

function durationText(forMs: number): string {
  const seconds = forMs / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
