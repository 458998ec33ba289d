import type { Failure } from '../../actors/kernel/failure.js';
import { failure } from '../../actors/kernel/failure.js';

/**
 * Thrown where a key, a value or stored state is refused. `failure` is what is to be reported; a restart would meet the
 * same refusal, because keys and values follow from the input and the job's code.
 */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly failure: Failure;

  constructor(code: string, domain: Failure['domain'], message: string) {
    super(message);
    this.failure = failure(code, domain, message, 'never');
  }

  get code(): string {
    return this.failure.code;
  }
}
