import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import { actorNames } from '../protocol/ids.js';
import type { StopRecord } from '../protocol/job-graph.js';
import type { StopWithSavepoint } from '../protocol/savepoint.js';
import type { SourceCoordinatorMessage } from '../source-coordinator/messages.js';
import { type Context, isAwaited, type On, requesting, runOf } from './context.js';
import { subtasksOf } from './restore.js';
import { askSubtasks, sourcesOf } from './subtasks.js';

/**
 * To stop a job is to end its input: no split is assigned any more, and each reader ends as one does that has read all there is. The
 * end of a bounded job does the rest. Readers of a run that goes on from a checkpoint are stopped as soon as they have started.
 */
export const noteStop = (): Decision<Context> => ({ context: { stopping: true } });

/** The first wish counts. Without `drain` the sources read on until the barrier of the savepoint, behind which nothing is processed. */
export const noteStopWith = (context: Context, { stop }: On<'jobMaster.stopWithSavepoint'>): Decision<Context> =>
  stopWith(context, stop);

function stopWith({ stopWith: before }: Context, stop: StopWithSavepoint): Decision<Context> {
  if (before !== null) return {};
  return { context: { stopWith: stop, ...(stop.drain ? { stopping: true } : {}) } };
}

/** The checkpoint-coordinator of a run that has one takes the savepoint; one that starts later is told at its start. */
export function tellCoordinator({ record, stopWith }: Context): Decision<Context> {
  if (stopWith === null) return {};
  const message: CheckpointCoordinatorMessage = { type: 'checkpointCoordinator.stopWithSavepoint', stop: stopWith };
  return { effects: [{ kind: 'tell', actor: actorNames.checkpointCoordinator(record.job), message }] };
}

/** Whoever answers knows the client. */
export function passSavepoint(
  { record, stopping }: Context,
  { ask, wish }: On<'jobMaster.savepoint'>,
): Decision<Context> {
  const message: CheckpointCoordinatorMessage = { type: 'checkpointCoordinator.savepoint', ask, wish, stopping };
  return { effects: [{ kind: 'tell', actor: actorNames.checkpointCoordinator(record.job), message }] };
}

/** First those who assign splits: no reader that has finished may get one. */
export function stopSources(context: Context): Decision<Context> {
  const { stopping, record, sources } = context;
  if (!stopping) return {};
  const message: SourceCoordinatorMessage = { type: 'sourceCoordinator.stop', run: runOf(context) };
  const effects = Object.keys(sources).map(
    (uid): Effect => ({ kind: 'tell', actor: actorNames.sourceCoordinator(record.job, uid), message }),
  );
  return { effects };
}

/** Asks every reader that has started, and has not been asked. */
export function stopReaders(context: Context): Decision<Context> {
  if (!context.stopping) return {};
  const readers = new Set(sourcesOf(context.graph).flatMap(({ vertex }) => subtasksOf(vertex)));
  return askSubtasks(context, 'subtask.stop', (key) =>
    readers.has(key) ? { type: 'subtask.stop', run: runOf(context) } : null,
  );
}

// What an earlier leader has promised

export function readStop(context: Context): Decision<Context> {
  const key = stopKey(context);
  return requesting(context, 'stop', (request) => ({ kind: 'record.read', request, key }));
}

/** What the record says; one that cannot be read is the plain wish. */
export function noteKept(context: Context, message: Delivered<RecordEvent>): Decision<Context> {
  const stop = message.type === 'record.read' ? (message.record as Partial<StopRecord> | null)?.savepoint : undefined;
  return stop === undefined ? noteStop() : stopWith(context, stop);
}

export const stopKey = ({ record }: Context): string => `jobs/${record.job}/stop`;

/** A record that stands there is the wish, whatever it says: also one that is damaged. */
export function isStopKept(context: Context, message: Delivered<RecordEvent>): boolean {
  const isDamaged = message.type === 'record.failed' && message.failure.retry === 'never';
  return isAwaited(context, message) && (message.type === 'record.read' || isDamaged);
}
