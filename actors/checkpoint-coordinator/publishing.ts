import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import { failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import type { CheckpointManifest } from '../protocol/manifest.js';
import type { SavepointManifest, SavepointWish } from '../protocol/savepoint.js';
import { savepointBlobs, savepointKey } from '../protocol/savepoint.js';
import { blobNames } from './blobs.js';
import type { CheckpointCoordinatorContext } from './context.js';
import type { SavepointCompleted } from './messages.js';
import { reject } from './savepoints.js';
import { creationsMax } from './writing.js';

type Context = CheckpointCoordinatorContext;
type On<T extends RecordEvent['type']> = Delivered<Extract<RecordEvent, { type: T }>>;

interface Publication {
  readonly wish: SavepointWish;
  readonly checkpoint: CheckpointManifest;
}

/**
 * The savepoint is shown only when all it holds is committed: a job that went on from it before would look for the names of its output where
 * they do not stand yet, and give them to others; and one whose transactions are aborted by a recovery could never commit them (PROTOCOLS 5).
 */
function publicationOf({ savepoint, latest }: Context): Publication {
  if (savepoint?.taken != null) return { wish: savepoint.wish, checkpoint: savepoint.taken };
  invariant(latest?.stops !== undefined, 'nothing to publish', { latest: latest?.id });
  const { stops, ...checkpoint } = latest;
  return { wish: stops, checkpoint };
}

export const publish = (context: Context): Decision<Context> => publishAgain({ ...context, creations: 0 });

/** The same key and the same content, as often as the outcome is unknown. */
export function publishAgain(context: Context): Decision<Context> {
  const { job, graph } = context.plan;
  const { wish, checkpoint } = publicationOf(context);
  const { name, request } = wish;
  const record: SavepointManifest = { format: 1, name, request, job, graph, checkpoint };
  const key = savepointKey(name);
  return {
    context: { creations: context.creations + 1 },
    effects: [{ kind: 'record.create', request: key, key, record }],
  };
}

export const publicationKey = (context: Context): string => savepointKey(publicationOf(context).wish.name);

export const isPublication = (context: Context, { request }: On<RecordEvent['type']>): boolean =>
  request === publicationKey(context);

export const mayPublishAgain = (context: Context, message: On<'record.unknown'>): boolean =>
  isPublication(context, message) && context.creations < creationsMax;

/** An earlier try was carried out, by us or by a leader before us: also of another checkpoint, it is what was asked for. */
export const isPublished = (context: Context, message: On<'record.created' | 'record.exists'>): boolean =>
  isPublication(context, message) &&
  (message.type === 'record.created' || requestIn(message.record) === publicationOf(context).wish.request);

const requestIn = (record: unknown): unknown =>
  typeof record === 'object' && record !== null && 'request' in record ? record.request : null;

/** After this nothing is left to do for the run. */
export const publishesLast = (context: Context, message: On<'record.created' | 'record.exists'>): boolean =>
  isPublished(context, message) && context.unfinished === 0;

export function notePublished(context: Context, message: On<'record.created' | 'record.exists'>): Decision<Context> {
  const { savepoint, stop, plan } = context;
  if (savepoint?.taken == null) return { context: { creations: 0, stop: stop && { ...stop, step: 'published' } } };
  const { name } = savepoint.wish;
  const bytes = savepointBlobs(savepoint.taken).reduce((sum, blob) => sum + blob.bytes, 0);
  const completed: SavepointCompleted = { type: 'savepoint.completed', job: plan.job, name, bytes };
  // What stands there may be of an earlier try, in files of its own.
  const names = message.type === 'record.exists' ? [...namesNotIn(message.record, savepoint.taken)] : [];
  return {
    context: { creations: 0, savepoint: null },
    effects: [
      ...answer(savepoint.ask, completed),
      ...(names.length === 0 ? [] : [{ kind: 'blobs.delete', job: plan.job, names } as const]),
    ],
  };
}

function namesNotIn(record: unknown, taken: CheckpointManifest): readonly string[] {
  const kept = blobNames((record as SavepointManifest).checkpoint.subtasks);
  return [...blobNames(taken.subtasks)].filter((name) => !kept.has(name));
}

export const isOfGoingJob = ({ savepoint }: Context): boolean => savepoint?.taken != null;
export const failsGoing = (context: Context, message: On<RecordEvent['type']>): boolean =>
  isPublication(context, message) && isOfGoingJob(context);

/** After a try whose outcome is unknown the store's refusal of a later one says nothing. */
export const isRefusedForGood = (context: Context, message: On<'record.exists' | 'record.failed'>): boolean =>
  failsGoing(context, message) && (message.type === 'record.exists' || context.creations === 1);

/** The client hears why; the job goes on. */
export function rejectUnpublished(context: Context, message: On<'record.exists' | 'record.failed'>): Decision<Context> {
  const { savepoint } = context;
  if (savepoint === null) return {};
  const { name } = savepoint.wish;
  const taken = `There is another savepoint '${name}'. Choose another name, or delete that one: weir savepoint delete ${name}.`;
  const why = message.type === 'record.failed' ? message.failure : failure('SAVEPOINT_EXISTS', 'user', taken, 'never');
  return { ...reject(context, savepoint, why), context: { savepoint: null, creations: 0 } };
}

/** It may stand there or not. Nobody is answered: the client asks again, and the dispatcher looks. */
export const leaveUnresolved = (): Decision<Context> => ({ context: { savepoint: null, creations: 0 } });

export const noteUnpublished = (context: Context): Decision<Context> => ({
  context: {
    cause: failure(
      'SAVEPOINT_UNRESOLVED',
      'infrastructure',
      `the store does not say whether ${publicationKey(context)} was created`,
    ),
  },
});
