export interface Timer {
  /** After this the timer never fires. */
  cancel(): void;
}

/** Time and turns of one process. Callbacks are queued, never called from within the call that asks for them. */
export interface Clock {
  /** Never goes back; says nothing about the date. */
  monotonicMs(): number;
  wallMs(): number;
  setTimer(delayMs: number, fire: () => void): Timer;
}

/** What a turn says of itself: `more` wants another turn soon, `parked` waits for `wake`. */
export type Turn = 'more' | 'parked';

/** The loop of one slot: turns interleave with messages, timers and completions of the same thread. */
export interface Loop {
  /** Asks for a turn unless one is already due. */
  wake(): void;
  stop(): void;
}

export interface Loops {
  /** `turn(recordsMax)` works on at most about that many records; the loop decides how many turns before it yields. */
  create(turn: (recordsMax: number) => Turn): Loop;
}

/** The only source of chance. */
export interface Entropy {
  /** A new identifier, unique among all processes of a cluster. */
  id(): string;
}
