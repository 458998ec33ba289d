import type { Instance } from './function-operator.js';

/** What one call is given beside its record. */
export interface AsyncCallContext {
  /** Aborted when nobody waits for the answer any more: at the timeout, and at the end of the attempt. */
  readonly signal: AbortSignal;
  /** 1, then one more for each retry. */
  readonly attempt: number;
}

/**
 * The job's own code for one asynchronous operator: asks something outside about each record. Several calls are under way at a time, and after a
 * recovery records are asked about again, so an answer must not depend on how often it is asked for.
 */
export interface AsyncFunction<In, R> {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  invoke(value: In, context: AsyncCallContext): PromiseLike<R>;
  /** What stands for the result when none came in time. Without it a timeout fails the job. */
  timeout?(value: In): R;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** When a call is tried again, and how soon. */
export interface AsyncRetry<R = unknown> {
  /** So many tries after the first. */
  readonly retriesMax: number;
  /** Before the n-th retry, from 1. */
  delayMs(retry: number): number;
  retriesOnError(error: unknown): boolean;
  retriesOnResult(result: R): boolean;
}

export interface AsyncSetting<In, R, Out> {
  readonly fn: AsyncFunction<In, R>;
  readonly resultsOf: (result: R) => readonly Out[];
  readonly ordered: boolean;
  /** Of one record, over all its tries. */
  readonly timeoutMs: number;
  /** Records that may be under way at a time; more wait upstream. */
  readonly capacity: number;
  readonly retry: AsyncRetry<R> | null;
}
