import { defaultSlotMemoryBytes } from '../../actors/protocol/memory-size.js';

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
  /** The managed memory of a slot: what caches of state, channels, output beyond credit and snapshots under way share. */
  readonly slotMemoryBytes: number;
  /** A record whose encoding is longer fails the attempt that emits it. */
  readonly recordBytesMax: number;
  /** How many records a tasklet takes before others of its slot have their turn. */
  readonly turnRecordsMax: number;
  /** How much memory keyed state that is cached may take in a slot; null for its share of the slot's memory. */
  readonly stateMemoryBytes: number | null;
  /** A snapshot is stored in blobs of about this size. */
  readonly snapshotBlobBytes: number;
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
  slotMemoryBytes: defaultSlotMemoryBytes,
  recordBytesMax: 16_777_216,
  turnRecordsMax: 1_024,
  stateMemoryBytes: null,
  snapshotBlobBytes: 8_388_608,
  repeatMs: 200,
  progressMs: 1_000,
  latencyMarkerMs: null,
};
