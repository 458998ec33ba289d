import type { KeyGroupRange } from './key-groups.js';
import { StateFailure } from './state-failure.js';

/** A record came to a subtask that does not own its key. */
export function refuseForeignGroup(
  operator: string,
  keyGroup: number,
  range: KeyGroupRange,
  maxParallelism: number,
): never {
  throw new StateFailure(
    'KEY_GROUP_FOREIGN',
    'internal',
    `operator '${operator}': key group ${keyGroup} is not of its range, ${range.first} to ` +
      `${range.last} of ${maxParallelism}; the sender must place records by the same selector and maximal parallelism`,
  );
}

export function refuseNoKey(operator: string): never {
  throw new StateFailure(
    'STATE_WITHOUT_KEY',
    'user',
    `operator '${operator}': keyed state was used while there is no current key; use it where records are processed`,
  );
}
