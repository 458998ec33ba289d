import { maxWatermark } from '../time/timestamps.js';

/** Some of the records of a key, which are looked at together. Plain data: it may be part of what is emitted. */
export interface Window {
  /** The greatest timestamp that belongs to it, which is also that of its results. */
  readonly maxTimestamp: number;
}

/** The records from `start` to before `end`, in milliseconds. */
export interface TimeWindow extends Window {
  readonly start: number;
  readonly end: number;
}

/** All records of a key. */
export interface GlobalWindow extends Window {}

export function timeWindow(start: number, end: number): TimeWindow {
  return { start, end, maxTimestamp: maxTimestampOf(end) };
}

/** The last whole millisecond before `end`. What would end after the end of time ends with it, or nothing could ever make it due. */
export function maxTimestampOf(end: number): number {
  return Math.min(Math.ceil(end) - 1, maxWatermark);
}

export const globalWindow: GlobalWindow = Object.freeze({ maxTimestamp: maxWatermark });

/**
 * How state and timers name a window: by its start where all windows of an operator are of one size, by start and end where they are not.
 */
export type WindowNamespace = number | readonly [start: number, end: number];
