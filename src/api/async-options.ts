import type { StageCode } from '../graph/stream-graph.js';
import type { AsyncCallContext, AsyncFunction, AsyncRetry } from '../operators/async-function.js';
import { AsyncWaitOperator } from '../operators/async-wait.js';
import type { Operator } from '../operators/operator.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/** How an asynchronous operator goes about its calls. */
export interface AsyncOptions<R> {
  /** How long one record may take, over all its tries. */
  readonly timeoutMs: number;
  /** `ordered`, the default: results in the order of their records. `unordered`: as they come, but none passes a watermark. */
  readonly order?: 'ordered' | 'unordered';
  /** Records under way at a time in each parallel instance; the next ones wait. Default 100. */
  readonly capacity?: number;
  /** See `fixedDelayRetry` and `exponentialRetry`. Without it each record has one try. */
  readonly retry?: AsyncRetry<R>;
}

/** What is asked for each record: a function, or an object that has one, and a life. */
export type AsyncCode<In, R> = AsyncFunction<In, R> | ((value: In, context: AsyncCallContext) => PromiseLike<R>);

/** What makes a call be tried again. Without either, every error does and no result. */
export interface RetryConditions<R> {
  readonly onError?: (error: unknown) => boolean;
  readonly onResult?: (result: R) => boolean;
}

/**
 * Up to `retriesMax` tries after the first, `delayMs` after each that failed.
 *
 * @example
 * ```ts
 * orders.asyncMap(priced, { timeoutMs: 10_000, retry: fixedDelayRetry({ retriesMax: 3, delayMs: 200 }) }).uid('priced');
 * ```
 */
export function fixedDelayRetry<R = unknown>(
  options: { readonly retriesMax: number; readonly delayMs: number } & RetryConditions<R>,
): AsyncRetry<R> {
  const delayMs = wholeNumber('fixedDelayRetry: delayMs', options.delayMs, 0);
  return retryOf(wholeNumber('fixedDelayRetry: retriesMax', options.retriesMax, 1), () => delayMs, options);
}

/**
 * Up to `retriesMax` tries after the first: `initialDelayMs` after the first failure, `multiplier` times as long after each further one, and at
 * most `delayMsMax`.
 *
 * @example
 * ```ts
 * const retry = exponentialRetry({ retriesMax: 5, initialDelayMs: 100, multiplier: 2, delayMsMax: 5_000 });
 * orders.asyncMap(priced, { timeoutMs: 30_000, retry }).uid('priced');
 * ```
 */
export function exponentialRetry<R = unknown>(
  options: {
    readonly retriesMax: number;
    readonly initialDelayMs: number;
    readonly multiplier: number;
    readonly delayMsMax: number;
  } & RetryConditions<R>,
): AsyncRetry<R> {
  const { multiplier, delayMsMax } = options;
  const initialDelayMs = wholeNumber('exponentialRetry: initialDelayMs', options.initialDelayMs, 1);
  wholeNumber('exponentialRetry: delayMsMax', delayMsMax, initialDelayMs);
  if (!(multiplier >= 1 && Number.isFinite(multiplier))) {
    throw mistake('OPTION_RANGE', `exponentialRetry: multiplier is ${multiplier}. Give a number of at least 1.`);
  }
  const delayMs = (retry: number): number => Math.min(delayMsMax, initialDelayMs * multiplier ** (retry - 1));
  return retryOf(wholeNumber('exponentialRetry: retriesMax', options.retriesMax, 1), delayMs, options);
}

function retryOf<R>(
  retriesMax: number,
  delayMs: AsyncRetry<R>['delayMs'],
  { onError, onResult }: RetryConditions<R>,
): AsyncRetry<R> {
  const anyError = onError === undefined && onResult === undefined;
  return {
    retriesMax,
    delayMs,
    retriesOnError: onError ?? (() => anyError),
    retriesOnResult: onResult ?? (() => false),
  };
}

/** @internal */
export function asyncStage<In, R, Out>(
  operation: string,
  code: AsyncCode<In, R>,
  options: AsyncOptions<R>,
  resultsOf: (result: R) => readonly Out[],
): StageCode {
  const setting = {
    fn: typeof code === 'function' ? { invoke: code } : code,
    resultsOf,
    ordered: options.order !== 'unordered',
    timeoutMs: wholeNumber(`${operation}: timeoutMs`, options.timeoutMs, 1),
    capacity: wholeNumber(`${operation}: capacity`, options.capacity ?? 100, 1),
    retry: options.retry ?? null,
  };
  return { kind: 'operator', create: () => new AsyncWaitOperator<In, R, Out>(setting) as Operator, key: null };
}
