/** Limits and intervals of the data plane of one process. */
export interface TaskOptions {
  /** Deep-freezes records and state values, so that a change in place throws where it happens. */
  readonly development: boolean;
  /** How long a read or write of a checkpoint may take, repetitions included. */
  readonly storeTimeoutMs: number;
  /** How long one pending lifecycle call of an operator may take. */
  readonly lifecycleTimeoutMs: number;
  /** A record batch on the wire is at most this long, and about this long under load. */
  readonly frameBytes: number;
  /** How many frames a receiver grants beyond what it has consumed; how many batches wait between tasklets of one slot. */
  readonly channelWindowFrames: number;
  /** A batch is passed on when it holds this many records, however small they are. */
  readonly batchRecordsMax: number;
  /** A record whose encoding is longer fails the attempt that emits it. */
  readonly recordBytesMax: number;
  /** Output of one channel beyond its credit that may wait; more fails the attempt. */
  readonly overdraftBytesMax: number;
  /** How many records a tasklet takes before others of its slot have their turn. */
  readonly turnRecordsMax: number;
  /** How much memory the keyed state of one slot may take before it is written back, by a state backend that can: in equal shares for each operator that has some. */
  readonly stateMemoryBytes: number;
  /** How often idle channels repeat their grant and their last sequence number. */
  readonly repeatMs: number;
  /** How often a slot tells that it lives. */
  readonly progressMs: number;
  /** How often a source sends a latency marker; null for never. */
  readonly latencyMarkerMs: number | null;
}

export const defaultTaskOptions: TaskOptions = {
  development: false,
  storeTimeoutMs: 10_000,
  lifecycleTimeoutMs: 60_000,
  frameBytes: 32_768,
  channelWindowFrames: 16,
  batchRecordsMax: 1_024,
  recordBytesMax: 16_777_216,
  overdraftBytesMax: 268_435_456,
  turnRecordsMax: 1_024,
  stateMemoryBytes: 134_217_728,
  repeatMs: 200,
  progressMs: 1_000,
  latencyMarkerMs: null,
};
