import type { Allocation, SubtaskKey } from '../../actors/protocol/ids.js';
import type { UserMetric } from './user-metric.js';

/** What one attempt of a subtask has done since it began, and how it stands: read about once a second, never per record. */
export interface SubtaskCounts {
  readonly subtask: SubtaskKey;
  readonly recordsIn: number;
  /** Put into channels; a record that goes into several counts in each. */
  readonly recordsOut: number;
  /** That the source was told to pass over, or that an error policy has left out. */
  readonly recordsSkipped: number;
  /** Records behind the watermark that operators dropped, because no side output takes them. */
  readonly lateRecordsDropped: number;
  /** Of frames, with their headers. What stays within the slot is handed over as it is and has no bytes. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly livedMs: number;
  /** Its own code ran. */
  readonly busyMs: number;
  /** Its receivers took nothing more. The rest of its life it waited for input, or for its turn in the slot. */
  readonly backPressuredMs: number;
  /** Event time; null before the first watermark, infinite behind the last. */
  readonly inputWatermarkMs: number | null;
  readonly outputWatermarkMs: number | null;
  /** Of the job's own code. */
  readonly user: readonly UserMetric[];
}

export interface SlotCounts {
  readonly allocation: Allocation;
  readonly subtasks: readonly SubtaskCounts[];
}

/** Told of a slot's subtasks about once a second, and null when nothing of them is left. */
export type CountsListener = (slot: number, counts: SlotCounts | null) => void;
