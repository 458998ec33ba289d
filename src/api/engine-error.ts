import type { Failure } from '../../actors/protocol/failure.js';
import { failure as describe } from '../../actors/protocol/failure.js';

/**
 * What Weirflow throws at the caller's mistake or at a failure it cannot go on from. Match on `code`; `failure` says whose fault it
 * is, whether a restart can help, and what to do next.
 *
 * @example
 * ```ts
 * try {
 *   buildJob(job, []);
 * } catch (error) {
 *   if (error instanceof EngineError && error.code === 'UID_MISSING') process.exitCode = 2;
 * }
 * ```
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: string;
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.code = failure.code;
    // The stack leads to the line that has to change, unless the failure brings a better one.
    this.failure = failure.stack === '' ? { ...failure, stack: this.stack ?? '' } : failure;
  }
}

/** An error for a mistake in a job's own code: no restart can help. */
export function mistake(code: string, message: string): EngineError {
  return new EngineError(describe(code, 'user', message, 'never'));
}

/** `message` of an error, the text of anything else. Told by shape: the code of a job may run in a realm of its own. */
export function thrownText(thrown: unknown): string {
  return isErrorLike(thrown) ? String(thrown.message) : String(thrown);
}

/** The stack of an error, or an empty string. */
export function thrownStack(thrown: unknown): string {
  return isErrorLike(thrown) ? String(thrown.stack) : '';
}

function isErrorLike(thrown: unknown): thrown is { readonly message: unknown; readonly stack: unknown } {
  return typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'stack' in thrown;
}
