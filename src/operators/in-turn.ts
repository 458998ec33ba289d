import type { Failure } from '../../actors/kernel/failure.js';
import type { Lifecycle, Settle } from './operator.js';

export type Work = (settle: Settle) => Lifecycle;

/**
 * Both done, one after the other; what fails ends it. In a completion nobody is there to catch: what the second throws then becomes, by `described`, the
 * failure that is settled with.
 */
export function inTurn(first: Work, second: Work, settle: Settle, described: (error: unknown) => Failure): Lifecycle {
  const started = first((failed) => {
    if (failed === null) continueWith(second, settle, described);
    else settle(failed);
  });
  return started === 'done' ? second(settle) : 'pending';
}

function continueWith(work: Work, settle: Settle, described: (error: unknown) => Failure): void {
  let failed: Failure | null = null;
  try {
    if (work(settle) === 'pending') return;
  } catch (error) {
    failed = described(error);
  }
  settle(failed);
}
