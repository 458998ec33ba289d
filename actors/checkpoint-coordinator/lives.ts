import type { Decision } from '../kernel/actor.js';
import type { Delivered } from '../kernel/message.js';
import type { SubtaskKey } from '../protocol/ids.js';
import { memberOf, noted, refusal } from './asking.js';
import type { CheckpointCoordinatorContext, Life } from './context.js';
import type { CheckpointCoordinatorMessage } from './messages.js';

type Context = CheckpointCoordinatorContext;
type On<T extends CheckpointCoordinatorMessage['type']> = Delivered<Extract<CheckpointCoordinatorMessage, { type: T }>>;

/** What changes when this subtask gets on; nothing when it is there already. */
export function grown(context: Context, key: SubtaskKey, to: 'drained' | 'finished'): Partial<Context> {
  const member = memberOf(context, key);
  const from = member === undefined ? undefined : context.lives[member.index];
  if (member === undefined || from === to || from === 'finished') return {};
  const lives: readonly Life[] = context.lives.with(member.index, to);
  return {
    lives,
    undrained: context.undrained - (from === 'running' ? 1 : 0),
    unfinished: context.unfinished - (to === 'finished' ? 1 : 0),
  };
}

/** Noted in every state: what becomes true during a checkpoint counts right after it. */
export function noteDrained(context: Context, message: On<'subtask.drained'>): Decision<Context> {
  const refuse = refusal(context, message);
  if (refuse !== null) return { refuse };
  return { context: grown(context, message.subtask, 'drained'), effects: noted(context, message) };
}

export const isAllFinished = ({ unfinished }: Context): boolean => unfinished === 0;

/** Nothing more will come but the final checkpoint, so that there is no reason to wait for it. */
export function isLastDrained(context: Context, message: On<'subtask.drained'>): boolean {
  if (refusal(context, message) !== null) return false;
  return context.undrained === 1 && grown(context, message.subtask, 'drained').undrained === 0;
}
