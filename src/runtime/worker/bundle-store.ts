import type { Failure } from '../../../actors/protocol/failure.js';
import type { JobRecord } from '../../../actors/protocol/job-graph.js';
import type { Bundle } from '../code/bundle.js';

export type BundleResult =
  | { readonly ok: true; readonly bundle: Bundle }
  | { readonly ok: false; readonly failure: Failure };

/** Gives the bundle of a submitted job. The main thread passes it on to the slot's thread, and never runs it. */
export interface BundleStore {
  load(record: JobRecord, done: (result: BundleResult) => void): void;
}

/** The bundle of the only job that runs here. The slot's thread refuses a record of other code, with CODE_MISSING. */
export const oneBundle = (bundle: Bundle): BundleStore => ({ load: (_record, done) => done({ ok: true, bundle }) });
