import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Barrier, LatencyMarker, RecordBatch } from './elements.js';

/** Records of one input of the task: 0, or 1 for the second of two. */
export interface HeadRecords extends RecordBatch {
  readonly input: number;
}

/** What the inputs of a task give to it, in order. Their parts are combined already: one watermark, one barrier, one end. */
export type HeadEvent =
  | HeadRecords
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'status'; readonly idle: boolean }
  | { readonly kind: 'aligned'; readonly barrier: Barrier; readonly alignmentMs: number }
  | { readonly kind: 'superseded'; readonly checkpoint: CheckpointId; readonly by: CheckpointId }
  | LatencyMarker
  /** The last record has come; barriers still do. */
  | { readonly kind: 'inputEnded' };

/** Where a task gets its input from: the channels of a gate, or the reader of a source. */
export interface Head {
  /** At most about `recordsMax` records at a time. Null: nothing until something wakes the task. */
  next(recordsMax: number): HeadEvent | null;
  /** Whether barriers are put in here, because none comes from upstream any more. */
  injectsBarriers(): boolean;
  /** That checkpoint is over: its barriers do not count any more. */
  giveUp(checkpoint: CheckpointId): void;
}
