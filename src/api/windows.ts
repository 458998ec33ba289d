import type { WindowAssigner } from '../window/assigner.js';
import { GlobalWindows } from '../window/global-windows.js';
import { SessionWindows } from '../window/session-windows.js';
import { SlidingWindows } from '../window/sliding-windows.js';
import { TumblingWindows } from '../window/tumbling-windows.js';
import type { GlobalWindow, TimeWindow } from '../window/window.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/** Sizes of tumbling windows, in milliseconds. */
export interface TumblingOptions {
  readonly sizeMs: number;
  /** Moves all windows, as for days of another time zone than UTC; less than the size either way. Default 0: windows begin with 1970. */
  readonly offsetMs?: number;
}

/** Sizes of sliding windows, in milliseconds. */
export interface SlidingOptions extends TumblingOptions {
  /** From the start of one window to the start of the next. */
  readonly slideMs: number;
}

/** Between the last record of a session and the first of the next, in milliseconds. */
export interface SessionOptions<in T> {
  /** Or takes it out of a record, for the time after it. It must be pure, and answer with more than 0. */
  readonly gapMs: number | ((value: T) => number);
}

/**
 * Windows of one size, one after the other, by the timestamps of records. They end by watermarks.
 *
 * @example
 * ```ts
 * flights.keyBy((flight) => flight.origin).window(tumblingEventTimeWindows({ sizeMs: 3_600_000 }));
 * ```
 */
export function tumblingEventTimeWindows(options: TumblingOptions): WindowAssigner<unknown, TimeWindow> {
  return tumbling('event', 'tumblingEventTimeWindows', options);
}

/**
 * The same by the wall clock, at the moment at which a record comes. Results change from run to run, and after a recovery; windows that are open when a bounded input
 * ends put out nothing.
 */
export function tumblingProcessingTimeWindows(options: TumblingOptions): WindowAssigner<unknown, TimeWindow> {
  return tumbling('processing', 'tumblingProcessingTimeWindows', options);
}

/**
 * Windows of one size, a new one with each slide, by the timestamps of records: a record is in several when the slide is shorter than the size, in one or
 * none when it is longer.
 *
 * @example
 * ```ts
 * flights.keyBy((flight) => flight.origin).window(slidingEventTimeWindows({ sizeMs: 3_600_000, slideMs: 60_000 }));
 * ```
 */
export function slidingEventTimeWindows(options: SlidingOptions): WindowAssigner<unknown, TimeWindow> {
  return sliding('event', 'slidingEventTimeWindows', options);
}

/** The same by the wall clock, at the moment at which a record comes. */
export function slidingProcessingTimeWindows(options: SlidingOptions): WindowAssigner<unknown, TimeWindow> {
  return sliding('processing', 'slidingProcessingTimeWindows', options);
}

/**
 * A window for each stretch of time in which records of a key follow each other by no more than the gap. It ends a gap after its last record; a
 * late record can make two of them one.
 *
 * @example
 * ```ts
 * flights.keyBy((flight) => flight.tail).window(sessionEventTimeWindows({ gapMs: 6 * 3_600_000 }));
 * ```
 */
export function sessionEventTimeWindows<T = unknown>({ gapMs }: SessionOptions<T>): WindowAssigner<T, TimeWindow> {
  return new SessionWindows<T>('event', checkedGap('sessionEventTimeWindows', gapMs));
}

/** The same by the wall clock, at the moment at which a record comes. */
export function sessionProcessingTimeWindows<T = unknown>({ gapMs }: SessionOptions<T>): WindowAssigner<T, TimeWindow> {
  return new SessionWindows<T>('processing', checkedGap('sessionProcessingTimeWindows', gapMs));
}

/**
 * One window for all records of a key. It puts out nothing by itself: give it a trigger.
 *
 * @example
 * ```ts
 * flights.keyBy((flight) => flight.tail).window(globalWindows()).trigger(countTrigger(10));
 * ```
 */
export function globalWindows(): WindowAssigner<unknown, GlobalWindow> {
  return new GlobalWindows();
}

function tumbling(time: 'event' | 'processing', name: string, { sizeMs, offsetMs = 0 }: TumblingOptions) {
  wholeNumber(`${name}: sizeMs`, sizeMs, 1);
  return new TumblingWindows(time, sizeMs, checkedOffset(name, offsetMs, sizeMs));
}

function sliding(time: 'event' | 'processing', name: string, { sizeMs, slideMs, offsetMs = 0 }: SlidingOptions) {
  wholeNumber(`${name}: sizeMs`, sizeMs, 1);
  wholeNumber(`${name}: slideMs`, slideMs, 1);
  return new SlidingWindows(time, { sizeMs, slideMs, offsetMs: checkedOffset(name, offsetMs, slideMs) });
}

function checkedOffset(name: string, offsetMs: number, stepMs: number): number {
  return wholeNumber(`${name}: offsetMs`, offsetMs, 1 - stepMs, stepMs - 1);
}

function checkedGap<T>(name: string, gapMs: SessionOptions<T>['gapMs']): SessionOptions<T>['gapMs'] {
  if (typeof gapMs === 'function' || gapMs > 0) return gapMs;
  throw mistake('OPTION_RANGE', `${name}: gapMs is ${gapMs}. Give a number of milliseconds above 0, or a function.`);
}
