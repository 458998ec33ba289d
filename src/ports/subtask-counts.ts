import type { Allocation, SubtaskKey } from '../../actors/protocol/ids.js';
import type { UserMetric } from './user-metric.js';

/** Event time of one input of a subtask: of the channels from one vertex, or of the splits that its source reads. */
export interface InputTime {
  /** The vertex upstream, or `splits`. */
  readonly input: string;
  /** The least of those that count; null before it is known, or when none counts. */
  readonly watermarkMs: number | null;
  /** Who has it, and so holds event time back: the subtask upstream, or the split; null when none counts. */
  readonly heldBackBy: string | null;
  /** How many channels or splits there are, and how many of them do not count because they are idle, or have ended. */
  readonly parts: number;
  readonly idle: number;
  readonly ended: number;
  /** Splits that are not read, because they are ahead of their alignment group. */
  readonly waiting: number;
}

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
  /** Of a source whose watermarks are not made for each split there are none. */
  readonly inputTimes: readonly InputTime[];
  /** Of the job's own code. */
  readonly user: readonly UserMetric[];
}

/** What the managed memory of a slot is for. */
export type MemoryPurpose = 'state' | 'channels' | 'output' | 'snapshots';

/** How much of it one purpose has, and has in use. */
export interface MemoryUse {
  readonly purpose: MemoryPurpose;
  readonly usedBytes: number;
  readonly budgetBytes: number;
}

export interface SlotCounts {
  readonly allocation: Allocation;
  readonly subtasks: readonly SubtaskCounts[];
  readonly memory: readonly MemoryUse[];
}

/** Told of a slot's subtasks about once a second, and null when nothing of them is left. */
export type CountsListener = (slot: number, counts: SlotCounts | null) => void;
