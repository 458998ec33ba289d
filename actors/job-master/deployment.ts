import type { CheckpointCoordinatorInput } from '../checkpoint-coordinator/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { AskId } from '../kernel/message.js';
import type { Placement } from '../protocol/deployment.js';
import type { Address, Incarnation, ProcessName, SlotAddress, SubtaskKey } from '../protocol/ids.js';
import { actorNames, sameAllocation } from '../protocol/ids.js';
import type { JobGraph, JobVertex } from '../protocol/job-graph.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import type { SlotMessage } from '../slot/messages.js';
import type { SourceCoordinatorInput } from '../source-coordinator/messages.js';
import type { SubtaskMessage } from '../subtask/messages.js';
import {
  type Any,
  allocationOf,
  askId,
  asking,
  beside,
  both,
  type Context,
  type On,
  questionOf,
  runOf,
} from './context.js';
import {
  awaitedIn,
  isLastTo,
  keysIn,
  type SlotPhase,
  type SlotStep,
  type SubtaskPhase,
  type SubtaskQuestion,
  slotPhaseAfter,
  subtaskPhaseAfter,
} from './phases.js';
import { finishedSubtasks, restorePlans, subtasksOf } from './restore.js';

export const processText = ({ process, incarnation }: { process: ProcessName; incarnation: Incarnation }): string =>
  `${process}@${incarnation}`;
export const slotText = (slot: SlotAddress): string => `${processText(slot)}/${slot.slot}`;

// Slots

const slotsAsk = 'resourceManager.requestSlots';

export function requestSlots(context: Context): Decision<Context> {
  const { record, options } = context;
  const count = Math.max(...record.graph.vertices.map((vertex) => vertex.parallelism));
  const message: ResourceManagerMessage = { type: slotsAsk, job: record.job, run: runOf(context), count };
  const to = beside(context, actorNames.resourceManager);
  const deadlineMs = options.slotRequestTimeoutMs;
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

export function takeGrant(context: Context, { slots }: On<'resourceManager.slotsGranted'>): Decision<Context> {
  const { vertices } = context.record.graph;
  const placement: Record<SubtaskKey, SlotAddress> = {};
  const phases: Record<SubtaskKey, SubtaskPhase> = {};
  for (const vertex of vertices) {
    for (const [index, key] of subtasksOf(vertex).entries()) {
      placement[key] = slots[index % slots.length] as SlotAddress;
      phases[key] = 'placed';
    }
  }
  const phaseOf = (slot: SlotAddress): SlotPhase => (context.lost.includes(processText(slot)) ? 'lost' : 'granted');
  const slotPhases = Object.fromEntries(slots.map((slot) => [slotText(slot), phaseOf(slot)]));
  return { context: { requested: false, slots, slotPhases, placement, phases } };
}

export function openSlots(context: Context): Decision<Context> {
  const { record, placement, options } = context;
  const allocation = allocationOf(context);
  const message: SlotMessage = { type: 'slot.open', allocation, record, graph: record.graph, placement };
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

type TaskManagerLost = On<'resourceManager.taskManagerLost'>;

export const holdsSlotThere = (context: Context, lost: TaskManagerLost): boolean =>
  context.slots.some((slot) => processText(slot) === processText(lost));

/** Nothing is asked of slots there from now on. */
export function loseSlotsThere(context: Context, lost: TaskManagerLost): Decision<Context> {
  const slotPhases: Record<string, SlotPhase> = { ...context.slotPhases };
  const there = context.slots.filter((slot) => processText(slot) === processText(lost)).map(slotText);
  for (const slot of there) slotPhases[slot] = slotPhaseAfter(slotPhases[slot], 'lose') ?? slotPhases[slot] ?? 'lost';
  const open = openQuestions(context).filter(({ what, subject }) => what === 'slot.open' && there.includes(subject));
  return { context: { slotPhases }, effects: unasked(context, open) };
}

export function rememberLost({ lost }: Context, message: TaskManagerLost): Decision<Context> {
  return { context: { lost: [...lost, processText(message)] } };
}

// Subtasks

export function restoreAll(context: Context): Decision<Context> {
  const plans = restorePlans(context.record.graph, context.latest);
  return askSubtasks(context, 'subtask.restore', (key) => {
    const plan = plans[key];
    return plan === undefined ? null : { type: 'subtask.restore', run: runOf(context), plan };
  });
}

/** Splits must be known before readers are told where to go on. Without a source nothing has to be waited for. */
export function startSources(context: Context): Decision<Context> {
  const sources = sourcesOf(context.record.graph);
  if (sources.length === 0) return rewindAll(context);
  const finished = new Set(finishedSubtasks(context.record.graph, context.latest));
  const starts = sources.map(({ uid, vertex }): Extract<Effect, { kind: 'actor.start' }> => {
    const input: SourceCoordinatorInput = {
      record: context.record,
      run: runOf(context),
      uid,
      readers: readersOf(context, vertex, finished),
      restored: context.latest?.enumerators.find((enumerator) => enumerator.uid === uid) ?? null,
      options: context.options,
    };
    const actor = actorNames.sourceCoordinator(context.record.job, uid);
    return { kind: 'actor.start', role: 'source-coordinator', actor, input };
  });
  return {
    context: {
      sources: Object.fromEntries(sources.map(({ uid }) => [uid, 'discovering' as const])),
      coordinators: [...context.coordinators, ...starts.map(({ actor }) => actor)],
    },
    effects: starts,
  };
}

export const isReady = (context: Context, { run, uid }: On<'sourceCoordinator.ready'>): boolean =>
  run === runOf(context) && context.sources[uid] === 'discovering';

export const readiesLast = (context: Context, message: On<'sourceCoordinator.ready'>): boolean =>
  isReady(context, message) && isLastTo('ready', message.uid, context.sources);

export function noteReady({ sources }: Context, { uid }: On<'sourceCoordinator.ready'>): Decision<Context> {
  return { context: { sources: { ...sources, [uid]: 'ready' } } };
}

export function rewindAll(context: Context): Decision<Context> {
  return askSubtasks(context, 'subtask.rewind', () => ({ type: 'subtask.rewind', run: runOf(context) }));
}

/** The checkpoint-coordinator first: a subtask that has nothing to read reports to it at once. */
export function startAll(context: Context): Decision<Context> {
  const { record, epoch, incarnation, placement, nextIndex, latest, options } = context;
  const input: CheckpointCoordinatorInput = {
    job: record.job,
    run: runOf(context),
    epoch,
    incarnation,
    graph: record.graph,
    placement,
    nextIndex,
    latest,
    finished: finishedSubtasks(record.graph, latest),
    options,
  };
  const actor = actorNames.checkpointCoordinator(record.job);
  const started: Decision<Context> = {
    context: { coordinators: [...context.coordinators, actor] },
    effects: [{ kind: 'actor.start', role: 'checkpoint-coordinator', actor, input }],
  };
  return both(
    started,
    askSubtasks(context, 'subtask.start', () => ({ type: 'subtask.start', run: runOf(context) })),
  );
}

/** Discovery has no deadline of its own; each question has one, so this is reached only when discovery is silent. */
export const deployMs = ({ options }: Context): number => 3 * options.deployTimeoutMs;

type SubtaskAnswer = On<'subtask.restored' | 'subtask.rewound' | 'subtask.started'>;

export const isSubtaskAnswer = (context: Context, { run, subtask, type }: SubtaskAnswer): boolean =>
  run === runOf(context) && subtaskPhaseAfter(context.phases[subtask], type) !== undefined;

export function noteSubtask(context: Context, { subtask, type }: SubtaskAnswer): Decision<Context> {
  const phase = subtaskPhaseAfter(context.phases[subtask], type);
  return phase === undefined ? {} : { context: { phases: { ...context.phases, [subtask]: phase } } };
}

export const restoresLast = (context: Context, message: On<'subtask.restored'>): boolean =>
  isSubtaskAnswer(context, message) && isLastTo('restored', message.subtask, context.phases);

export const rewindsLast = (context: Context, message: On<'subtask.rewound'>): boolean =>
  isSubtaskAnswer(context, message) && isLastTo('rewound', message.subtask, context.phases);

/** A restored subtask that has nothing more to read commits before it answers, and the coordinator does not ask it. */
export const startsLastAfterAll = (context: Context, message: On<'subtask.started'>): boolean =>
  context.allFinished && isSubtaskAnswer(context, message) && isLastTo('started', message.subtask, context.phases);

export const finishesAfterAll = (context: Context, message: On<'checkpointCoordinator.allFinished'>): boolean =>
  message.run === runOf(context) && isLastTo('started', '', context.phases);

export const noteAllFinished = (): Decision<Context> => ({ context: { allFinished: true } });

function askSubtasks(
  context: Context,
  what: SubtaskQuestion,
  messageFor: (key: SubtaskKey) => SubtaskMessage | null,
): Decision<Context> {
  const phases: Record<SubtaskKey, SubtaskPhase> = { ...context.phases };
  const effects: Effect[] = [];
  const deadlineMs = context.options.deployTimeoutMs;
  for (const [key, slot] of Object.entries(context.placement)) {
    const phase = subtaskPhaseAfter(phases[key], what);
    const message = messageFor(key);
    if (phase === undefined || message === null) continue;
    phases[key] = phase;
    const actor = actorNames.subtask(context.record.job, runOf(context), key);
    const to: Address = { process: slot.process, incarnation: slot.incarnation, actor };
    effects.push(asking(context, { what, subject: key, to, message, deadlineMs }));
  }
  return { context: { phases }, effects };
}

// Questions

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
export function isOpen(context: Context, { id }: { readonly id: AskId }): boolean {
  const question = questionOf(context, id);
  if (question === null) return false;
  return openQuestions(context).some(({ what, subject }) => what === question.what && subject === question.subject);
}

export const isOfThisRun = (context: Context, message: Extract<Any, { run: unknown }>): boolean =>
  message.run === runOf(context);

// The graph

function sourcesOf({ vertices }: JobGraph): readonly { readonly uid: string; readonly vertex: JobVertex }[] {
  return vertices.flatMap((vertex) =>
    vertex.operators.filter(({ kind }) => kind === 'source').map(({ uid }) => ({ uid, vertex })),
  );
}

/** One that has finished asks for no splits any more. */
function readersOf({ placement }: Context, vertex: JobVertex, finished: ReadonlySet<SubtaskKey>): Placement {
  const keys = subtasksOf(vertex).filter((key) => !finished.has(key));
  return Object.fromEntries(
    keys.flatMap((key) => (placement[key] === undefined ? [] : [[key, placement[key]] as const])),
  );
}
