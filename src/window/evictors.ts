import { noTimestamp } from '../time/timestamps.js';
import type { Evictor, WindowElement } from './evictor.js';
import type { Window } from './window.js';

/** When an evictor does its work: before the function sees the window, or after. */
export type EvictionTime = 'before' | 'after';

type Keep<T> = <E extends WindowElement<T>>(elements: readonly E[]) => readonly E[];

function evicting<T>(when: EvictionTime, keep: Keep<T>): Evictor<T, Window> {
  return when === 'before' ? { evictBefore: keep } : { evictAfter: keep };
}

/** Keeps the newest `count`, in the order in which they came. */
export function keepLast(count: number, when: EvictionTime): Evictor<unknown, Window> {
  return evicting(when, (elements) => (elements.length > count ? elements.slice(elements.length - count) : elements));
}

/** Keeps those whose timestamps are less than `sizeMs` before the greatest; all, when they have none. */
export function keepRecent(sizeMs: number, when: EvictionTime): Evictor<unknown, Window> {
  return evicting(when, (elements) => {
    const greatest = elements.reduce((max, { timestamp }) => Math.max(max, timestamp), noTimestamp);
    return greatest === noTimestamp ? elements : elements.filter(({ timestamp }) => timestamp > greatest - sizeMs);
  });
}

/** Keeps those that are nearer than `threshold` to the one that came last. */
export function keepNear<T>(
  threshold: number,
  delta: (from: T, to: T) => number,
  when: EvictionTime,
): Evictor<T, Window> {
  return evicting(when, (elements) => {
    const last = elements.at(-1);
    return last === undefined ? elements : elements.filter(({ value }) => delta(value, last.value) < threshold);
  });
}
