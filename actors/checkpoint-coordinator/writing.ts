import type { Decision } from '../kernel/actor.js';
import type { Effect } from '../kernel/effect.js';
import { failure } from '../kernel/failure.js';
import { invariant } from '../kernel/invariant.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import { checkpointText } from '../protocol/ids.js';
import type { CheckpointManifest, LogEntry } from '../protocol/manifest.js';
import { unaskOpen } from './asking.js';
import { partsOf } from './carrying.js';
import { valuesOf } from './cells.js';
import type { CheckpointCoordinatorContext } from './context.js';
import { endCollecting } from './triggering.js';

type Context = CheckpointCoordinatorContext;
type On<T extends RecordEvent['type']> = Delivered<Extract<RecordEvent, { type: T }>>;

/** How often the creation of one entry is tried; each try takes up to the store's timeout. */
export const creationsMax = 5;

/** Every part is durable, so the readers go on; then creates the log entry that makes the checkpoint complete. */
export function write(context: Context): Decision<Context> {
  return { context: { creations: 1 }, effects: [...unaskOpen(context), ...endCollecting(context), create(context)] };
}

/** The same key and the same content: whichever of the tries took place, it is this checkpoint. */
export const createAgain = (context: Context): Decision<Context> => ({
  context: { creations: context.creations + 1 },
  effects: [create(context)],
});

function create(context: Context): Effect {
  const { job, epoch } = context.plan;
  const index = context.nextIndex;
  const record: LogEntry = {
    format: 1,
    job,
    index,
    epoch,
    nonce: nonceOf(context),
    kind: 'checkpoint',
    checkpoint: manifestOf(context),
  };
  return { kind: 'record.create', request: keyOf(context), key: keyOf(context), record };
}

export const keyOf = ({ plan, nextIndex }: Context): string =>
  `jobs/${plan.job}/log/${String(nextIndex).padStart(8, '0')}`;
const nonceOf = ({ plan, newest }: Context): string => `${plan.incarnation}/${plan.epoch}/${newest.n}`;

/** In the order of the graph, whatever order the parts arrived in. */
export function manifestOf(context: Context): CheckpointManifest {
  const { newest } = context;
  const phases = valuesOf(context.phases);
  const { run, members } = context.plan;
  const taken = valuesOf(context.snapshots).filter((snapshot) => snapshot !== null);
  const subtasks = partsOf(context);
  const enumerators = context.enumerators.filter((enumerator) => enumerator !== null);
  // One part of each expected subtask, and each subtask either expected or finished before (I5).
  const expected = phases.filter((phase) => phase !== 'exempt').length;
  invariant(taken.length === expected, 'a manifest without one of its parts', { newest, expected });
  invariant(enumerators.length === context.plan.sources.length, 'a manifest without one of its sources', { newest });
  const exempt = members.filter(({ index }) => phases[index] === 'exempt').map(({ key }) => key);
  invariant(exempt.length === members.length - context.unfinished, 'a part of a finished subtask', { newest, exempt });
  // One whose list states are carried on stands among the parts, as one that has drained: that says as much.
  const present = new Set(subtasks.map(({ subtask }) => subtask));
  const finished = exempt.filter((key) => !present.has(key));
  const stops = context.stop?.step === 'taking' ? { stops: context.stop.wish } : {};
  const isStopped = context.latest?.inputStopped === true || subtasks.some(({ stopped }) => stopped === true);
  const inputStopped = isStopped ? { inputStopped: true as const } : {};
  return { id: newest, run, subtasks, enumerators, finished, ...stops, ...inputStopped };
}

export const isOurs = (context: Context, { request }: On<RecordEvent['type']>): boolean => request === keyOf(context);

/** An earlier try of ours was carried out although its outcome was unknown (race 8). */
export const existsAsOurs = (context: Context, message: On<'record.exists'>): boolean =>
  isOurs(context, message) && nonceIn(message.record) === nonceOf(context);

function nonceIn(record: unknown): unknown {
  return typeof record === 'object' && record !== null && 'nonce' in record ? record.nonce : null;
}

export const mayCreateAgain = (context: Context, message: On<'record.unknown'>): boolean =>
  isOurs(context, message) && context.creations < creationsMax;

/** Somebody else wrote at our index: a newer leader has recovered, and this checkpoint is void. */
export const noteConflict = (context: Context): Decision<Context> =>
  because('LOG_CONFLICT', `${keyOf(context)} is taken: checkpoint ${checkpointText(context.newest)} is void`);

/** Recovery settles it: it creates the next entry itself, after which the unknown write can no longer take place. */
export const noteUnresolved = (context: Context): Decision<Context> =>
  because('CHECKPOINT_UNRESOLVED', `the store does not say whether ${keyOf(context)} was created`);

export const noteWriteFailed = (_: Context, message: On<'record.failed'>): Decision<Context> => ({
  context: { cause: message.failure },
});

const because = (code: string, text: string): Decision<Context> => ({
  context: { cause: failure(code, 'infrastructure', text) },
});

/** Only guards against a store that never answers at all: each try has its own timeout at the host. */
export const writeDeadlineMs = ({ plan }: Context): number => (creationsMax + 1) * plan.storeTimeoutMs;
