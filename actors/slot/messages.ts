import type { Failure } from '../kernel/failure.js';
import type { ClusterOptions, Placement } from '../protocol/deployment.js';
import type { Allocation, SlotAddress, SubtaskKey } from '../protocol/ids.js';
import type { JobGraph, JobRecord } from '../protocol/job-graph.js';

export type SlotMessage =
  /** Asked by a job-master; answered with `slot.opened` or `slot.openFailed`. */
  | {
      readonly type: 'slot.open';
      readonly allocation: Allocation;
      readonly record: JobRecord;
      readonly graph: JobGraph;
      readonly placement: Placement;
    }
  /** Asked by a job-master or the resource manager; answered with `slot.closed` when nothing of the run is left. */
  | { readonly type: 'slot.close'; readonly allocation: Allocation }
  /** Completions of `slot.load` and `slot.unload`. */
  | { readonly type: 'slot.loaded'; readonly allocation: Allocation }
  | { readonly type: 'slot.loadFailed'; readonly allocation: Allocation; readonly failure: Failure }
  | { readonly type: 'slot.unloaded'; readonly allocation: Allocation }
  /** Told by a subtask of this slot that has been canceled. */
  | { readonly type: 'subtask.canceled'; readonly allocation: Allocation; readonly subtask: SubtaskKey }
  /** Told by the slot's loop while it turns. */
  | { readonly type: 'slot.progressed'; readonly progress: number }
  /** Told by the task manager: no leader for too long, or draining. */
  | { readonly type: 'slot.evict' };

export type SlotAnswer =
  | { readonly type: 'slot.opened'; readonly slot: SlotAddress; readonly allocation: Allocation }
  | {
      readonly type: 'slot.openFailed';
      readonly slot: SlotAddress;
      readonly allocation: Allocation;
      readonly failure: Failure;
    }
  | { readonly type: 'slot.closed'; readonly slot: SlotAddress; readonly allocation: Allocation };

export const slotMessages = {
  'slot.open': 'Load this job and create the subtasks that are placed here.',
  'slot.close': 'End everything of that run.',
  'slot.loaded': "The job's code is loaded and its graph is the expected one.",
  'slot.loadFailed': "The job's code cannot be loaded.",
  'slot.unloaded': 'Tasklets, timers and channels of the run are gone.',
  'subtask.canceled': 'A subtask of this slot has ended.',
  'slot.progressed': 'The loop of the slot turns.',
  'slot.evict': 'End whatever runs here; nobody leads it.',
} satisfies Record<SlotMessage['type'], string>;

/** Given by the task manager, once for its life. */
export interface SlotInput {
  readonly address: SlotAddress;
  readonly options: ClusterOptions;
}
