import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import type { Failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered } from '../kernel/message.js';
import type { Placement, SlotReport } from '../protocol/deployment.js';
import { bounded } from '../protocol/failure.js';
import { type Allocation, actorNames, type SubtaskKey, sameAllocation } from '../protocol/ids.js';
import type { JobGraph } from '../protocol/job-graph.js';
import type { SubtaskInput, SubtaskMessage } from '../subtask/messages.js';
import type { TaskManagerMessage } from '../task-manager/messages.js';
import { closedRun, isKept, nobody, type Placed, remember, type SlotContext } from './context.js';
import type { SlotAnswer, SlotMessage } from './messages.js';

type Context = SlotContext;
type On<T extends SlotMessage['type']> = Delivered<Extract<SlotMessage, { type: T }>>;
/** Those that name an allocation and need no more than that it is the one that is here. */
type Allocated = 'slot.open' | 'slot.loaded' | 'slot.loadFailed' | 'slot.unloaded';
type Opening = On<'slot.open'>;
type Closing = On<'slot.close'>;

/** The run has not been closed here. */
export const isFresh = (context: Context, { allocation }: Opening): boolean =>
  allocation.run > closedRun(context, allocation.job);

/** The question, or the completion, is of the allocation that is here. */
export const isOwn = (context: Context, { allocation }: On<Allocated>): boolean =>
  sameAllocation(context.allocation, allocation);

/** The job has a newer run, so the one that is here is over. */
export const isNewerRun = (context: Context, { allocation }: Opening): boolean =>
  context.allocation?.job === allocation.job && allocation.run > context.allocation.run;

/** Closes what is here: this run of the job or one after it. */
export const closesThis = (context: Context, { allocation }: Closing): boolean =>
  context.allocation?.job === allocation.job && allocation.run >= context.allocation.run;

export const isLastToEnd = ({ ending, allocation }: Context, message: On<'subtask.canceled'>): boolean =>
  sameAllocation(allocation, message.allocation) && ending.every((each) => each === message.subtask);
export const endsHere = ({ ending, allocation }: Context, message: On<'subtask.canceled'>): boolean =>
  sameAllocation(allocation, message.allocation) && ending.includes(message.subtask);

export const cancelTimeoutMs = ({ options }: Context): number => options.cancelTimeoutMs;

export function load(context: Context, message: Opening): Decision<Context> {
  const { allocation, record, graph, placement, meta } = message;
  const { slot } = context.address;
  const placed = placedHere(context, graph, placement);
  return changed(
    context,
    { ...nobody, allocation, leader: meta.from, placed, opening: meta.ask },
    { kind: 'slot.load', slot, allocation, record, graph, placement },
  );
}

/** Why this question cannot be answered now. */
export function refuseOpen(context: Context, message: Opening): Decision<Context> {
  if (!isFresh(context, message)) return { refuse: 'staleAllocation' };
  if (context.allocation?.job !== message.allocation.job) return { refuse: 'occupied' };
  return { refuse: message.allocation.run < context.allocation.run ? 'staleAllocation' : 'tooEarly' };
}

export function startSubtasks(context: Context): Decision<Context> {
  const { address, allocation, leader, placed, options, opening } = context;
  invariant(allocation !== null && leader !== null, 'loaded for nobody', { address });
  const starts = placed.map(({ key, source }): Effect => {
    const input: SubtaskInput = { subtask: key, slot: address, allocation, source, leader, options };
    return { kind: 'actor.start', role: 'subtask', actor: subtaskActor(allocation, key), input };
  });
  const next = changed(context, { opening: null, started: true });
  return { ...next, effects: [...starts, ...(next.effects ?? []), ...answer(opening, opened(context, allocation))] };
}

export function answerOpened(context: Context, { allocation, meta }: Opening): Decision<Context> {
  return { effects: answer(meta.ask, opened(context, allocation)) };
}

/** Answered at once, and again for each repetition; what was loaded in part is undone meanwhile. */
export function answerFailed(context: Context, message: On<'slot.loadFailed'>): Decision<Context> {
  const { allocation } = message;
  const failure = bounded(message.failure);
  return {
    context: { opening: null, failed: { allocation, failure } },
    effects: answer(context.opening, openFailed(context, allocation, failure)),
  };
}

export const hasFailed = ({ failed }: Context, { allocation }: Opening): boolean =>
  failed !== null && sameAllocation(failed.allocation, allocation);

export function answerFailedAgain(context: Context, { allocation, meta }: Opening): Decision<Context> {
  const { failed } = context;
  invariant(failed !== null, 'no failure to answer with', { allocation });
  return { effects: answer(meta.ask, openFailed(context, allocation, failed.failure)) };
}

/** Nothing of that run is here, and nothing will be. */
export function answerClosed(context: Context, { allocation, meta }: Closing): Decision<Context> {
  return {
    context: { closed: remember(context, allocation) },
    effects: answer(meta.ask, closedAnswer(context, allocation)),
  };
}

/** Answered when nothing of the run is left. */
export function keepClose(context: Context, { allocation, meta }: Closing): Decision<Context> {
  const closed = remember(context, allocation);
  if (meta.ask === null) return { context: { closed } };
  if (isKept(context, meta.ask)) return { refuse: 'tooEarly' };
  return { context: { closed, closing: [...context.closing, { ask: meta.ask, allocation }] } };
}

/** However the end came about, the run that is here is not opened here again. */
export function endRun(context: Context): Decision<Context> {
  const { allocation, placed, started } = context;
  invariant(allocation !== null, 'nothing to end', { address: context.address });
  const ending = started ? placed.map(({ key }) => key) : [];
  const message: SubtaskMessage = { type: 'subtask.cancel' };
  return {
    context: { closed: remember(context, allocation), opening: null, ending },
    effects: ending.map((key) => ({ kind: 'tell', actor: subtaskActor(allocation, key), message })),
  };
}

export const noteCanceled = (context: Context, { subtask }: On<'subtask.canceled'>): Decision<Context> => ({
  context: { ending: context.ending.filter((each) => each !== subtask) },
});

/** Ends what has not ended by itself too. */
export function unload({ address, allocation }: Context): Decision<Context> {
  invariant(allocation !== null, 'nothing to unload', { address });
  return { effects: [{ kind: 'slot.unload', slot: address.slot, allocation }] };
}

/** Only now nothing is left; whoever waits for that is told after the subtasks are stopped. */
export function free(context: Context): Decision<Context> {
  const { allocation, placed, started, closing } = context;
  invariant(allocation !== null, 'freed twice', { address: context.address });
  const stops = (started ? placed : []).map(
    ({ key }): Effect => ({ kind: 'actor.stop', actor: subtaskActor(allocation, key) }),
  );
  const answers = closing.flatMap((each) => answer(each.ask, closedAnswer(context, each.allocation)));
  return { context: nobody, effects: [...stops, ...answers] };
}

export const noteProgress = (context: Context, { progress }: On<'slot.progressed'>): Decision<Context> =>
  changed(context, { progress });

export const reportSelf = (context: Context): Decision<Context> => changed(context, {});

/** Every change is told to the task manager, which answers heartbeats with what it was told last. */
function changed(context: Context, change: Partial<Context>, ...effects: readonly Effect[]): Decision<Context> {
  const { address, allocation, progress, started, placed } = { ...context, ...change };
  const subtasks = started ? placed.map(({ key }) => key) : [];
  const report: SlotReport = { slot: address.slot, allocation, progress, subtasks };
  const message: TaskManagerMessage = { type: 'slot.changed', report };
  return { context: change, effects: [...effects, { kind: 'tell', actor: actorNames.taskManager, message }] };
}

function placedHere({ address }: Context, graph: JobGraph, placement: Placement): readonly Placed[] {
  const isHere = (key: SubtaskKey): boolean => {
    const there = placement[key];
    return (
      there?.process === address.process && there.incarnation === address.incarnation && there.slot === address.slot
    );
  };
  return Object.keys(placement)
    .filter(isHere)
    .map((key) => ({ key, source: sourceOf(graph, key) }));
}

function sourceOf({ vertices }: JobGraph, key: SubtaskKey): string | null {
  const id = key.slice(0, key.lastIndexOf('#'));
  const head = vertices.find((vertex) => vertex.id === id)?.operators[0];
  return head?.kind === 'source' ? head.uid : null;
}

const subtaskActor = ({ job, run }: Allocation, key: SubtaskKey): string => actorNames.subtask(job, run, key);

const openFailed = ({ address }: Context, allocation: Allocation, failure: Failure): SlotAnswer => ({
  type: 'slot.openFailed',
  slot: address,
  allocation,
  failure,
});
const opened = ({ address }: Context, allocation: Allocation): SlotAnswer => ({
  type: 'slot.opened',
  slot: address,
  allocation,
});
const closedAnswer = ({ address }: Context, allocation: Allocation): SlotAnswer => ({
  type: 'slot.closed',
  slot: address,
  allocation,
});

/** What people see the slot wait for. */
export const waiting = (state: string, { ending, allocation, address }: Context): readonly string[] => {
  if (state === 'releasing') return ending;
  if (state === 'allocated') return [`code of ${allocation?.job ?? 'nobody'}`];
  return state === 'unloading' ? [`slot ${address.slot}: end of ${allocation?.job ?? 'nobody'}`] : [];
};
