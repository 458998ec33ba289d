import type { FailedEvent } from './error-policy.js';
import type { OperatorContext } from './operator.js';

/** Runs code of the job that no record has called. Under an error policy what throws takes back what it has done, is counted, and goes no further. */
export function attempted(
  { attempt }: Pick<OperatorContext<never>, 'attempt'>,
  event: FailedEvent,
  work: () => void,
): void {
  if (attempt === undefined) work();
  else attempt(event, work);
}
