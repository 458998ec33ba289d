import type { Window } from './window.js';

/** A record in a window, as evictors see it. */
export interface WindowElement<out T> {
  readonly value: T;
  /** Event time of the record; `noTimestamp` when it has none. */
  readonly timestamp: number;
}

/**
 * Takes records out of a window for good when it fires, before its function sees them or after. Both return what is kept, in the order in which it came.
 * A window with an evictor keeps all its records: nothing is folded as it comes.
 */
export interface Evictor<T, in W extends Window> {
  evictBefore?<E extends WindowElement<T>>(elements: readonly E[], window: W): readonly E[];
  evictAfter?<E extends WindowElement<T>>(elements: readonly E[], window: W): readonly E[];
}
