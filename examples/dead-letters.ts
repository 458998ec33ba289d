import { defineJob } from 'weirflow';
import { type Flight, flights, write } from './flight-data.js';

interface Delay {
  readonly date: string;
  readonly origin: string;
  readonly hours: number;
}

/** A flight that was refused, and why. */
interface Refused {
  readonly record: unknown;
  readonly operator: string;
  readonly message: string;
}

/** Beyond that, in minutes, somebody should look at the data. */
const delayMax = 180;

/** @throws for a delay that is hard to believe */
function checked({ date, origin, delay }: Flight): Delay {
  if (delay > delayMax) throw new RangeError(`${delay} minutes late`);
  return { date, origin, hours: delay / 60 };
}

/**
 * Checks flights. What throws does not fail the job: the record, its origin and its error go to another stream, exactly once like all others.
 * Run it with: npx weir run examples/dead-letters.ts
 */
export default defineJob('dead-letters', (env) => {
  const delays = flights(env).map(checked).uid('checked');
  const refused = delays.deadLetters().map(
    ({ record, origin, error }): Refused => ({
      record,
      operator: origin.operator,
      message: error.message,
    }),
  );
  write(env, 'delays', delays);
  write(env, 'refused', refused);
});
