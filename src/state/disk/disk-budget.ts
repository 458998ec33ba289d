/** How the memory of one backend is shared out. */
export interface DiskBudget {
  /** Live objects. */
  readonly cacheBytes: number;
  /** Writes on their way. */
  readonly pendingBytes: number;
  /** What the store keeps in memory before it goes to disk. */
  readonly storeBytes: number;
  /** Keys that are remembered as changed, for deltas. */
  readonly changedKeysMax: number;
  /** Timers in memory, of each kind of them. */
  readonly windowMax: number;
}

/** A key that is remembered, with its place in a Map. */
const changedKeyBytes = 200;
const timerBytes = 200;
const fewest = 16;

export function budgetOf(memoryBytes: number): DiskBudget {
  const eighth = memoryBytes / 8;
  return {
    cacheBytes: 3 * eighth,
    pendingBytes: eighth,
    storeBytes: 2.5 * eighth,
    changedKeysMax: Math.max(fewest, Math.floor(eighth / changedKeyBytes)),
    windowMax: Math.max(fewest, Math.floor(eighth / 2 / timerBytes)),
  };
}
