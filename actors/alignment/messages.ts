import type { Placement } from '../protocol/deployment.js';
import type { JobRun, SubtaskKey } from '../protocol/ids.js';
import type { SourceAlignment } from '../protocol/job-graph.js';
import type { WatermarkReport } from '../subtask/messages.js';

/** Asked by a reader of an alignment group at every update interval; answered with `alignment.announced`. */
export type AlignmentMessage = {
  readonly type: 'subtask.watermarkReached';
  readonly run: JobRun;
  readonly subtask: SubtaskKey;
  readonly report: WatermarkReport;
};

/** Up to which watermark the asking reader may read; null while somebody of its group has none. */
export type AlignmentAnswer = {
  readonly type: 'alignment.announced';
  readonly run: JobRun;
  readonly limit: number | null;
};

export const alignmentMessages = {
  'subtask.watermarkReached': 'A reader is so far, and asks how far it may go.',
} satisfies Record<AlignmentMessage['type'], string>;

/** Given by the job-master at every start; one for all groups of a run. */
export interface AlignmentInput {
  readonly run: JobRun;
  readonly alignments: readonly SourceAlignment[];
  /** The subtasks that read, with their slots. */
  readonly readers: Placement;
}
