import type { Failure } from '../kernel/failure.js';
import type { Address, CheckpointId, JobRun, SubtaskKey } from '../protocol/ids.js';
import { actorNames } from '../protocol/ids.js';
import type { JobRecord } from '../protocol/job-graph.js';
import type { Split } from '../protocol/manifest.js';
import type { SourceCoordinatorInput } from './messages.js';

/** One reader as its coordinator knows it. */
export interface Reader {
  /** Its place in the list of readers. */
  readonly index: number;
  readonly key: SubtaskKey;
  readonly address: Address;
  /** Number of its newest request that is noted. */
  readonly requested: number;
  /** Number of its newest request that an assignment has answered. */
  readonly served: number;
  /** Number of the newest assignment sent to it. */
  readonly assigned: number;
  /** Number of the newest assignment it has; the next is sent only when the two are equal. */
  readonly added: number;
  /** Gets nothing, because it has not put the barrier of the current checkpoint into its stream. */
  readonly closed: boolean;
}

/** The checkpoint for which the valve is closed. */
export interface Valve {
  readonly checkpoint: CheckpointId;
  /** The snapshot was taken and told. Until then no reader may be opened. */
  readonly snapshotted: boolean;
}

export interface SourceCoordinatorContext {
  readonly record: JobRecord;
  readonly run: JobRun;
  readonly uid: string;
  /** The unassigned splits of the checkpoint; null when there are none to go on from. */
  readonly restored: readonly Split[] | null;
  readonly askEveryMs: number;
  readonly deadlineMs: number;
  /** By index, in the order of the placement: one of a thousand is replaced without building a record anew. */
  readonly readers: readonly Reader[];
  readonly indexOf: Readonly<Record<SubtaskKey, number>>;
  readonly splits: readonly Split[];
  /** Index of the next split to assign: a counter, because copying 100,000 splits for each of them costs minutes. */
  readonly next: number;
  /** How many assignments are not acknowledged. */
  readonly outstanding: number;
  readonly valve: Valve | null;
  /** Nothing more is assigned: the readers are being stopped. */
  readonly stopped: boolean;
  /** Why this actor ends. */
  readonly failure: Failure | null;
}

export function sourceCoordinatorContext(input: SourceCoordinatorInput): SourceCoordinatorContext {
  const { record, run, uid, readers, restored, options } = input;
  return {
    record,
    run,
    uid,
    restored: restored?.discovered === true ? restored.unassigned : null,
    askEveryMs: options.askEveryMs,
    deadlineMs: options.deployTimeoutMs,
    readers: Object.entries(readers).map(([key, { process, incarnation }], index) => ({
      index,
      key,
      address: { process, incarnation, actor: actorNames.subtask(record.job, run, key) },
      requested: 0,
      served: 0,
      assigned: 0,
      added: 0,
      closed: false,
    })),
    indexOf: Object.fromEntries(Object.keys(readers).map((key, index) => [key, index])),
    splits: [],
    next: 0,
    outstanding: 0,
    valve: null,
    stopped: false,
    failure: null,
  };
}
