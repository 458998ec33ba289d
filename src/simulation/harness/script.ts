import { noTimestamp } from '../../operators/operator.js';

/** One thing that happens to a pipeline. Made by `record`, `watermark` and `processingTime`. */
export type ScriptElement<T> =
  | { readonly kind: 'record'; readonly value: T; readonly timestamp: number }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'processingTime'; readonly passesMs: number };

type PassingTime = Extract<ScriptElement<never>, { kind: 'processingTime' }>;

/** The same for a pipeline of two inputs. Made by `first`, `second` and `processingTime`. */
export type TwoInputElement<First, Second> =
  | { readonly input: 'first'; readonly element: Exclude<ScriptElement<First>, PassingTime> }
  | { readonly input: 'second'; readonly element: Exclude<ScriptElement<Second>, PassingTime> }
  | PassingTime;

/** A record comes; without a timestamp it has none. */
export const record = <T>(value: T, timestamp: number = noTimestamp) => ({ kind: 'record', value, timestamp }) as const;

/** A watermark comes: no record at or below this time is to follow, save late ones. */
export const watermark = (timestamp: number) => ({ kind: 'watermark', timestamp }) as const;

/** Processing time passes. */
export const processingTime = (passesMs: number) => ({ kind: 'processingTime', passesMs }) as const;

/** At the first input. */
export const first = <E>(element: E) => ({ input: 'first', element }) as const;

/** At the second input. */
export const second = <E>(element: E) => ({ input: 'second', element }) as const;
