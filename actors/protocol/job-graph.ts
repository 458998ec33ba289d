import type { Failure } from './failure.js';
import type { VertexId } from './ids.js';
import type { PastFailure } from './past-failure.js';
import type { RestartStrategy } from './restart-strategy.js';
import type { JobOrigin, SavepointName, StopWithSavepoint } from './savepoint.js';
import type { ReactiveOptions } from './scaling.js';

export type Partitioner = 'forward' | 'hash' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' | 'custom';

/** One operator of a chain, as the control plane knows it. */
export interface OperatorNode {
  /** Names the operator's state across versions of a job. */
  readonly uid: string;
  readonly name: string;
  readonly kind: 'source' | 'transform' | 'sink';
  /** True when the operator commits after a checkpoint is durable. */
  readonly commits: boolean;
  readonly stateful: boolean;
}

/** A chain of operators that runs as one task. A source, if there is one, is the first operator. */
export interface JobVertex {
  readonly id: VertexId;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** A slot holds subtasks of one group only. Absent: the default group. */
  readonly slotSharingGroup?: string;
  readonly operators: readonly OperatorNode[];
}

export interface JobEdge {
  readonly id: string;
  readonly from: VertexId;
  readonly to: VertexId;
  readonly partitioner: Partitioner;
  /** Which input of the consumer's first operator it leads into: 0, or 1 for the second of two. */
  readonly input: number;
  /** Null for what comes out of the end of the producer's chain. */
  readonly side: SideOutput | null;
  /** As in the job's options, in place of them. Absent: the operator that puts it out sets none. */
  readonly bufferTimeoutMs?: number | null;
}

/** The side output of one operator of a chain, which need not be the last. */
export interface SideOutput {
  /** Its uid. */
  readonly operator: string;
  readonly tag: string;
}

/** A vertex whose source waits for others of the same group. */
export interface SourceAlignment {
  readonly vertex: VertexId;
  readonly group: string;
  readonly maxDriftMs: number;
}

/** What is deployed. Vertices stand in topological order; two builds of one job give equal graphs. */
export interface JobGraph {
  readonly name: string;
  readonly vertices: readonly JobVertex[];
  readonly edges: readonly JobEdge[];
  readonly options: JobOptions;
  /** Left out when no source waits for another. */
  readonly alignments?: readonly SourceAlignment[];
}

export interface JobOptions {
  /** null: no periodic checkpoints; the final one of a bounded job is still taken. */
  readonly checkpointIntervalMs: number | null;
  readonly checkpointTimeoutMs: number;
  readonly checkpointMinPauseMs: number;
  /** How many checkpoints in a row may fail before the job is restarted. */
  readonly tolerableFailedCheckpoints: number;
  /** Absent: `exactlyOnce`. */
  readonly checkpointMode?: CheckpointMode;
  /** How many complete checkpoints are kept while the job lives. Absent: 1. */
  readonly retainedCheckpoints?: number;
  /** Whether they outlive the job. Absent: `none`. */
  readonly externalizedCheckpoints?: CheckpointRetention;
  readonly restart: RestartStrategy;
  /** How long a batch that is not full may wait. 0: not beyond a turn of its task; null: until it is full, or anything but a record follows. */
  readonly bufferTimeoutMs: number | null;
  /** Commit again what a newer, unreadable checkpoint had committed, instead of failing. */
  readonly allowRollback: boolean;
  readonly stateBackend: StateBackendName;
  /** A slot with less managed memory is not granted to the job. Absent: any will do. */
  readonly slotMemoryBytes?: number;
}

/** Where keyed state lives while the job runs. `heap`: in memory. `disk`: in files of the task manager, beside a cache. */
export type StateBackendName = 'heap' | 'disk';

/**
 * `exactlyOnce`: barriers are aligned, so that a snapshot holds what came before them and nothing else. `atLeastOnce`: no channel waits for
 * another; a snapshot may hold records of after a barrier, which come again after a restart.
 */
export type CheckpointMode = 'exactlyOnce' | 'atLeastOnce';

/**
 * What becomes of the retained checkpoints of a job that has ended. `none`: they are deleted. `deleteOnCancellation`: kept when it has failed.
 * `retainOnCancellation`: kept when it has failed or was canceled. Those of a job that has finished are always deleted.
 */
export type CheckpointRetention = 'none' | 'deleteOnCancellation' | 'retainOnCancellation';

export const defaultJobOptions: JobOptions = {
  checkpointIntervalMs: null,
  checkpointTimeoutMs: 600_000,
  checkpointMinPauseMs: 0,
  tolerableFailedCheckpoints: 0,
  restart: { kind: 'none' },
  bufferTimeoutMs: 10,
  allowRollback: false,
  stateBackend: 'heap',
};

/** The job as the dispatcher keeps it: durable before a submission is answered. */
export interface JobRecord {
  readonly format: 1;
  readonly job: string;
  readonly graph: JobGraph;
  /** Key of the bundle in the CodeStore. */
  readonly code: string;
  /** Parameters given after `--`; part of the job's identity. */
  readonly params: readonly string[];
  /** Absent for a job that begins anew. */
  readonly from?: JobOrigin;
  /** Absent where the parallelism is given. */
  readonly reactive?: ReactiveOptions;
}

/** That somebody wants the job to stop: durable before it is answered, and never taken back. */
export interface StopRecord {
  readonly format: 1;
  readonly job: string;
  /** Absent when its input is to end and nothing is kept. */
  readonly savepoint?: StopWithSavepoint;
}

/** That somebody wants the job to end at once: durable before it is answered, and never taken back. */
export interface CancelRecord {
  readonly format: 1;
  readonly job: string;
}

/** Terminal, written once, before anything of the job is cleaned up. */
export interface JobResult {
  readonly format: 1;
  readonly job: string;
  readonly outcome: 'finished' | 'canceled' | 'failed';
  readonly failure: Failure | null;
  /** The one that it was stopped with; absent for every other end. */
  readonly savepoint?: SavepointName;
  /** The newest failures, oldest first, under whichever leader, without their stacks; absent where there was none. */
  readonly failures?: readonly PastFailure[];
}
