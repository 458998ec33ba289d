import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { failure } from '../../../actors/kernel/failure.js';
import type { Failed, Unknown } from '../../ports/blob-store.js';

/** What JetStream answers when an entry is not at the revision that a write expected. */
const conflictCodes: ReadonlySet<number> = new Set([10071, 10164]);
/** No such message: it was deleted meanwhile. */
const goneCodes: ReadonlySet<number> = new Set([10037, 10057]);
const fullCodes: ReadonlySet<number> = new Set([10023, 10028, 10047, 10077]);
const bucketGoneCode = 10059;
const unavailableStatus = 503;

/** Nothing was answered by the deadline. */
export class NoAnswer extends Error {}

/** True when nobody took the request: JetStream is starting, or away. It has not been performed and can be made again. */
export const isNobodyThere = (error: unknown): boolean =>
  isNoResponders(error) || (error instanceof Error && isNoResponders(error.cause));

/** True when no answer came, for whatever reason: it may have been performed. */
export const isUnanswered = (error: unknown): boolean =>
  isNobodyThere(error) || unansweredErrors.some((kind) => error instanceof kind);

const isNoResponders = (error: unknown): boolean => error instanceof errors.RequestError && error.isNoResponders();

export const isConflict = (error: unknown): boolean => conflictCodes.has(codeOf(error));
export const isGone = (error: unknown): boolean => goneCodes.has(codeOf(error));

/** What an error says of the request. After all that is not an answer of JetStream, it may have been performed or not. */
export function outcomeOf(error: unknown, where: string): Failed | Unknown {
  if (isUnclear(error)) return { outcome: 'unknown' };
  const reason = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (fullCodes.has(code)) {
    const message = `${where} has no room: ${reason}. Delete something, or raise the limits of JetStream.`;
    return { outcome: 'failed', failure: failure('STORE_FULL', 'infrastructure', message) };
  }
  const advice =
    code === bucketGoneCode ? 'Its stream was removed; restore it, or start anew.' : 'Look at the log of nats-server.';
  return {
    outcome: 'failed',
    failure: failure('STORE_FAILED', 'infrastructure', `${where} failed: ${reason}. ${advice}`),
  };
}

function isUnclear(error: unknown): boolean {
  if (isNobodyThere(error)) return true;
  if (error instanceof JetStreamApiError) return error.status === unavailableStatus && !fullCodes.has(error.code);
  return unclearErrors.some((kind) => error instanceof kind);
}

const unansweredErrors = [NoAnswer, errors.TimeoutError, errors.RequestError, errors.ConnectionError] as const;
const unclearErrors = [
  ...unansweredErrors,
  JetStreamError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
] as const;

const codeOf = (error: unknown): number => (error instanceof JetStreamApiError ? error.code : 0);
