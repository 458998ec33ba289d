import type { Window } from './window.js';

/**
 * What becomes of a window: `fire` puts out its result; `purge` empties it, but the window, its timers and what its trigger remembers
 * stay until it is over.
 */
export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fireAndPurge';

/** What a trigger remembers of one window of one key, in every checkpoint; it goes with the window. Plain data. */
export interface TriggerState<T> {
  value(): T | undefined;
  update(value: T): void;
  clear(): void;
}

/** What a trigger meets: the time, and timers and state of the window. It is one object that changes: do not keep it. */
export interface TriggerContext {
  /** The newest watermark; `noTimestamp` before the first. */
  readonly watermark: number;
  /** Wall-clock time in milliseconds since 1970. */
  currentProcessingTime(): number;
  /** Calls `onEventTime` with the first watermark at or after `time`: with the next one, if the present one is that far already. */
  setEventTime(time: number): void;
  /** Calls `onProcessingTime` when the wall clock has passed `time`. */
  setProcessingTime(time: number): void;
  /** Takes a timer back; one that is not set is no mistake. */
  deleteEventTime(time: number): void;
  deleteProcessingTime(time: number): void;
  state<T>(name: string): TriggerState<T>;
}

/** As TriggerContext, for the window that others have just become. */
export interface TriggerMergeContext extends TriggerContext {
  /** Combines what those windows remembered by that name into what the new one does, and returns it; undefined when none did. */
  merge<T>(name: string, combine: (a: T, b: T) => T): T | undefined;
}

/**
 * Decides when a window puts out its result. A trigger keeps nothing in its fields, which all windows of all keys share, but
 * in its context.
 */
export interface Trigger<T, in W extends Window> {
  /** After the record was added. */
  onElement(value: T, timestamp: number, window: W, context: TriggerContext): TriggerResult;
  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult;
  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult;
  /** The window is over, or became another: takes back its timers. Its state goes by itself then; cleared here, it also goes when a trigger around this one begins anew. */
  clear(window: W, context: TriggerContext): void;
  /** Whether it can serve windows that merge; it then has `onMerge`. */
  readonly canMerge: boolean;
  /** Windows became `window`: sets its timers. The timers and state of the former ones are cleared afterwards. */
  onMerge?(window: W, context: TriggerMergeContext): void;
}

export const fires = (result: TriggerResult): boolean => result === 'fire' || result === 'fireAndPurge';
export const purges = (result: TriggerResult): boolean => result === 'purge' || result === 'fireAndPurge';
