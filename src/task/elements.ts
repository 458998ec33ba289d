import type { CheckpointId, SubtaskKey } from '../../actors/protocol/ids.js';
import type { SavepointMark } from '../../actors/protocol/savepoint.js';

/** Records of one channel in parallel arrays. Handed over once: who passes it on keeps no reference and changes nothing. */
export interface RecordBatch {
  readonly kind: 'records';
  readonly values: unknown[];
  readonly timestamps: number[];
}

/** Cuts the stream into before and after a checkpoint. `base` is the newest checkpoint known to be complete. */
export interface Barrier {
  readonly kind: 'barrier';
  readonly checkpoint: CheckpointId;
  readonly base: CheckpointId | null;
  /** Absent for a checkpoint. */
  readonly savepoint?: SavepointMark;
}

/** Measures how long elements take from a source to the end of the graph. It queues like a record and skips operators. */
export interface LatencyMarker {
  readonly kind: 'latency';
  readonly source: SubtaskKey;
  readonly markedWallMs: number;
}

export type ControlElement =
  /** No later record of this channel has a timestamp at or below it, save late ones. */
  | { readonly kind: 'watermark'; readonly timestamp: number }
  /** Idle: this channel holds no watermark back until it is active again. */
  | { readonly kind: 'status'; readonly idle: boolean }
  | Barrier
  /** No record follows; barriers still do. */
  | { readonly kind: 'endOfData' }
  /** Nothing follows. */
  | { readonly kind: 'endOfChannel' }
  | LatencyMarker;

/** What flows through a channel, in order. */
export type Element = RecordBatch | ControlElement;

export const endOfData: ControlElement = { kind: 'endOfData' };
export const endOfChannel: ControlElement = { kind: 'endOfChannel' };
