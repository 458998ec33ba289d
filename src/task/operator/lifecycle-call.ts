import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { Lifecycle, Settle } from '../../operators/operator.js';
import type { Clock } from '../../ports/clock.js';
import { culpritText, failureOfThrown, TaskFailure } from '../task-failure.js';
import type { OperatorInstance } from './operator-instance.js';
import type { Procedure } from './procedures.js';

export interface LifecycleSetting {
  readonly clock: Clock;
  readonly timeoutMs: number;
  wake(): void;
  fail(failure: Failure): void;
}

/**
 * Calls `call` and, when it answers `pending`, waits for its one settlement. Ends the attempt when it throws, settles with a failure, or
 * does not settle in time.
 */
export function* lifecycleCall(
  instance: OperatorInstance,
  what: string,
  setting: LifecycleSetting,
  call: (settle: Settle) => Lifecycle,
): Procedure {
  let settled: Failure | null | undefined;
  const settle: Settle = (outcome) => {
    if (settled !== undefined) return;
    settled = outcome;
    setting.wake();
  };
  if (guarded(instance, what, () => call(settle)) === 'done') return;
  instance.deadline = setting.clock.setTimer(setting.timeoutMs, () =>
    setting.fail(timedOut(instance, what, setting.timeoutMs)),
  );
  if (settled === undefined) yield () => settled !== undefined;
  instance.deadline.cancel();
  instance.deadline = null;
  if (settled) throw new TaskFailure(settled);
}

/** Calls user code that belongs to an operator, apart from any record. */
export function guarded<R>({ culprit, part }: OperatorInstance, what: string, call: () => R): R {
  try {
    part.keyed?.state.clearCurrentKey();
    return call();
  } catch (error) {
    throw failureOfThrown(culprit, `in ${what}`, error);
  }
}

const timedOut = ({ culprit }: OperatorInstance, what: string, timeoutMs: number): Failure =>
  failure(
    'LIFECYCLE_TIMEOUT',
    'user',
    `${culpritText(culprit)} answered 'pending' to ${what} and has not settled within ${timeoutMs} ms. ` +
      'Call settle exactly once, also when something fails',
  );
