import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { AnyMessage, AskEvent, Delivered } from '../kernel/message.js';
import { actorNames, compareCheckpoints, sameCheckpoint } from '../protocol/ids.js';
import type { Split } from '../protocol/manifest.js';
import { askedReader, assignmentAsk, isOutstanding, readerOf, replaced, serve } from './assignment.js';
import type { SourceCoordinatorContext } from './context.js';
import type { SourceCoordinatorMessage } from './messages.js';

type Context = SourceCoordinatorContext;
type On<T extends SourceCoordinatorMessage['type']> = Delivered<Extract<SourceCoordinatorMessage, { type: T }>>;

// Learning the splits

export const isRestored = ({ restored }: Context): boolean => restored !== null;

export const isOurDiscovery = (
  context: Context,
  { uid }: On<'source.discovered' | 'source.discoveryFailed'>,
): boolean => context.restored === null && uid === context.uid;

/** Discovers, unless the checkpoint knows which splits are left: then a discovery would bring the read ones back. */
export function discover({ restored, record, uid }: Context): Decision<Context> {
  return restored === null ? { effects: [{ kind: 'source.discover', record, uid }] } : {};
}

export const useDiscovered = (context: Context, { splits }: On<'source.discovered'>): Decision<Context> =>
  know(context, splits);

export const useRestored = (context: Context): Decision<Context> => know(context, context.restored ?? []);

function know(context: Context, splits: readonly Split[]): Decision<Context> {
  const ready: JobMasterMessage = { type: 'sourceCoordinator.ready', run: context.run, uid: context.uid };
  return { context: { splits, next: 0 }, effects: [tellJobMaster(context, ready)] };
}

// The valve

export const isNewerCheckpoint = (context: Context, message: On<'sourceCoordinator.snapshot'>): boolean =>
  message.run === context.run &&
  (context.valve === null || compareCheckpoints(message.checkpoint, context.valve.checkpoint) > 0);

export const endsThisCheckpoint = (context: Context, message: On<'sourceCoordinator.reopenAll'>): boolean =>
  message.run === context.run && sameCheckpoint(context.valve?.checkpoint ?? null, message.checkpoint);

/** Closes the valve for every reader; what is on its way to one must arrive before the snapshot is taken (race 6). */
export function closeValve(context: Context, { checkpoint }: On<'sourceCoordinator.snapshot'>): Decision<Context> {
  const readers = context.readers.map((reader) => ({ ...reader, closed: true }));
  const valve = { checkpoint, snapshotted: false };
  const { context: snapshotted = {}, effects = [] } = snapshotWhenSettled({ ...context, valve });
  return { context: { readers, valve, ...snapshotted }, effects };
}

/** Takes and tells the snapshot once every assignment is acknowledged. */
export function snapshotWhenSettled(context: Context): Decision<Context> {
  const { valve, uid, run, splits, next, record } = context;
  if (valve === null || valve.snapshotted || context.outstanding > 0) return {};
  const message: CheckpointCoordinatorMessage = {
    type: 'sourceCoordinator.snapshotted',
    run,
    checkpoint: valve.checkpoint,
    snapshot: { uid, discovered: true, unassigned: splits.slice(next) },
  };
  return {
    context: { valve: { ...valve, snapshotted: true } },
    effects: [{ kind: 'tell', actor: actorNames.checkpointCoordinator(record.job), message }],
  };
}

/** That reader has injected its barrier: what it gets from now on is after the cut. */
export function reopen(context: Context, message: On<'sourceCoordinator.reopen'>): Decision<Context> {
  if (message.run !== context.run) return { refuse: 'staleRun' };
  const { valve } = context;
  if (!sameCheckpoint(valve?.checkpoint ?? null, message.checkpoint)) return { refuse: 'staleCheckpoint' };
  if (valve?.snapshotted !== true) return { refuse: 'tooEarly' };
  const reader = readerOf(context, message.subtask);
  if (reader === undefined) return { refuse: 'unknownReader' };
  return serve(context, replaced(context, { ...reader, closed: false }), [reader.index]);
}

/** Opens the valve for all, and serves what was asked for while it was closed. */
export function openValve(context: Context): Decision<Context> {
  const readers = context.readers.map((reader) => (reader.closed ? { ...reader, closed: false } : reader));
  const opened = { ...context, valve: null };
  const { context: served = {}, effects = [] } = serve(opened, readers, [...readers.keys()]);
  return { context: { ...served, valve: null }, effects };
}

/** What is on its way to a reader still arrives, and is in its snapshot; the others stay with this source. */
export const stop = (context: Context, { run }: On<'sourceCoordinator.stop'>): Decision<Context> =>
  run === context.run ? { context: { stopped: true } } : { refuse: 'staleRun' };

export const refuseStale = (
  context: Context,
  { run }: On<'sourceCoordinator.snapshot' | 'sourceCoordinator.reopenAll'>,
): Decision<Context> => ({ refuse: run === context.run ? 'staleCheckpoint' : 'staleRun' });

// Ending

export const isOpenAssignment = (context: Context, { id }: Delivered<AskEvent>): boolean =>
  askedReader(context, id) !== undefined;

export const discoveryTimedOut = ({ uid, deadlineMs }: Context): Decision<Context> =>
  because(
    failure('DISCOVERY_TIMEOUT', 'infrastructure', `source ${uid} has not listed its splits within ${deadlineMs} ms`),
  );

export const discoveryFailed = (_: Context, { failure }: On<'source.discoveryFailed'>): Decision<Context> =>
  because(failure);

/** Whether the reader has the splits is unknown, so no snapshot can be taken any more: the run ends (race 6). */
export const assignmentExpired = (context: Context, { id }: On<'ask.expired'>): Decision<Context> =>
  because(
    failure(
      'ASSIGNMENT_TIMEOUT',
      'infrastructure',
      `${askedReader(context, id)?.key} has not taken its splits within ${context.deadlineMs} ms`,
    ),
  );

export const readerAbsent = (context: Context, { id, to }: On<'ask.absent'>): Decision<Context> =>
  because(
    failure(
      'READER_ABSENT',
      'infrastructure',
      `${to.process} has no ${askedReader(context, id)?.key} of this run any more`,
    ),
  );

const because = (cause: Failure): Decision<Context> => ({ context: { failure: cause } });

export function reportFailure(context: Context): Decision<Context> {
  const { run, uid, readers } = context;
  const unasks = readers
    .filter(isOutstanding)
    .map((reader): Effect => ({ kind: 'unask', id: assignmentAsk(context, reader) }));
  if (context.failure === null) return { effects: unasks };
  const failed: JobMasterMessage = { type: 'sourceCoordinator.failed', run, uid, failure: context.failure };
  return { effects: [...unasks, tellJobMaster(context, failed)] };
}

const tellJobMaster = ({ record }: Context, message: AnyMessage): Effect => ({
  kind: 'tell',
  actor: actorNames.jobMaster(record.job),
  message,
});

// For people

export function waitingFor(state: string, context: Context): readonly string[] {
  if (state === 'discovering') return [`splits of ${context.uid}`];
  if (state !== 'snapshotting') return [];
  const waits =
    context.valve?.snapshotted === true
      ? context.readers.filter(({ closed }) => closed)
      : context.readers.filter(isOutstanding);
  return waits.map(({ key }) => key);
}
