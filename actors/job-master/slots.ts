import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Address, Incarnation, ProcessName, SlotAddress, SubtaskKey } from '../protocol/ids.js';
import { actorNames, sameAllocation } from '../protocol/ids.js';
import type { JobGraph } from '../protocol/job-graph.js';
import { slotSharingGroupOf, slotSharingGroupsOf, slotsNeeded } from '../protocol/slot-sharing.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import type { SlotMessage } from '../slot/messages.js';
import { allocationOf, asking, beside, type Context, type On, questionOf, runOf } from './context.js';
import { isLastTo, type SlotPhase, type SlotStep, type SubtaskPhase, slotPhaseAfter } from './phases.js';
import { openQuestions, slotsAsk, unasked } from './questions.js';
import { graphForGrant, isSettling, slotsLeast, slotsUsable } from './reactive.js';
import { subtasksOf } from './restore.js';

export const processText = ({ process, incarnation }: { process: ProcessName; incarnation: Incarnation }): string =>
  `${process}@${incarnation}`;
export const slotText = (slot: SlotAddress): string => `${processText(slot)}/${slot.slot}`;

export function requestSlots(context: Context): Decision<Context> {
  const { record, graph, options } = context;
  const usable = slotsUsable(context);
  const message: ResourceManagerMessage = {
    type: slotsAsk,
    job: record.job,
    run: runOf(context),
    count: usable ?? slotsNeeded(graph),
    ...(usable === null ? {} : { least: slotsLeast(context) }),
  };
  const to = beside(context, actorNames.resourceManager);
  const settlingMs = isSettling(context) ? record.reactive?.stabilizationMs : undefined;
  const deadlineMs = settlingMs ?? options.slotRequestTimeoutMs;
  return {
    context: { requested: true },
    effects: [asking(context, { what: slotsAsk, subject: record.job, to, message, deadlineMs })],
  };
}

export const isGrant = (context: Context, { run, slots }: On<'resourceManager.slotsGranted'>): boolean =>
  context.requested && run === runOf(context) && slots.length > 0;

/** The loss was told first, and the grant was on its way: nobody would answer there until the deadline. */
export const grantsLost = (context: Context, message: On<'resourceManager.slotsGranted'>): boolean =>
  isGrant(context, message) && message.slots.some((slot) => context.lost.includes(processText(slot)));

export function takeGrant(context: Context, message: On<'resourceManager.slotsGranted'>): Decision<Context> {
  const { slots } = message;
  const graph = graphForGrant(context, message);
  const firsts = firstSlots(graph);
  const placement: Record<SubtaskKey, SlotAddress> = {};
  const phases: Record<SubtaskKey, SubtaskPhase> = {};
  for (const vertex of graph.vertices) {
    const first = firsts.get(slotSharingGroupOf(vertex)) ?? 0;
    for (const [index, key] of subtasksOf(vertex).entries()) {
      placement[key] = slots[(first + index) % slots.length] as SlotAddress;
      phases[key] = 'placed';
    }
  }
  const phaseOf = (slot: SlotAddress): SlotPhase => (context.lost.includes(processText(slot)) ? 'lost' : 'granted');
  const slotPhases = Object.fromEntries(slots.map((slot) => [slotText(slot), phaseOf(slot)]));
  return { context: { graph, requested: false, slots, slotPhases, placement, phases } };
}

/** By slot sharing group, where its share of a grant begins. */
function firstSlots(graph: JobGraph): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  let next = 0;
  for (const { name, slots } of slotSharingGroupsOf(graph)) {
    firsts.set(name, next);
    next += slots;
  }
  return firsts;
}

export function openSlots(context: Context): Decision<Context> {
  const { record, graph, placement, options } = context;
  const allocation = allocationOf(context);
  const message: SlotMessage = { type: 'slot.open', allocation, record, graph, placement };
  return askSlots(context, 'open', message, options.deployTimeoutMs);
}

/** Asks every slot of the run that may still answer to end everything there; also one that was never asked to open. */
export function askClosed(context: Context): Decision<Context> {
  const message: SlotMessage = { type: 'slot.close', allocation: allocationOf(context) };
  return askSlots(context, 'close', message, context.options.pauseTimeoutMs);
}

function askSlots(context: Context, step: SlotStep, message: SlotMessage, deadlineMs: number): Decision<Context> {
  const slotPhases: Record<string, SlotPhase> = { ...context.slotPhases };
  const effects: Effect[] = [];
  for (const slot of context.slots) {
    const subject = slotText(slot);
    const phase = slotPhaseAfter(slotPhases[subject], step);
    if (phase === undefined) continue;
    slotPhases[subject] = phase;
    const { process, incarnation } = slot;
    const to: Address = { process, incarnation, actor: actorNames.slot(slot.slot) };
    effects.push(asking(context, { what: message.type, subject, to, message, deadlineMs }));
  }
  return { context: { slotPhases }, effects };
}

/** The slots' phases after one of them made `step`; null when that step does not follow. */
export function slotAfter(context: Context, slot: string, step: SlotStep): Context['slotPhases'] | null {
  const phase = slotPhaseAfter(context.slotPhases[slot], step);
  return phase === undefined ? null : { ...context.slotPhases, [slot]: phase };
}

export const isAnyClosing = (slotPhases: Context['slotPhases']): boolean =>
  Object.values(slotPhases).includes('closing');

export const isSlotAnswer = (context: Context, message: On<'slot.opened' | 'slot.openFailed'>): boolean =>
  sameAllocation(message.allocation, allocationOf(context)) && context.slotPhases[slotText(message.slot)] === 'opening';

export const opensLast = (context: Context, message: On<'slot.opened'>): boolean =>
  isSlotAnswer(context, message) && isLastTo('opened', slotText(message.slot), context.slotPhases);

export function noteOpened(context: Context, message: On<'slot.opened'>): Decision<Context> {
  const slotPhases = slotAfter(context, slotText(message.slot), 'opened');
  return slotPhases === null ? {} : { context: { slotPhases } };
}

/** The time for task managers to come is over: what is there must do. */
export const endsSettling = (context: Context, message: On<'ask.expired'>): boolean =>
  isSettling(context) && context.requested && questionOf(context, message.id)?.what === slotsAsk;

type TaskManagerLost = On<'resourceManager.taskManagerLost'>;

export const holdsSlotThere = (context: Context, lost: TaskManagerLost): boolean =>
  context.slots.some((slot) => processText(slot) === processText(lost));

/** Nothing is asked of slots there from now on. */
export function loseSlotsThere(context: Context, lost: TaskManagerLost): Decision<Context> {
  const slotPhases: Record<string, SlotPhase> = { ...context.slotPhases };
  const there = context.slots.filter((slot) => processText(slot) === processText(lost)).map(slotText);
  for (const slot of there) slotPhases[slot] = slotPhaseAfter(slotPhases[slot], 'lose') ?? slotPhases[slot] ?? 'lost';
  const open = openQuestions(context).filter(({ subject }) => there.includes(subject));
  return { context: { slotPhases }, effects: unasked(context, open) };
}

export function rememberLost({ lost }: Context, message: TaskManagerLost): Decision<Context> {
  return { context: { lost: [...lost, processText(message)] } };
}
