import { StateFailure } from './state-failure.js';

/**
 * How long what is in a state lives, in processing time: by the clock of the machine, which goes on while a job is down. Values, reduced and
 * aggregated ones live as a whole; entries of lists and maps each for themselves.
 */
export interface StateTtl {
  /** An entry expires so long after it was last touched; what counts as a touch is `update`. */
  readonly ttlMs: number;
  /** `onCreateAndWrite`, the default: only writes make an entry live longer. `onReadAndWrite`: reading it does too. */
  readonly update?: 'onCreateAndWrite' | 'onReadAndWrite';
  /**
   * `neverReturnExpired`, the default: what has expired is as if it were not there. `returnExpiredIfNotCleanedUp`: it is still returned, once, if
   * nothing has cleaned it up before.
   */
  readonly visibility?: 'neverReturnExpired' | 'returnExpiredIfNotCleanedUp';
  readonly cleanup?: StateTtlCleanup;
}

/** When memory of what has expired is given back, beside the moment when somebody comes upon it. */
export interface StateTtlCleanup {
  /** Each access to the state looks at so many keys of it, one after the other. Default 5; 0 for none. */
  readonly incrementalKeys?: number;
  /** What has expired does not go into checkpoints. Looks at every entry of every key group that is written. Default false. */
  readonly inFullSnapshot?: boolean;
}

/** A time to live, checked, with nothing left out. */
export interface Ttl {
  readonly ttlMs: number;
  readonly updateOnRead: boolean;
  readonly returnExpired: boolean;
  readonly incrementalKeys: number;
  readonly inFullSnapshot: boolean;
}

/** Throws TTL_INVALID for a time that is not above 0, and for numbers of keys below 0. */
export function checkedTtl(state: string, { ttlMs, update, visibility, cleanup }: StateTtl): Ttl {
  if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
    refuse(`state '${state}' has a ttlMs of ${ttlMs}; give it a finite number of milliseconds above 0`);
  }
  const { incrementalKeys = 5, inFullSnapshot = false } = cleanup ?? {};
  if (!Number.isInteger(incrementalKeys) || incrementalKeys < 0) {
    refuse(`state '${state}' has incrementalKeys of ${incrementalKeys}; give it a whole number, 0 for none`);
  }
  return {
    ttlMs,
    updateOnRead: update === 'onReadAndWrite',
    returnExpired: visibility === 'returnExpiredIfNotCleanedUp',
    incrementalKeys,
    inFullSnapshot,
  };
}

function refuse(message: string): never {
  throw new StateFailure('TTL_INVALID', 'user', message);
}
