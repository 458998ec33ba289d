import type { OperatorContext } from './operator.js';

type Attempting = Pick<OperatorContext<never>, 'attempt'>;

/** Runs code of the job for a timer. Under an error policy what throws takes back what it has done, is counted, and goes no further. */
export function attemptedAt({ attempt }: Attempting, time: number, work: () => void): void {
  if (attempt === undefined) work();
  else attempt(`timer at ${time}`, work);
}

/** The same for the end of the input. */
export function attemptedAtEnd({ attempt }: Attempting, work: () => void): void {
  if (attempt === undefined) work();
  else attempt('end of input', work);
}
