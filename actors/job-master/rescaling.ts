import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { DispatcherAnswer } from '../dispatcher/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { Delivered, RecordEvent } from '../kernel/message.js';
import { actorNames, epochsPrefix } from '../protocol/ids.js';
import type { RescaleWish, ScaleRecord } from '../protocol/scaling.js';
import { atParallelism, scaleEnd, scaleKey, scalePrefix, scaleRecord } from '../protocol/scaling.js';
import { slotsNeeded } from '../protocol/slot-sharing.js';
import type { ResourceManagerMessage } from '../resource-manager/messages.js';
import { both, type Context, isAwaited, type On, requesting, runOf, slotMemoryOf } from './context.js';
import { noted } from './history.js';
import { refusal } from './recovery.js';
import { decideScale } from './scaling.js';

type StoreAnswer = Delivered<RecordEvent>;

/**
 * To rescale a job is to promise it a parallelism, and then to run it anew. The promise is a record that is durable before anybody is told, and each
 * later run of the job keeps to the newest one. While it is being made the job runs on.
 */
export interface Rescaling {
  readonly ask: Parameters<typeof answer>[0];
  readonly wish: RescaleWish;
  readonly record: ScaleRecord;
  /** First it is asked whether there are slots enough, then the record is made, then it is made sure that no newer leader has missed it. */
  readonly step: 'counting' | 'keeping' | 'checking';
}

/** A repetition is answered when the work is done; another wish comes again then. */
export function rescale(context: Context, { ask, wish }: On<'jobMaster.rescale'>): Decision<Context> {
  const { rescaling, record, graph, nextScale } = context;
  if (rescaling !== null) {
    if (rescaling.wish.request !== wish.request) return { refuse: 'busy' };
    return { context: { rescaling: { ...rescaling, ask } } };
  }
  const why = notRescalable(context);
  if (why !== null) return { effects: answer(ask, rejected(context, why)) };
  const decided = decideScale(graph, wish);
  if (decided.kind === 'refuse') return { effects: answer(ask, rejected(context, decided.failure)) };
  const { parallelism, changes } = decided;
  const { job } = record;
  const next: ScaleRecord = { format: 1, job, index: nextScale, request: wish.request, parallelism, changes };
  if (changes.length === 0) return { effects: answer(ask, granted(next)) };
  const begun: Rescaling = { ask, wish, record: next, step: 'counting' };
  if (wish.wait || slotsNeeded(atParallelism(graph, parallelism)) <= slotsNeeded(graph)) return keep(context, begun);
  const slotMemoryBytes = slotMemoryOf(context);
  const message: ResourceManagerMessage = {
    type: 'resourceManager.countSlots',
    job,
    run: runOf(context),
    slotMemoryBytes,
  };
  return {
    context: { rescaling: begun },
    effects: [{ kind: 'tell', actor: actorNames.resourceManager, message }],
  };
}

function notRescalable({ record, stopping, stopWith }: Context): Failure | null {
  const { job } = record;
  if (record.reactive !== undefined) {
    const text = `Job '${job}' is reactive: its parallelism follows the slots that there are. Start or end task managers.`;
    return failure('JOB_REACTIVE', 'user', text, 'never');
  }
  if (!stopping && stopWith === null) return null;
  return failure('JOB_STOPPING', 'user', `Job '${job}' stops already.`, 'never');
}

/** Whether this wish is what was promised last: its client has not heard the answer. */
export const isGranted = ({ scale }: Context, { wish }: On<'jobMaster.rescale'>): boolean =>
  scale !== null && scale.request === wish.request;

export const answerGranted = ({ scale }: Context, { ask }: On<'jobMaster.rescale'>): Decision<Context> =>
  scale === null ? {} : { effects: answer(ask, granted(scale)) };

const granted = ({ job, parallelism, changes }: ScaleRecord): DispatcherAnswer => ({
  type: 'job.rescaling',
  job,
  parallelism,
  changes,
});

const rejected = ({ record }: Context, why: Failure): DispatcherAnswer => ({
  type: 'job.rejected',
  job: record.job,
  failure: why,
});

export const isCounting = (context: Context, { run }: On<'resourceManager.slotsCounted'>): boolean =>
  context.rescaling?.step === 'counting' && run === runOf(context);

export function takeCount(context: Context, { available }: On<'resourceManager.slotsCounted'>): Decision<Context> {
  const { rescaling, graph, record } = context;
  if (rescaling === null) return {};
  const needed = slotsNeeded(atParallelism(graph, rescaling.record.parallelism));
  if (needed <= available) return keep(context, rescaling);
  const text =
    `Job '${record.job}' would need ${needed} slots, and there are ${available} for it. ` +
    'Start another task manager first, or give --wait-for-slots: then the job stops until there are enough.';
  return reject(context, failure('SLOTS_TOO_FEW', 'user', text, 'never'));
}

function keep(context: Context, rescaling: Rescaling): Decision<Context> {
  const { record } = rescaling;
  const key = scaleKey(record.job, record.index);
  const asked = requesting(context, 'scale', (request) => ({ kind: 'record.create', request, key, record }));
  return { context: { ...asked.context, rescaling: { ...rescaling, step: 'keeping' } }, effects: asked.effects };
}

/** A leader claims its epoch before it reads what was promised: so either a newer one is seen here, or it knows. As with a wish to stop. */
function check(context: Context, rescaling: Rescaling): Decision<Context> {
  const asked = requesting(context, 'epochs', (request) => ({ kind: 'record.list', request, prefix: epochsPrefix }));
  const nextScale = rescaling.record.index + 1;
  return {
    context: { ...asked.context, nextScale, rescaling: { ...rescaling, step: 'checking' } },
    effects: asked.effects,
  };
}

const reject = (context: Context, why: Failure): Decision<Context> => ({
  context: { rescaling: null, request: null },
  effects: context.rescaling === null ? [] : answer(context.rescaling.ask, rejected(context, why)),
});

/** The next step of the promise, or its end. */
export function keepOn(context: Context, message: StoreAnswer): Decision<Context> {
  const { rescaling } = context;
  if (rescaling === null) return {};
  switch (message.type) {
    case 'record.unknown':
      return rescaling.step === 'checking' ? check(context, rescaling) : keep(context, rescaling);
    case 'record.created':
      return check(context, rescaling);
    case 'record.exists': {
      const { request, index } = rescaling.record;
      const isOurs = (message.record as Partial<ScaleRecord> | null)?.request === request;
      // Another's, that was never promised to anybody: ours comes after it.
      return isOurs
        ? check(context, rescaling)
        : keep(context, { ...rescaling, record: { ...rescaling.record, index: index + 1 } });
    }
    case 'record.listed':
      // A newer leader has the job. The client asks on, until it meets that one.
      if (!isUnchallenged(context, message)) return { context: { rescaling: null, request: null } };
      return {
        context: { rescaling: null, request: null, scale: rescaling.record },
        effects: answer(rescaling.ask, granted(rescaling.record)),
      };
    default:
      return reject(context, refusal(message));
  }
}

export const isKeeping = (context: Context, message: StoreAnswer): boolean =>
  context.rescaling !== null && isAwaited(context, message);

export const grants = (context: Context, message: On<'record.listed'>): boolean =>
  isKeeping(context, message) && context.rescaling?.step === 'checking' && isUnchallenged(context, message);

const isUnchallenged = ({ epoch }: Context, { keys }: On<'record.listed'>): boolean =>
  keys.every((key) => !(Number(key.slice(epochsPrefix.length)) > epoch));

/** What was read since the last checkpoint is read again: so one is taken first, and waited for as long as it pays. */
export function checkpointFirst(context: Context): Decision<Context> {
  const message: CheckpointCoordinatorMessage = { type: 'checkpointCoordinator.checkpoint' };
  return {
    effects: [{ kind: 'tell', actor: actorNames.checkpointCoordinator(context.record.job), message }],
  };
}

export const checkpointFirstMs = ({ record, options }: Context): number =>
  Math.min(record.graph.options.checkpointTimeoutMs, 3 * options.pauseTimeoutMs);

/** The run ends because it was wanted so: no attempt of the restart strategy is used up, and nothing is backed off from. */
export const pauseForRescale = (): Decision<Context> => ({ context: { intent: 'rescale', cause: null } });

/** The checkpoint before the rescale has failed: the job goes on from an older one. */
export const noteUnsaved = (context: Context, message: On<'checkpointCoordinator.failed'>): Decision<Context> =>
  noted(context, message, 'checkpoint-coordinator', message.failure);

/** The next run is at what was promised last. */
export const applyScale = ({ record, scale }: Context): Decision<Context> => ({
  context: { graph: atParallelism(record.graph, scale?.parallelism ?? null) },
});

// What an earlier leader has promised: from the last that is listed on, until there is none

export function readScale(context: Context): Decision<Context> {
  const { job } = context.record;
  const at = context.nextScale;
  return requesting(context, 'scale', (request) =>
    context.scaleListed
      ? { kind: 'record.read', request, key: scaleKey(job, at) }
      : { kind: 'record.list', request, prefix: scalePrefix(job) },
  );
}

export const noteScaleListed = ({ record }: Context, { keys }: On<'record.listed'>): Decision<Context> => ({
  context: { scaleListed: true, nextScale: Math.max(0, scaleEnd(keys, record.job) - 1) },
});

/** One that cannot be read is passed over, and said. */
export function noteScaleRead(context: Context, message: StoreAnswer): Decision<Context> {
  const { record, nextScale } = context;
  const read = message.type === 'record.read' ? scaleRecord(message.record, record.job, nextScale) : null;
  const next: Decision<Context> = { context: { nextScale: nextScale + 1, ...(read === null ? {} : { scale: read }) } };
  if (read !== null) return next;
  const text = `${scaleKey(record.job, nextScale)} cannot be read: the job may run at an older parallelism.`;
  const damaged = failure('RECORD_DAMAGED', 'infrastructure', text);
  return both(next, noted(context, message, 'store', damaged));
}

export const isScaleDamaged = (context: Context, message: On<'record.failed'>): boolean =>
  isAwaited(context, message) && message.failure.retry === 'never';
