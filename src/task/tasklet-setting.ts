import type { Failure } from '../../actors/kernel/failure.js';
import type { JobId, JobRun, SubtaskKey } from '../../actors/protocol/ids.js';
import type { CheckpointMode, JobVertex, StateBackendName } from '../../actors/protocol/job-graph.js';
import type { TaskEvent } from '../../actors/subtask/messages.js';
import type { VertexProgram } from '../graph/job-program.js';
import type { UserMetrics } from '../operators/user-metrics.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { KeyValueEngine } from '../ports/key-value-engine.js';
import type { InputChannel } from './channel/channel.js';
import type { Gauge } from './gauge.js';
import type { BoundPorts } from './operator/bound-ports.js';
import type { TaskOutput } from './output/task-output.js';
import type { MemoryShare } from './slot/slot-memory.js';
import type { TaskOptions } from './task-options.js';

/** All that a tasklet is given: its place in the job, its code, its channels, and the ways to what is outside. */
export interface TaskletSetting {
  readonly job: JobId;
  readonly run: JobRun;
  readonly vertex: JobVertex;
  readonly index: number;
  readonly subtask: SubtaskKey;
  readonly program: VertexProgram;
  readonly stateBackend: StateBackendName;
  readonly checkpointMode: CheckpointMode;
  /** How much memory its keyed state may take, of each operator that has some. */
  readonly stateMemoryBytes: number;
  /** What snapshots of the slot hold until it is durable. */
  readonly snapshotMemory: MemoryShare;
  readonly ports: BoundPorts & { readonly blobs: BlobStore; readonly stores: KeyValueEngine };
  readonly options: TaskOptions;
  readonly inputs: readonly InputChannel[];
  /** For each of these channels, which input of the chain's first operator it leads into. */
  readonly inputOf: readonly number[];
  /** And which subtask is at the other end. */
  readonly inputFrom: readonly SubtaskKey[];
  readonly output: TaskOutput;
  readonly gauge: Gauge;
  /** Of the job's own code. */
  readonly metrics: UserMetrics;
  /** State is restored: the channels that enter the slot may give their first grant. */
  openInputs(): void;
  notify(event: TaskEvent): void;
  /** The attempt has ended with this failure. */
  failed(failure: Failure): void;
  trace(what: string, detail: Readonly<Record<string, unknown>>): void;
  wake(): void;
}
