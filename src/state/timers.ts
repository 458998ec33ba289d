/** A timer that is due: whose it is, what it is for, and the moment it was set for. */
export interface DueTimer<N> {
  readonly key: unknown;
  readonly time: number;
  readonly namespace: N;
}

/**
 * Timers of one operator in one kind of time, kept with the state of their keys: one for each key, namespace and time. They come out by
 * time, and of the same time in the order in which they were set; one that was taken back and set again may have its former place, and after a restore
 * the order is that of key groups.
 */
export interface TimerQueue<N> {
  /** Sets a timer for the current key. Setting it again changes nothing. Throws TIMER_INVALID for a time that is no finite number. */
  set(time: number, namespace: N): void;
  /** Takes back a timer of the current key; one that is not set is no mistake. */
  remove(time: number, namespace: N): void;
  /** When the earliest is due, or some time before that; infinite while there is none. */
  earliest(): number;
  /** Takes out the earliest timer for `through` or before and makes its key the current one; null when there is none, or none that is in memory. */
  take(through: number): DueTimer<N> | null;
  /** Asked when `take` gave null. False while timers that may be due are still being read: the backend's `wake` is called when they are there. */
  hasAll(through: number): boolean;
}
