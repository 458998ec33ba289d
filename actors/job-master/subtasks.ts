import type { AlignmentInput } from '../alignment/messages.js';
import type { CheckpointCoordinatorInput } from '../checkpoint-coordinator/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Placement } from '../protocol/deployment.js';
import type { Address, SubtaskKey } from '../protocol/ids.js';
import { actorNames } from '../protocol/ids.js';
import type { JobGraph, JobVertex } from '../protocol/job-graph.js';
import type { SourceCoordinatorInput } from '../source-coordinator/messages.js';
import type { SubtaskMessage } from '../subtask/messages.js';
import { asking, both, type Context, type On, runOf } from './context.js';
import { haveAllStarted, isLastTo, type SubtaskPhase, type SubtaskQuestion, subtaskPhaseAfter } from './phases.js';
import { finishedSubtasks, isOrigin, restorePlans, subtasksOf } from './restore.js';

export function restoreAll(context: Context): Decision<Context> {
  const mayDrop = isOrigin(context.latest) && context.record.from?.allowDroppedState === true;
  const plans = restorePlans(context.graph, context.latest, mayDrop);
  return askSubtasks(context, 'subtask.restore', (key) => {
    const plan = plans[key];
    return plan === undefined ? null : { type: 'subtask.restore', run: runOf(context), plan };
  });
}

/** Splits must be known before readers are told where to go on. Without a source nothing has to be waited for. */
export function startSources(context: Context): Decision<Context> {
  const sources = sourcesOf(context.graph);
  if (sources.length === 0) return rewindAll(context);
  const finished = new Set(finishedSubtasks(context.graph, context.latest));
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

/** Nothing when no source waits for another. */
function startAlignment(context: Context): Decision<Context> {
  const { record, graph, latest, coordinators } = context;
  const { vertices, alignments = [] } = graph;
  if (alignments.length === 0) return {};
  const finished = new Set(finishedSubtasks(graph, latest));
  const aligned = vertices.filter(({ id }) => alignments.some(({ vertex }) => vertex === id));
  const readers = Object.assign({}, ...aligned.map((vertex) => readersOf(context, vertex, finished)));
  const input: AlignmentInput = { run: runOf(context), alignments, readers };
  const actor = actorNames.alignment(record.job);
  return {
    context: { coordinators: [...coordinators, actor] },
    effects: [{ kind: 'actor.start', role: 'alignment', actor, input }],
  };
}

/** The checkpoint-coordinator first: a subtask that has nothing to read reports to it at once. */
export function startAll(context: Context): Decision<Context> {
  const { record, graph, epoch, incarnation, placement, nextIndex, latest, stopWith, options } = context;
  const input: CheckpointCoordinatorInput = {
    job: record.job,
    run: runOf(context),
    epoch,
    incarnation,
    graph,
    placement,
    nextIndex,
    // Nothing is built on a savepoint, and nothing of it deleted: it belongs to somebody else.
    latest: isOrigin(latest) ? null : latest,
    ...(isOrigin(latest) && latest !== null ? { origin: latest } : {}),
    retained: context.retained,
    finished: finishedSubtasks(graph, latest),
    ...(stopWith === null ? {} : { stop: stopWith }),
    options,
  };
  const actor = actorNames.checkpointCoordinator(record.job);
  const aligning = startAlignment(context);
  const started: Decision<Context> = {
    context: { coordinators: [...(aligning.context?.coordinators ?? context.coordinators), actor] },
    effects: [...(aligning.effects ?? []), { kind: 'actor.start', role: 'checkpoint-coordinator', actor, input }],
  };
  return both(
    started,
    askSubtasks(context, 'subtask.start', () => ({ type: 'subtask.start', run: runOf(context) })),
  );
}

/** Discovery has no deadline of its own; each question has one, so this is reached only when discovery is silent. */
export const deployMs = ({ options }: Context): number => 3 * options.deployTimeoutMs;

type SubtaskAnswer = On<'subtask.restored' | 'subtask.rewound' | 'subtask.started' | 'subtask.stopping'>;

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
  context.allFinished && isSubtaskAnswer(context, message) && haveAllStarted(context.phases, message.subtask);

export const finishesAfterAll = (context: Context, message: On<'checkpointCoordinator.allFinished'>): boolean =>
  message.run === runOf(context) && haveAllStarted(context.phases);

export const noteAllFinished = (
  _context: Context,
  { savepoint }: On<'checkpointCoordinator.allFinished'>,
): Decision<Context> => ({ context: { allFinished: true, savepoint: savepoint ?? null } });

export function askSubtasks(
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

export function sourcesOf({ vertices }: JobGraph): readonly { readonly uid: string; readonly vertex: JobVertex }[] {
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
