import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { actorNames } from '../protocol/ids.js';
import { atParallelism } from '../protocol/scaling.js';
import { slotsNeeded } from '../protocol/slot-sharing.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import { type Context, type On, runOf } from './context.js';
import type { JobMasterMessage } from './messages.js';
import { reactiveParallelism } from './scaling.js';

// A reactive job runs at the parallelism that the slots there are allow. It takes what is there when it starts; while it runs it looks now and
// then, and is run anew for slots that stay. Nobody has to tell it of them, so nothing can be missed.

const due = 'rescale.due';
/** More slots must have been seen so often in a row. */
const looksMin = 4;

/** How many slots it can use; null for a job whose parallelism is given. */
export function slotsUsable({ record }: Context): number | null {
  const { graph, reactive } = record;
  if (reactive === undefined) return null;
  return slotsNeeded(atParallelism(graph, reactiveParallelism(graph, Number.MAX_SAFE_INTEGER, reactive)));
}

/**
 * How many it begins with at least. The first run of a leader gives the task managers time to come; every other one takes what is there, for
 * what is lost is lost.
 */
export function slotsLeast(context: Context): number {
  const { graph, reactive } = context.record;
  if (reactive === undefined) return 0;
  const least = slotsNeeded(atParallelism(graph, reactiveParallelism(graph, 1, reactive)));
  return isSettling(context) ? Math.max(least, Math.min(slotsUsable(context) ?? 0, slotsNeeded(graph))) : least;
}

export const isSettling = ({ record, round, settled }: Context): boolean =>
  record.reactive !== undefined && round === 1 && !settled;

export const settle = (): Decision<Context> => ({ context: { settled: true } });

/** The grant decides how wide the run is. */
export function graphForGrant(
  { record, graph }: Context,
  { slots }: On<'resourceManager.slotsGranted'>,
): Context['graph'] {
  const { reactive } = record;
  if (reactive === undefined) return graph;
  return atParallelism(record.graph, reactiveParallelism(record.graph, slots.length, reactive));
}

export function watchSlots({ record }: Context): Decision<Context> {
  if (record.reactive === undefined) return {};
  return { context: { slotsSeen: null }, effects: [look(record.reactive.cooldownMs)] };
}

export function lookForSlots(context: Context): Decision<Context> {
  const { record } = context;
  if (record.reactive === undefined) return {};
  const message: ResourceManagerMessage = {
    type: 'resourceManager.countSlots',
    job: record.job,
    run: runOf(context),
  };
  return {
    effects: [
      { kind: 'tell', actor: actorNames.resourceManager, message },
      look(record.reactive.stabilizationMs / looksMin),
    ],
  };
}

function look(delayMs: number): Effect {
  const message: JobMasterMessage = { type: due };
  return { kind: 'timer.start', timer: due, delayMs, message };
}

/** What was seen so far, with this look. */
function seenWith({ slotsSeen, graph }: Context, count: number): Context['slotsSeen'] {
  if (count <= slotsNeeded(graph)) return null;
  return slotsSeen !== null && slotsSeen.count === count ? { count, times: slotsSeen.times + 1 } : { count, times: 1 };
}

/** With several slot sharing groups one slot more may be of no use. */
function countOf({ record }: Context, { available }: On<'resourceManager.slotsCounted'>): number {
  const { graph, reactive } = record;
  return reactive === undefined
    ? 0
    : slotsNeeded(atParallelism(graph, reactiveParallelism(graph, available, reactive)));
}

export const isLook = (context: Context, { run }: On<'resourceManager.slotsCounted'>): boolean =>
  context.record.reactive !== undefined && run === runOf(context);

/** More slots than the run has are there, and stay. A job that is to stop is left in peace. */
export const gainsSlots = (context: Context, message: On<'resourceManager.slotsCounted'>): boolean =>
  isLook(context, message) &&
  !context.stopping &&
  context.stopWith === null &&
  (seenWith(context, countOf(context, message))?.times ?? 0) > looksMin;

export const noteLook = (context: Context, message: On<'resourceManager.slotsCounted'>): Decision<Context> => ({
  context: { slotsSeen: seenWith(context, countOf(context, message)) },
});
