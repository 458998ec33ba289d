/**
 * What follows a failure of the job's own code. Only those are counted, and only they make a delay longer: that a process, a link or a store is
 * lost says nothing of the job, and is followed by a restart under every strategy, also under `none`. Each leader counts anew.
 */
export type RestartStrategy =
  /** The first one ends the job. */
  | { readonly kind: 'none' }
  /** `attempts` restarts at most; null: no limit. */
  | { readonly kind: 'fixedDelay'; readonly attempts: number | null; readonly delayMs: number }
  | ExponentialDelay
  /** `failuresMax` of them within any stretch of `intervalMs`; one more ends the job. */
  | {
      readonly kind: 'failureRate';
      readonly failuresMax: number;
      readonly intervalMs: number;
      readonly delayMs: number;
    };

/** Each delay is `multiplier` times the one before, up to `delayMaxMs`, and begins anew when there was no failure for `resetAfterMs`. */
export interface ExponentialDelay {
  readonly kind: 'exponentialDelay';
  readonly delayMs: number;
  readonly delayMaxMs: number;
  readonly multiplier: number;
  /** Each delay is made longer or shorter by up to this share of it, so that jobs that failed together do not start together. */
  readonly jitter: number;
  readonly resetAfterMs: number;
  /** How many restarts before the delay begins anew; null: no limit. */
  readonly attempts: number | null;
}

/** Of a job that takes checkpoints and names none. */
export const defaultExponentialDelay: ExponentialDelay = {
  kind: 'exponentialDelay',
  delayMs: 1_000,
  delayMaxMs: 60_000,
  multiplier: 1.5,
  jitter: 0.1,
  resetAfterMs: 3_600_000,
  attempts: null,
};
