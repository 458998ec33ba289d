import type { AnyMessage, AskId, AskRef } from '../../../actors/kernel/message.js';
import type { ActorName, Address } from '../../../actors/protocol/ids.js';
import type { ActorCell } from './actor-cell.js';

/** A message on its way to an actor of this process. */
export interface Delivery {
  readonly actor: ActorName;
  readonly message: AnyMessage;
  readonly from: Address;
  /** The question this message asks, if it is one. */
  readonly ask: AskRef | null;
  /** `seq` of the trace record that led here; null for what came from outside. */
  readonly cause: number | null;
  /** Answers, timers and completions belong to one life of an actor; null for what is meant for whoever bears the name. */
  readonly cell: ActorCell | null;
  readonly condition: Condition | null;
}

/** What must still hold when the message leaves the mailbox. */
export type Condition =
  | { readonly kind: 'timer'; readonly id: string; readonly generation: number }
  /** An answer, or the end of the asking: uses the question up. */
  | { readonly kind: 'askEnds'; readonly id: AskId }
  | { readonly kind: 'askOpen'; readonly id: AskId };

/** Why the message must not be delivered any more, or null. Uses up the timer or question it belongs to. */
export function staleReason(delivery: Delivery, cell: ActorCell): string | null {
  if (delivery.cell !== null && delivery.cell !== cell) return 'meant for an earlier life of this actor';
  const condition = delivery.condition;
  if (condition === null) return null;
  switch (condition.kind) {
    case 'timer':
      return cell.takeTimer(condition.id, condition.generation) ? null : 'the timer was stopped or started anew';
    case 'askEnds':
      return cell.asks.take(condition.id) ? null : 'the question is answered or taken back';
    case 'askOpen':
      return cell.asks.isOpen(condition.id) ? null : 'the question is answered or taken back';
  }
}
