import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { AskEvent, AskId, Delivered } from '../kernel/message.js';
import { actorNames, runText, type SlotAddress } from '../protocol/ids.js';
import type { SlotMessage } from '../slot/messages.js';
import type { ResourceManagerMessage } from './messages.js';
import { type Closing, closed, isClosing, type ResourceManagerContext } from './table.js';

type Context = ResourceManagerContext;
type On<T extends ResourceManagerMessage['type']> = Delivered<Extract<ResourceManagerMessage, { type: T }>>;

/** The questions that follow from the table: asked when an allocation is to be closed, unasked when it need not be. */
export function closingEffects(before: Context, after: Context): readonly Effect[] {
  const ended = before.closing.filter((each) => !includes(after.closing, each));
  const begun = after.closing.filter((each) => !includes(before.closing, each));
  return [
    ...ended.map((each): Effect => ({ kind: 'unask', id: closingAsk(each) })),
    ...begun.map((each) => ask(after, each)),
  ];
}

/** The answer closed the question, so nothing is left to unask. */
export const noteClosed = (context: Context, { slot, allocation }: On<'slot.closed'>): Decision<Context> => ({
  context: closed(context, slot, allocation),
});

/** Unloading may take longer than any deadline, and the slot is nobody's before: asked as long as its process lives. */
export function askAgain(context: Context, { id }: Delivered<AskEvent>): Decision<Context> {
  const closing = context.closing.find((each) => closingAsk(each) === id);
  return closing === undefined ? {} : { effects: [ask(context, closing)] };
}

/** A task manager that ends has no such slot any more, and soon no heartbeat. If it lives, its next report tells. */
export const postpone = (context: Context, { id }: Delivered<AskEvent>): Decision<Context> => ({
  context: { closing: context.closing.map((each) => (closingAsk(each) === id ? { ...each, asked: false } : each)) },
});

export function resume(context: Context, { process, incarnation }: Omit<SlotAddress, 'slot'>): Decision<Context> {
  const isDue = ({ asked, slot }: Closing): boolean =>
    !asked && slot.process === process && slot.incarnation === incarnation;
  return {
    context: { closing: context.closing.map((each) => (isDue(each) ? { ...each, asked: true } : each)) },
    effects: context.closing.filter(isDue).map((each) => ask(context, each)),
  };
}

const includes = (list: readonly Closing[], one: Closing): boolean =>
  list.some((each) => isClosing(each, one.slot, one.allocation));

/** Not `slot.close`: the job-master asks that of the same slot by itself. */
const closingAsk = ({ slot, allocation }: Closing): AskId =>
  `release/${allocation.job}/${runText(allocation.run)}/${slot.process}@${slot.incarnation}/${slot.slot}`;

function ask({ options }: Context, closing: Closing): Effect {
  const { slot, allocation } = closing;
  const message: SlotMessage = { type: 'slot.close', allocation };
  return {
    kind: 'ask',
    id: closingAsk(closing),
    to: { process: slot.process, incarnation: slot.incarnation, actor: actorNames.slot(slot.slot) },
    message,
    everyMs: options.askEveryMs,
    deadlineMs: options.orphanTimeoutMs,
  };
}
