import type { Evictor } from '../window/evictor.js';
import { type EvictionTime, keepLast, keepNear, keepRecent } from '../window/evictors.js';
import type { Window } from '../window/window.js';
import { mistake } from './engine-error.js';
import type { DeltaOptions } from './triggers.js';
import { wholeNumber } from './whole-number.js';

/**
 * Keeps the last `count` records of a window, and takes out the others before its function sees it, or after.
 *
 * @example
 * ```ts
 * windows.evictor(countEvictor(10));
 * ```
 */
export function countEvictor(count: number, when: EvictionTime = 'before'): Evictor<unknown, Window> {
  return keepLast(wholeNumber('countEvictor', count, 0), when);
}

/** Keeps the records whose timestamps are less than `sizeMs` before the greatest one of the window. */
export function timeEvictor(sizeMs: number, when: EvictionTime = 'before'): Evictor<unknown, Window> {
  return keepRecent(wholeNumber('timeEvictor', sizeMs, 0), when);
}

/** Keeps the records from which the last one is less than `threshold` away. */
export function deltaEvictor<T>(
  { threshold, delta }: DeltaOptions<T>,
  when: EvictionTime = 'before',
): Evictor<T, Window> {
  if (Number.isNaN(threshold)) throw mistake('OPTION_RANGE', 'deltaEvictor: threshold is NaN. Give it a number.');
  return keepNear(threshold, delta, when);
}
