import type { JobMasterMessage } from '../job-master/messages.js';
import type { Decision } from '../kernel/actor.js';
import { answer } from '../kernel/answer.js';
import type { Effect } from '../kernel/effect.js';
import { type Failure, failure } from '../kernel/failure.js';
import type { AskRef, Delivered } from '../kernel/message.js';
import { actorNames, type JobId } from '../protocol/ids.js';
import type { SavepointName, SavepointOwner, SavepointWish, StopWithSavepoint } from '../protocol/savepoint.js';
import {
  isSavepointName,
  keyGroupsBefore,
  savepointBlobs,
  savepointIn,
  savepointKey,
  savepointNameRule,
  savepointOwnerKey,
  savepointsPrefix,
} from '../protocol/savepoint.js';
import { type Context, jobWaitingFor, type On, type SavepointStep, type SavepointWork, without } from './context.js';
import { refusal, type StoreAnswer } from './kept.js';
import type { DispatcherAnswer, DispatcherMessage } from './messages.js';
import { reject } from './running.js';
import { keepWish, over } from './stopping.js';

type Discarded = Delivered<Extract<DispatcherMessage, { type: 'savepoint.discarded' }>>;

/** The name is kept for this request before anything is written: of two savepoints of one name the second is refused, and none is mixed. */
export function savepointJob(context: Context, { job, wish, meta }: On<'dispatcher.savepointJob'>): Decision<Context> {
  return meta.ask === null ? {} : reserve(context, { kind: 'reserving', job, wish, stop: null }, meta.ask);
}

export function stopWithSavepoint(
  context: Context,
  { job, stop, meta }: On<'dispatcher.stopWithSavepoint'>,
): Decision<Context> {
  return meta.ask === null ? {} : reserve(context, { kind: 'reserving', job, wish: stop, stop }, meta.ask);
}

function reserve(
  context: Context,
  step: Extract<SavepointStep, { kind: 'reserving' }>,
  ask: AskRef,
): Decision<Context> {
  const { job, wish, stop } = step;
  if (!isSavepointName(wish.name)) return { effects: reject(ask, job, nameInvalid(wish.name)) };
  if (context.submissions[job] !== undefined || isAsked(context, ask)) return { refuse: 'tooEarly' };
  if (context.running.includes(job)) return work(context, ask, step);
  // It may have ended after the savepoint was there, and before this client heard so.
  return stop === null
    ? work(context, ask, { kind: 'looking', job, wish, stop })
    : { effects: over(context, job, ask) };
}

export const listSavepoints = (context: Context, { meta }: On<'dispatcher.listSavepoints'>): Decision<Context> =>
  inquire(context, meta.ask, { kind: 'listing' });

export const describeSavepoint = (
  context: Context,
  { name, meta }: On<'dispatcher.describeSavepoint'>,
): Decision<Context> => inquire(context, meta.ask, { kind: 'describing', name });

export const deleteSavepoint = (
  context: Context,
  { name, meta }: On<'dispatcher.deleteSavepoint'>,
): Decision<Context> => inquire(context, meta.ask, { kind: 'discarding', name });

function inquire(context: Context, ask: AskRef | null, step: SavepointStep): Decision<Context> {
  if (ask === null) return {};
  if ('name' in step && !isSavepointName(step.name)) return { effects: reject(ask, '', nameInvalid(step.name)) };
  return isAsked(context, ask) ? { refuse: 'tooEarly' } : work(context, ask, step);
}

const keyOf = ({ from, id }: AskRef): string => `${from.process}@${from.incarnation}/${id}`;
const isAsked = ({ savepoints }: Context, ask: AskRef): boolean => savepoints[keyOf(ask)] !== undefined;

function work(context: Context, ask: AskRef, step: SavepointStep): Decision<Context> {
  const requests = context.requests + 1;
  const request = `savepoint.${step.kind}/${requests}`;
  const entry: SavepointWork = { ask, step, request };
  return {
    context: { requests, savepoints: { ...context.savepoints, [keyOf(ask)]: entry } },
    effects: [effectOf(step, request)],
  };
}

function effectOf(step: SavepointStep, request: string): Effect {
  switch (step.kind) {
    case 'reserving': {
      const record: SavepointOwner = { format: 1, job: step.job, request: step.wish.request };
      return { kind: 'record.create', request, key: savepointOwnerKey(step.wish.name), record };
    }
    case 'looking':
      return { kind: 'record.read', request, key: savepointKey(step.wish.name) };
    case 'describing':
      return { kind: 'record.read', request, key: savepointKey(step.name) };
    case 'listing':
      return { kind: 'record.list', request, prefix: savepointsPrefix };
    case 'discarding':
      return { kind: 'savepoint.discard', request, name: step.name };
  }
}

export const isSavepointWork = (context: Context, { request }: StoreAnswer | Discarded): boolean =>
  jobWaitingFor(context.savepoints, request) !== null;

/** An answer of the store to what is being done about a savepoint. */
export function savepointOn(context: Context, message: StoreAnswer | Discarded): Decision<Context> {
  const key = jobWaitingFor(context.savepoints, message.request);
  const entry = key === null ? undefined : context.savepoints[key];
  if (key === null || entry === undefined) return {};
  const { ask, step } = entry;
  const rest: Context = { ...context, savepoints: without(context.savepoints, key) };
  if (message.type === 'record.unknown') return work(rest, ask, step);
  const next = afterStep(rest, ask, step, message);
  return { ...next, context: { savepoints: rest.savepoints, ...next.context } };
}

function afterStep(
  context: Context,
  ask: AskRef,
  step: SavepointStep,
  message: StoreAnswer | Discarded,
): Decision<Context> {
  switch (step.kind) {
    case 'reserving':
      return afterReserving(context, ask, step, message);
    case 'looking':
      return afterLooking(context, ask, step, message);
    case 'describing': {
      const manifest = message.type === 'record.read' ? savepointIn(message.record, step.name) : null;
      if (manifest === null || typeof manifest === 'string')
        return { effects: reject(ask, '', unusable(step.name, manifest, message)) };
      const { name, job } = manifest;
      return {
        effects: say(ask, {
          type: 'savepoint.described',
          name,
          job,
          bytes: bytesOf(manifest),
          keyGroups: keyGroupsBefore(manifest),
        }),
      };
    }
    case 'listing':
      if (message.type !== 'record.listed') return { effects: reject(ask, '', troubleOf(message)) };
      return { effects: say(ask, { type: 'savepoints.listed', savepoints: namesIn(message.keys) }) };
    case 'discarding':
      if (message.type !== 'savepoint.discarded') return { effects: reject(ask, '', troubleOf(message)) };
      return message.existed
        ? { effects: say(ask, { type: 'savepoint.deleted', name: step.name }) }
        : { effects: reject(ask, '', unknown(step.name)) };
  }
}

function afterReserving(
  context: Context,
  ask: AskRef,
  { job, wish, stop }: Extract<SavepointStep, { kind: 'reserving' }>,
  message: StoreAnswer | Discarded,
): Decision<Context> {
  const isOurs = message.type === 'record.exists' && requestIn(message.record) === wish.request;
  if (message.type === 'record.exists' && !isOurs) return { effects: reject(ask, job, exists(wish.name)) };
  if (message.type !== 'record.created' && !isOurs) return { effects: reject(ask, job, troubleOf(message)) };
  // It ended meanwhile, and what was to be its savepoint will never be one.
  if (!context.running.includes(job)) return { effects: [...over(context, job, ask), release(job, wish)] };
  return work(context, ask, { kind: 'looking', job, wish, stop });
}

/** One that stands there already under this request is what the client waits for: its answer was lost, or its leader. */
function afterLooking(
  context: Context,
  ask: AskRef,
  { job, wish, stop }: Extract<SavepointStep, { kind: 'looking' }>,
  message: StoreAnswer | Discarded,
): Decision<Context> {
  const manifest = message.type === 'record.read' ? savepointIn(message.record, wish.name) : null;
  const isThere = manifest !== null && typeof manifest !== 'string' && manifest.request === wish.request;
  if (!isThere && message.type !== 'record.missing')
    return { effects: reject(ask, job, unusable(wish.name, manifest, message)) };
  if (isThere && stop === null) {
    return { effects: say(ask, { type: 'savepoint.completed', job, name: wish.name, bytes: bytesOf(manifest) }) };
  }
  if (!context.running.includes(job)) return { effects: over(context, job, ask) };
  return stop === null ? { effects: pass(job, ask, wish) } : keepWish(context, job, ask, stop);
}

function pass(job: JobId, ask: AskRef, wish: SavepointWish): readonly Effect[] {
  const message: JobMasterMessage = { type: 'jobMaster.savepoint', ask, wish };
  return [{ kind: 'tell', actor: actorNames.jobMaster(job), message }];
}

/** Gives a reserved name back. */
const release = (job: JobId, { name }: SavepointWish | StopWithSavepoint): Effect => ({
  kind: 'blobs.delete',
  job,
  names: [savepointOwnerKey(name)],
});

function namesIn(keys: readonly string[]): readonly { readonly name: SavepointName; readonly complete: boolean }[] {
  const names = [...new Set(keys.map((key) => key.split('/')[1] ?? ''))];
  // One that is void has lost its owner.
  const isComplete = (name: SavepointName): boolean =>
    [savepointKey(name), savepointOwnerKey(name)].every((key) => keys.includes(key));
  return names.map((name) => ({ name, complete: isComplete(name) }));
}

const bytesOf = ({ checkpoint }: Exclude<ReturnType<typeof savepointIn>, string>): number =>
  savepointBlobs(checkpoint).reduce((sum, { bytes }) => sum + bytes, 0);

const say = (ask: AskRef, message: DispatcherAnswer): readonly Effect[] => answer(ask, message);

const requestIn = (record: unknown): unknown =>
  typeof record === 'object' && record !== null && 'request' in record ? record.request : null;

const troubleOf = (message: StoreAnswer | Discarded): Failure =>
  message.type === 'savepoint.discarded'
    ? failure('STORE_ANSWER', 'internal', 'an answer to another question')
    : refusal(message);

function unusable(
  name: SavepointName,
  manifest: ReturnType<typeof savepointIn> | null,
  message: StoreAnswer | Discarded,
): Failure {
  if (message.type === 'record.missing') return unknown(name);
  if (typeof manifest === 'string') return failure('SAVEPOINT_DAMAGED', 'infrastructure', manifest, 'never');
  return manifest === null ? troubleOf(message) : exists(name);
}

export const unknown = (name: SavepointName): Failure =>
  failure(
    'SAVEPOINT_UNKNOWN',
    'user',
    `There is no savepoint '${name}'. weir savepoints prints those there are.`,
    'never',
  );

const exists = (name: SavepointName): Failure =>
  failure(
    'SAVEPOINT_EXISTS',
    'user',
    `There is another savepoint '${name}', or one of that name is being taken. Choose another name, or delete that one: weir savepoint delete ${name}.`,
    'never',
  );

const nameInvalid = (name: string): Failure =>
  failure('SAVEPOINT_NAME_INVALID', 'user', `'${name}' is no name of a savepoint: ${savepointNameRule}.`, 'never');
