import type { ClusterOptions } from '../../actors/protocol/deployment.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import type { SavepointName } from '../../actors/protocol/savepoint.js';
import type { TaskTrace, TraceRecord } from '../ports/telemetry.js';
import type { SlotInspection } from '../task/slot/slot-runtime.js';
import type { FileEvent, SimFiles } from './sim-files.js';
import type { SimStore, StoreEvent } from './sim-store.js';
import type { SimWorld } from './world.js';

/** A broken invariant: which, what was seen, and the values that show it. Ends the run. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly invariant: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${invariant}: ${message}`);
  }
}

/** What a checker may look at. It changes nothing. */
export interface CheckerContext {
  readonly world: SimWorld;
  readonly store: SimStore;
  readonly files: SimFiles;
  readonly record: JobRecord;
  readonly cluster: ClusterOptions;
  /** Lives by process name; only living ones. */
  living(): ReadonlyMap<string, number>;
  /** What the loaded slots of all living task managers are doing just now; made anew at each call, so ask seldom. */
  slots(): readonly SlotInspection[];
}

/** Watches one invariant while the run goes on: every method is called at the moment the thing happens and throws a Violation when it must not. */
export interface Checker {
  readonly invariant: string;
  trace?(record: TraceRecord): void;
  task?(trace: TaskTrace): void;
  store?(event: StoreEvent): void;
  file?(event: FileEvent): void;
  /** A client was told that this savepoint exists. */
  saved?(name: SavepointName): void;
  /** A client was told that this rescale is kept. */
  rescaled?(request: string): void;
  /** A client was told that the job is being canceled. */
  canceled?(): void;
  crashed?(process: string, life: number): void;
  /** The faults are over; from here on liveness counts. */
  healed?(): void;
  /** The job is terminal and nothing is left to happen. */
  ended?(): void;
}

export type CheckerFactory = (context: CheckerContext) => Checker;
