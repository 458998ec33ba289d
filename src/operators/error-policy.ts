import type { Sink } from './sink.js';

/** What an operator could not process: a record, a timer, or the end of its input. */
export type FailedEvent = 'record' | `timer at ${number}` | 'end of input';

/** What an operator could not process, for whoever looks into it or gives the record to the job once more. */
export interface DeadLetter<T = unknown> {
  /** Null for a timer and for the end of the input. */
  readonly record: T | null;
  /** Event time of the record, or what the timer was set for; null when there is none. */
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
    readonly event: FailedEvent;
  };
  readonly error: { readonly name: string; readonly message: string; readonly stack: string };
}

/**
 * What becomes of a record whose processing throws, and of a timer or the firing of a window. `fail`: the attempt fails, and with it the job restarts. `skip`: it is left out and counted.
 * `deadLetters`: it is counted, and goes to the sink with all that is known of it, exactly once like any record.
 */
export type ErrorPolicy = 'fail' | 'skip' | { readonly deadLetters: Sink<DeadLetter> };

/** As an operator has it: dead letters may also be a stream of the job. */
export type RecordErrorPolicy = ErrorPolicy | 'sideOutput';

/** The side output for them; no tag of a job can have this name. */
export const deadLettersTag = '$dead-letters';
