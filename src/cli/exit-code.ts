/** What `weir` tells the shell. Those after a signal follow the shell's own custom, 128 and the number of the signal. */
export const exitCode = {
  done: 0,
  /** The job failed, or could not be built. */
  failed: 1,
  /** The command line was wrong: nothing has been run. */
  usage: 2,
  /** `weir diff`: the job cannot begin with the savepoint, or leaves state behind. */
  doesNotFit: 3,
  interrupted: 130,
  terminated: 143,
} as const;

/** A mistake on the command line. `advice` is what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}
