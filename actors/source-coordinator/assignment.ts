import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { invariant } from '../kernel/invariant.js';
import type { AskId, Delivered } from '../kernel/message.js';
import type { SubtaskKey } from '../protocol/ids.js';
import type { SubtaskMessage } from '../subtask/messages.js';
import type { Reader, SourceCoordinatorContext } from './context.js';
import type { SourceCoordinatorAnswer, SourceCoordinatorMessage } from './messages.js';

type Context = SourceCoordinatorContext;
type On<T extends SourceCoordinatorMessage['type']> = Delivered<Extract<SourceCoordinatorMessage, { type: T }>>;

/** Notes what a reader wants, and serves it if it may be served now. A repetition is answered and changes nothing. */
export function noteRequest(context: Context, message: On<'subtask.splitsRequested'>): Decision<Context> {
  if (message.run !== context.run) return { refuse: 'staleRun' };
  const reader = readerOf(context, message.subtask);
  if (reader === undefined) return { refuse: 'unknownReader' };
  const noted: SourceCoordinatorAnswer = { type: 'sourceCoordinator.noted', run: context.run };
  const answers = answer(message.meta.ask, noted);
  if (message.request <= reader.requested) return { effects: answers };
  const wanting = replaced(context, { ...reader, requested: message.request });
  const { context: served = {}, effects = [] } = serve(context, wanting, [reader.index]);
  return { context: served, effects: [...answers, ...effects] };
}

/** A reader has the splits of its newest assignment; a request it made since is served. */
export function noteAdded(context: Context, message: On<'subtask.splitsAdded'>): Decision<Context> {
  if (message.run !== context.run) return { refuse: 'staleRun' };
  const reader = readerOf(context, message.subtask);
  if (reader === undefined) return { refuse: 'unknownReader' };
  if (!isOutstanding(reader) || message.assignment !== reader.assigned) return { refuse: 'staleAssignment' };
  const readers = replaced(context, { ...reader, added: reader.assigned });
  return serve({ ...context, outstanding: context.outstanding - 1 }, readers, [reader.index]);
}

/**
 * Gives each of these readers that wants a split, and may have one, the next split, or the word that there are no more.
 * All readers are put into the context as they are after that.
 */
export function serve(context: Context, readers: readonly Reader[], which: readonly number[]): Decision<Context> {
  const after = [...readers];
  const effects: Effect[] = [];
  let next = context.next;
  for (const index of which) {
    const reader = after[index];
    if (context.stopped || reader === undefined || !mayBeServed(reader)) continue;
    // A split must be in the snapshot of the source or of one reader, never of both or of none (race 6).
    invariant(context.valve?.snapshotted !== false, 'a split is assigned between closing and snapshot', reader);
    const split = context.splits[next];
    const assigned = { ...reader, served: reader.requested, assigned: reader.assigned + 1 };
    const assignment: SubtaskMessage = {
      type: 'subtask.assignSplits',
      run: context.run,
      assignment: assigned.assigned,
      splits: split === undefined ? [] : [split],
      noMore: split === undefined,
    };
    effects.push({
      kind: 'ask',
      id: assignmentAsk(context, assigned),
      to: reader.address,
      message: assignment,
      everyMs: context.askEveryMs,
      deadlineMs: context.deadlineMs,
    });
    after[index] = assigned;
    if (split !== undefined) next += 1;
  }
  return { context: { readers: after, next, outstanding: context.outstanding + effects.length }, effects };
}

/** One assignment at a time, so that an answer says all that a reader has; none while its valve is closed (race 6). */
function mayBeServed(reader: Reader): boolean {
  return !reader.closed && !isOutstanding(reader) && reader.requested > reader.served;
}

export function isOutstanding(reader: Reader): boolean {
  return reader.assigned > reader.added;
}

export function readerOf(context: Context, key: SubtaskKey): Reader | undefined {
  const index = context.indexOf[key];
  return index === undefined ? undefined : context.readers[index];
}

export function replaced(context: Context, reader: Reader): readonly Reader[] {
  return context.readers.with(reader.index, reader);
}

/** The question that a reader has not answered yet, if it is the one with this id. */
export function askedReader(context: Context, id: AskId): Reader | undefined {
  const prefix = askPrefix(context);
  if (!id.startsWith(prefix)) return undefined;
  const reader = readerOf(context, id.slice(prefix.length, id.lastIndexOf('/')));
  return reader !== undefined && isOutstanding(reader) && assignmentAsk(context, reader) === id ? reader : undefined;
}

const askPrefix = ({ run }: Context): string => `assignSplits/${run}/`;

/** The number makes each assignment a question of its own: an answer to the one before settles nothing. */
export const assignmentAsk = (context: Context, { key, assigned }: Reader): AskId =>
  `${askPrefix(context)}${key}/${assigned}`;
