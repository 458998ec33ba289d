import type { Failure } from '../kernel/failure.js';
import type { AskEvent } from '../kernel/message.js';
import { askEvents } from '../kernel/message.js';
import type { ClusterOptions, Placement } from '../protocol/deployment.js';
import type { CheckpointId, JobRun, SubtaskKey } from '../protocol/ids.js';
import type { JobRecord } from '../protocol/job-graph.js';
import type { EnumeratorSnapshot, Split } from '../protocol/manifest.js';

export type SourceCoordinatorMessage =
  /** Completions of `source.discover`. */
  | { readonly type: 'source.discovered'; readonly uid: string; readonly splits: readonly Split[] }
  | { readonly type: 'source.discoveryFailed'; readonly uid: string; readonly failure: Failure }
  /** Asked by a reader that has nothing left, answered with `sourceCoordinator.noted`; numbered per reader from 1. */
  | {
      readonly type: 'subtask.splitsRequested';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly request: number;
    }
  /** A reader's answer to `subtask.assignSplits`. */
  | {
      readonly type: 'subtask.splitsAdded';
      readonly run: JobRun;
      readonly subtask: SubtaskKey;
      readonly assignment: number;
    }
  /** Told by the checkpoint-coordinator of the same run. */
  | { readonly type: 'sourceCoordinator.snapshot'; readonly run: JobRun; readonly checkpoint: CheckpointId }
  | {
      readonly type: 'sourceCoordinator.reopen';
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
      readonly subtask: SubtaskKey;
    }
  /** Every part of the checkpoint is durable, or it is given up: the valve is open for every reader. */
  | { readonly type: 'sourceCoordinator.reopenAll'; readonly run: JobRun; readonly checkpoint: CheckpointId }
  /** Told by the job-master, which then stops the readers. */
  | { readonly type: 'sourceCoordinator.stop'; readonly run: JobRun }
  | AskEvent;

export type SourceCoordinatorAnswer = { readonly type: 'sourceCoordinator.noted'; readonly run: JobRun };

export const sourceCoordinatorMessages = {
  'source.discovered': 'The splits of the source.',
  'source.discoveryFailed': 'The source cannot list its splits.',
  'subtask.splitsRequested': 'A reader has nothing left to read.',
  'subtask.splitsAdded': 'A reader has taken the splits.',
  'sourceCoordinator.snapshot': 'Close the valve, wait for earlier assignments, say what is unassigned.',
  'sourceCoordinator.reopen': 'One reader has injected its barrier and may get splits again.',
  'sourceCoordinator.reopenAll': 'No reader still has to inject the barrier; all may get splits again.',
  'sourceCoordinator.stop': 'Assign nothing more.',
  ...askEvents,
} satisfies Record<SourceCoordinatorMessage['type'], string>;

/** Given by the job-master at every start; one coordinator a source and run. */
export interface SourceCoordinatorInput {
  readonly record: JobRecord;
  readonly run: JobRun;
  readonly uid: string;
  /** The subtasks that read, with their slots. */
  readonly readers: Placement;
  readonly restored: EnumeratorSnapshot | null;
  readonly options: ClusterOptions;
}
