import type { Effect } from './effect.js';
import type { AnyMessage, AskRef } from './message.js';

/** Answers a question, kept or just delivered; nothing when the message was no question or none is kept. */
export function answer<M extends AnyMessage>(ask: AskRef | null, message: M): readonly Effect[] {
  return ask === null ? [] : [{ kind: 'answer', ask, message }];
}
