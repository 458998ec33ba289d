import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered } from '../kernel/message.js';
import { peersOf } from '../protocol/channels.js';
import { actorNames, sameCheckpoint, subtaskKey, type VertexId } from '../protocol/ids.js';
import type { JobEdge } from '../protocol/job-graph.js';
import type { SourceCoordinatorMessage } from '../source-coordinator/messages.js';
import { ask } from './asking.js';
import { cellsOf, valuesOf } from './cells.js';
import type { CheckpointCoordinatorContext, Member, Phase } from './context.js';
import { startInterval } from './idle.js';
import type { CheckpointCoordinatorMessage } from './messages.js';
import { takenNext } from './savepoints.js';

type Context = CheckpointCoordinatorContext;
type SourceSnapshotted = Delivered<Extract<CheckpointCoordinatorMessage, { type: 'sourceCoordinator.snapshotted' }>>;

const timedOut = 'checkpoint.timedOut';

/** Begins a checkpoint: closes the valve of every source first, so that no split is on its way (race 6). */
export function begin(context: Context): Decision<Context> {
  invariant(context.unfinished > 0, 'a checkpoint of a finished job', { run: context.plan.run });
  const { epoch, n } = context.newest;
  const checkpoint = { epoch, n: n + 1 };
  const message: CheckpointCoordinatorMessage = { type: timedOut, checkpoint };
  const { timing, effects } = startInterval(context);
  return {
    context: {
      newest: checkpoint,
      enumerators: context.plan.sources.map(() => null),
      phases: cellsOf(context.lives.map((life): Phase => (life === 'finished' ? 'exempt' : 'awaited'))),
      snapshots: cellsOf(context.plan.members.map(() => null)),
      missing: context.plan.sources.length,
      ...takenNext(context),
      timing,
    },
    effects: [
      ...effects,
      { kind: 'timer.start', timer: timedOut, delayMs: context.plan.graph.options.checkpointTimeoutMs, message },
      ...tellSources(context, { type: 'sourceCoordinator.snapshot', run: context.plan.run, checkpoint }),
    ],
  };
}

/** Notes what is unassigned at one source, whose valve is closed now. */
export function noteSource(context: Context, message: SourceSnapshotted): Decision<Context> {
  if (message.run !== context.plan.run) return { refuse: 'staleRun' };
  if (!sameCheckpoint(message.checkpoint, context.newest)) return { refuse: 'staleCheckpoint' };
  const index = context.plan.sources.indexOf(message.snapshot.uid);
  if (index === -1) return { refuse: 'unknownSource' };
  if (context.enumerators[index] !== null) return {};
  return { context: { enumerators: context.enumerators.with(index, message.snapshot), missing: context.missing - 1 } };
}

export const isLastSource = (context: Context, message: SourceSnapshotted): boolean =>
  noteSource(context, message).context?.missing === 0;

/** All valves are closed: asks for the barrier where it can begin. */
export function trigger(context: Context): Decision<Context> {
  const triggered = withoutUnfinishedUpstream(context);
  const phases = [...valuesOf(context.phases)];
  for (const { index } of triggered) phases[index] = 'triggered';
  return {
    context: { phases: cellsOf(phases), missing: context.unfinished },
    effects: triggered.map((member) =>
      ask(context, member, 'triggered', context.plan.graph.options.checkpointTimeoutMs),
    ),
  };
}

/**
 * The unfinished subtasks that no barrier will reach: all that send to them have finished, or nobody does.
 */
function withoutUnfinishedUpstream(context: Context): readonly Member[] {
  const inbound = new Map<VertexId, JobEdge[]>();
  for (const edge of context.plan.graph.edges) inbound.set(edge.to, [...(inbound.get(edge.to) ?? []), edge]);
  const unfinished = context.plan.members.filter(({ index }) => context.lives[index] !== 'finished');
  const unfinishedKeys = new Set(unfinished.map(({ key }) => key));
  const parallelism = new Map(context.plan.graph.vertices.map(({ id, parallelism: own }) => [id, own]));
  const unfinishedVertices = new Set(unfinished.map(({ vertex }) => vertex));
  return unfinished.filter(({ vertex, subtask }) =>
    (inbound.get(vertex) ?? []).every(({ from, partitioner }) => {
      if (!unfinishedVertices.has(from)) return true;
      const [own, others] = [parallelism.get(vertex) ?? 0, parallelism.get(from) ?? 0];
      const { first, last } = peersOf(partitioner, subtask, own, others);
      if (first === 0 && last === others - 1) return false;
      for (let index = first; index <= last; index++) if (unfinishedKeys.has(subtaskKey(from, index))) return false;
      return true;
    }),
  );
}

export const stopTimeout: Effect = { kind: 'timer.stop', timer: timedOut };

/** However the collecting ended: every reader may get splits again. */
export const endCollecting = (context: Context): readonly Effect[] => [
  stopTimeout,
  ...tellSources(context, { type: 'sourceCoordinator.reopenAll', run: context.plan.run, checkpoint: context.newest }),
];

export const tellSource = (context: Context, uid: string, message: SourceCoordinatorMessage): Effect => ({
  kind: 'tell',
  actor: actorNames.sourceCoordinator(context.plan.job, uid),
  message,
});

const tellSources = (context: Context, message: SourceCoordinatorMessage): readonly Effect[] =>
  context.plan.sources.map((uid) => tellSource(context, uid, message));
