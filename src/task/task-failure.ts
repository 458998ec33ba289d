import { type Failure, failure } from '../../actors/kernel/failure.js';
import { InvariantViolation } from '../../actors/kernel/invariant.js';

/** Carries a failure up to the tasklet whose attempt it ends. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** Whose code it was. */
export interface Culprit {
  readonly uid: string;
  readonly name: string;
}

export const culpritText = ({ uid, name }: Culprit): string => `operator '${name}' (uid ${uid})`;

/**
 * What was thrown by user code, or through it, as the failure of the attempt. A failure that somebody below has described already
 * keeps its description; a defect of the engine is passed on as it is.
 */
export function failureOfThrown(culprit: Culprit, doing: string, thrown: unknown): TaskFailure {
  if (thrown instanceof TaskFailure) return thrown;
  if (thrown instanceof InvariantViolation) throw thrown;
  const described = describedFailure(thrown);
  const stack = stackOf(thrown);
  if (described !== null) {
    const message = `${culpritText(culprit)} ${doing}: ${described.message}`;
    return new TaskFailure({ ...described, message, stack: described.stack === '' ? stack : described.stack });
  }
  const message = `${culpritText(culprit)} threw ${doing}: ${messageOf(thrown)}. Mend the function, or catch what it may throw.`;
  return new TaskFailure({ ...failure('USER_ERROR', 'user', message), stack });
}

/** Errors of lower layers carry their failure. Told by its shape, because user code may run in a realm of its own. */
function describedFailure(thrown: unknown): Failure | null {
  if (typeof thrown !== 'object' || thrown === null || !('failure' in thrown)) return null;
  const candidate = thrown.failure;
  const isFailure =
    typeof candidate === 'object' &&
    candidate !== null &&
    'code' in candidate &&
    'domain' in candidate &&
    'retry' in candidate;
  return isFailure ? (candidate as Failure) : null;
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

function stackOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'stack' in thrown ? String(thrown.stack) : '';
}
