/** The names of everything that speaks or is spoken of. All are plain data, so they travel, print and compare. */

export type ProcessName = string;
/** Drawn from Entropy when a process starts; what is meant for another incarnation is dropped by the host. */
export type Incarnation = string;
/** Matches whatever incarnation listens there. Only a first contact (registration, submission) may use it. */
export const anyIncarnation: Incarnation = '*';
/** Stands for the receiver of a broadcast; no process can have this name. */
export const everyProcess: ProcessName = '*';

/** Where an actor lives: the process, the life of that process, and the actor's name in it. */
export interface Address {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly actor: ActorName;
}

/** `role` or `role/key`, for example `job-master/flights` or `subtask/flights/65537/count/1`. */
export type ActorName = string;

export type JobId = string;
/** The leader's fencing number, strictly increasing. 0 stands on messages of those who lead nothing. */
export type Epoch = number;
/** Where epochs are claimed in the store, each as a key of its own that ends with its number. */
export const epochsPrefix = 'epochs/';
/** Numbers the deployments of a job's graph; increases over restarts and over leaders. */
export type JobRun = number;
export type VertexId = string;
/** `vertex#index` */
export type SubtaskKey = string;

/** Ordered by epoch, then by n. */
export interface CheckpointId {
  readonly epoch: Epoch;
  readonly n: number;
}

/** Where data frames are sent: one slot of one life of a task manager. */
export interface SlotAddress {
  readonly process: ProcessName;
  readonly incarnation: Incarnation;
  readonly slot: number;
}

/** One grant of one slot to one run of one job. A slot holds at most one. */
export interface Allocation {
  readonly job: JobId;
  readonly run: JobRun;
  readonly epoch: Epoch;
}

const runsPerEpoch = 1_048_576;

/** The run of the `round`-th deployment under `epoch`: greater than every run of an earlier epoch. */
export const jobRun = (epoch: Epoch, round: number): JobRun => epoch * runsPerEpoch + round;
export const epochOf = (run: JobRun): Epoch => Math.floor(run / runsPerEpoch);
/** `epoch.round`, as people read a run. */
export const runText = (run: JobRun): string => `${epochOf(run)}.${run % runsPerEpoch}`;

export const subtaskKey = (vertex: VertexId, index: number): SubtaskKey => `${vertex}#${index}`;

export const checkpointText = (id: CheckpointId): string => `${id.epoch}-${id.n}`;
export const sameCheckpoint = (a: CheckpointId | null, b: CheckpointId | null): boolean =>
  a === b || (a !== null && b !== null && a.epoch === b.epoch && a.n === b.n);
/** Negative when `a` is older than `b`, 0 when they are the same. */
export const compareCheckpoints = (a: CheckpointId, b: CheckpointId): number => a.epoch - b.epoch || a.n - b.n;

export const sameAllocation = (a: Allocation | null, b: Allocation | null): boolean =>
  a === b || (a !== null && b !== null && a.job === b.job && a.run === b.run && a.epoch === b.epoch);

export const sameAddress = (a: Address, b: Address): boolean =>
  a.process === b.process && a.incarnation === b.incarnation && a.actor === b.actor;

/** Actor names: the one place that forms them. */
export const actorNames = {
  /** Of a client's only end: no actor, and without a store. */
  client: 'client',
  dispatcher: 'dispatcher',
  resourceManager: 'resource-manager',
  taskManager: 'task-manager',
  heartbeat: (process: ProcessName, incarnation: Incarnation): ActorName => `heartbeat/${process}@${incarnation}`,
  jobMaster: (job: JobId): ActorName => `job-master/${job}`,
  checkpointCoordinator: (job: JobId): ActorName => `checkpoint-coordinator/${job}`,
  alignment: (job: JobId): ActorName => `alignment/${job}`,
  failureHistory: (job: JobId): ActorName => `failure-history/${job}`,
  sourceCoordinator: (job: JobId, uid: string): ActorName => `source-coordinator/${job}/${uid}`,
  slot: (index: number): ActorName => `slot/${index}`,
  subtask: (job: JobId, run: JobRun, key: SubtaskKey): ActorName => `subtask/${job}/${run}/${key}`,
} as const;
