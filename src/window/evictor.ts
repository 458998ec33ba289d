import type { Window } from './window.js';

/** A record in a window, as evictors see it. */
export interface WindowElement<out T> {
  readonly value: T;
  /** Event time of the record; `noTimestamp` when it has none. */
  readonly timestamp: number;
}

/** What an evictor may know of time when a window fires. It is one object that changes: do not keep it. */
export interface EvictorContext {
  /** The newest watermark; `noTimestamp` before the first. */
  readonly watermark: number;
  /** Wall-clock time in milliseconds since 1970. */
  currentProcessingTime(): number;
}

/**
 * Takes records out of a window for good when it fires, before its function sees them or after. Both return what is kept, in the order in which it came.
 * A window with an evictor keeps all its records: nothing is folded as it comes.
 */
export interface Evictor<in T, in W extends Window> {
  evictBefore?<E extends WindowElement<T>>(elements: readonly E[], window: W, context: EvictorContext): readonly E[];
  evictAfter?<E extends WindowElement<T>>(elements: readonly E[], window: W, context: EvictorContext): readonly E[];
}
