import type { Failure } from '../../actors/kernel/failure.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import type { JobProgram } from './job-program.js';

/** Turns a job's record into its program: loads the code, runs it with the record's parameters, checks that the graph is the record's. */
export interface CodeStore {
  /** Each call evaluates the code anew, so that globals of user code neither survive nor leak between slots. */
  load(
    record: JobRecord,
    done: (
      result: { readonly ok: true; readonly program: JobProgram } | { readonly ok: false; readonly failure: Failure },
    ) => void,
  ): void;
}
