import type { Trigger } from '../window/trigger.js';
import { ContinuousEventTimeTrigger, ContinuousProcessingTimeTrigger } from '../window/triggers/continuous-trigger.js';
import { CountTrigger } from '../window/triggers/count-trigger.js';
import { DeltaTrigger } from '../window/triggers/delta-trigger.js';
import * as never from '../window/triggers/never-trigger.js';
import { ProcessingTimeoutTrigger } from '../window/triggers/processing-timeout-trigger.js';
import { PurgingTrigger } from '../window/triggers/purging-trigger.js';
import * as byTime from '../window/triggers/time-trigger.js';
import type { Window } from '../window/window.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/** How far records may move away from the one that fired last. */
export interface DeltaOptions<in T> {
  readonly threshold: number;
  /** How far `to` is from `from`. It must be pure. */
  readonly delta: (from: T, to: T) => number;
}

/** When a window that another trigger leaves waiting fires all the same. */
export interface TimeoutOptions {
  readonly timeoutMs: number;
  /** The time begins again with each record. Default false: it runs from the first one. */
  readonly restartsWithRecords?: boolean;
  /** After a timeout the other trigger begins anew. Default true. */
  readonly clearsOnTimeout?: boolean;
}

/** Fires when the watermark passes the end of the window, and then with each record that lateness allows: what windows in event time do anyway. */
export function eventTimeTrigger(): Trigger<unknown, Window> {
  return byTime.eventTimeTrigger;
}

/** Fires when the wall clock passes the end of the window: what windows in processing time do anyway. */
export function processingTimeTrigger(): Trigger<unknown, Window> {
  return byTime.processingTimeTrigger;
}

/** Fires with every `count`-th record of the window. */
export function countTrigger(count: number): Trigger<unknown, Window> {
  return new CountTrigger(wholeNumber('countTrigger', count, 1));
}

/**
 * As another trigger, but a window that fires is emptied. What the other one remembers of it stays.
 *
 * @example
 * ```ts
 * windows.trigger(purgingTrigger(countTrigger(100)));
 * ```
 */
export function purgingTrigger<T, W extends Window>(trigger: Trigger<T, W>): Trigger<T, W> {
  return new PurgingTrigger(trigger);
}

/**
 * Fires with a record that is further than `threshold` away from the one that fired last. Sessions cannot use it.
 *
 * @example
 * ```ts
 * windows.trigger(deltaTrigger({ threshold: 10, delta: (from, to) => Math.abs(to.delay - from.delay) }));
 * ```
 */
export function deltaTrigger<T>({ threshold, delta }: DeltaOptions<T>): Trigger<T, Window> {
  if (Number.isNaN(threshold)) throw mistake('OPTION_RANGE', 'deltaTrigger: threshold is NaN. Give it a number.');
  return new DeltaTrigger(threshold, delta);
}

/**
 * Fires every interval of event time after the start of the window, as watermarks pass, and at its end. A window without a start counts from 1970. A watermark that
 * passes several intervals fires once, where Flink fires for each of them what has not changed in between.
 */
export function continuousEventTimeTrigger(intervalMs: number): Trigger<unknown, Window> {
  return new ContinuousEventTimeTrigger(wholeNumber('continuousEventTimeTrigger', intervalMs, 1));
}

/** Fires every interval of the wall clock, from the first record of the window until it is over. */
export function continuousProcessingTimeTrigger(intervalMs: number): Trigger<unknown, Window> {
  return new ContinuousProcessingTimeTrigger(wholeNumber('continuousProcessingTimeTrigger', intervalMs, 1));
}

/**
 * As another trigger, and fires too when the wall clock has gone on by the timeout since the first record that waits. Sessions cannot use it.
 *
 * @example
 * ```ts
 * windows.trigger(processingTimeoutTrigger(countTrigger(100), { timeoutMs: 5_000 }));
 * ```
 */
export function processingTimeoutTrigger<T, W extends Window>(
  trigger: Trigger<T, W>,
  { timeoutMs, restartsWithRecords = false, clearsOnTimeout = true }: TimeoutOptions,
): Trigger<T, W> {
  wholeNumber('processingTimeoutTrigger: timeoutMs', timeoutMs, 1);
  return new ProcessingTimeoutTrigger(trigger, { timeoutMs, restartsWithRecords, clearsOnTimeout });
}

/** Never fires: what global windows do anyway. */
export function neverTrigger(): Trigger<unknown, Window> {
  return never.neverTrigger;
}

/** Fires when a bounded input has ended. For global windows: others are over before. */
export function endOfStreamTrigger(): Trigger<unknown, Window> {
  return never.endOfStreamTrigger;
}
