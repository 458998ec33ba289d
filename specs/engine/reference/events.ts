import type { ProcessWindowFunction, Window } from 'weirflow';
import type { Emitted } from 'weirflow/testing';

/** A record of these specs: whose it is, and a number to know it by. */
export interface Event {
  readonly key: string;
  readonly n: number;
}

export const event = (key: string, n: number): Event => ({ key, n });

export const keyOf = ({ key }: Event): string => key;

/** What came out, each as `value @timestamp`. */
export const shown = (emitted: readonly Emitted<unknown>[]): readonly string[] =>
  emitted.map(({ value, timestamp }) => `${String(value)} @${timestamp}`);

/** The values that came out, in order. */
export const values = <T>(emitted: readonly Emitted<T>[]): readonly T[] => emitted.map(({ value }) => value);

/** Tells a window that fires by its key and its numbers, in the order in which they came. */
export const listed: ProcessWindowFunction<unknown, Event, string, Window> = {
  process: (events, { currentKey, emit }) => emit(`${currentKey}: ${events.map(({ n }) => n).join(' ')}`),
};
