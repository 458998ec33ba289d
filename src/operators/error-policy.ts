import type { Sink } from './sink.js';

/** A record that an operator could not process, for whoever looks into it or gives it to the job once more. */
export interface DeadLetter<T = unknown> {
  readonly record: T;
  /** Event time of the record; null when it has none. */
  readonly timestamp: number | null;
  /** Null unless the input is keyed. */
  readonly key: unknown;
  readonly origin: {
    readonly job: string;
    /** Uid of the operator. */
    readonly operator: string;
    readonly subtask: number;
    /** Deployments of the job are numbered: what was processed again after a recovery may come from another run. */
    readonly run: number;
  };
  readonly error: { readonly name: string; readonly message: string; readonly stack: string };
}

/**
 * What becomes of a record whose processing throws. `fail`: the attempt fails, and with it the job restarts. `skip`: it is left out and counted.
 * `deadLetters`: it is counted, and goes to the sink with all that is known of it, exactly once like any record.
 */
export type ErrorPolicy = 'fail' | 'skip' | { readonly deadLetters: Sink<DeadLetter> };

/** As an operator has it: dead letters may also be a stream of the job. */
export type RecordErrorPolicy = ErrorPolicy | 'sideOutput';

/** The side output for them; no tag of a job can have this name. */
export const deadLettersTag = '$dead-letters';
