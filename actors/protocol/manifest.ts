import type { CheckpointId, Epoch, JobId, JobRun, SubtaskKey } from './ids.js';
import type { SavepointName, StopWithSavepoint } from './savepoint.js';

/** Where bytes lie and what they must be. Machines handle these and never the bytes. */
export interface BlobHandle {
  readonly name: string;
  readonly bytes: number;
  /** crc32 of the content, hexadecimal. */
  readonly checksum: string;
}

/** A contiguous range of one blob: a full image of one key group or what changed in it, or one piece of operator state. */
export interface StateRange {
  readonly blob: BlobHandle;
  readonly offset: number;
  readonly bytes: number;
}

/** How a state's values are written, kept from the first format on. */
export interface SerializerIdentity {
  readonly state: string;
  readonly kind: 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'timers' | OperatorStateKind;
  readonly serializer: string;
  readonly version: number;
  /** The kinds of the fields of its values, where its serializer tells them. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * How operator state is given to the subtasks of another run. `operatorList`: each piece as a whole to one of them. `operatorSplit`: each piece
 * to its subtask while the parallelism stays, else all to everyone, who takes an even share. `operatorUnion`: all to everyone, always.
 * `operatorTime`: as `operatorSplit`, and what everyone makes of all is the least; of a subtask that has finished nobody needs it. `operatorCopy`: all pieces
 * are the same, and each subtask gets one.
 */
export type OperatorStateKind = 'operatorList' | 'operatorSplit' | 'operatorUnion' | 'operatorTime' | 'operatorCopy';

/** One operator's state of one subtask at one checkpoint. */
export interface OperatorSnapshot {
  readonly uid: string;
  readonly serializers: readonly SerializerIdentity[];
  /** Only groups that hold something. */
  readonly keyGroups: readonly KeyGroupSnapshot[];
  /** Reader positions, committables, writer state: redistributed as a list. Broadcast state: each gets a copy. */
  readonly operatorState: StateRange | null;
}

export interface KeyGroupSnapshot {
  readonly keyGroup: number;
  /** The watermark that was current in this group. */
  readonly watermark: number;
  /** Its chain: a full image first, then deltas in the order in which they were written. Each may lie in another blob. */
  readonly ranges: readonly StateRange[];
}

/** Every range of state that an operator's snapshot refers to. */
export const rangesOf = ({ keyGroups, operatorState }: OperatorSnapshot): readonly StateRange[] => [
  ...keyGroups.flatMap(({ ranges }) => ranges),
  ...(operatorState === null ? [] : [operatorState]),
];

export interface SubtaskSnapshot {
  readonly subtask: SubtaskKey;
  readonly operators: readonly OperatorSnapshot[];
  /** Taken after the last record: a restored subtask has nothing more to do than to commit. */
  readonly drained: boolean;
  /** Of a reader that ended because the job was being stopped: what it had not read stands in its state, and nobody reads it. Absent for any other. */
  readonly stopped?: true;
}

/** A split is opaque plain data with an id that stays the same over restarts. */
export interface Split {
  readonly id: string;
  readonly data: unknown;
}

export interface EnumeratorSnapshot {
  readonly uid: string;
  readonly discovered: boolean;
  readonly unassigned: readonly Split[];
}

/** What one checkpoint consists of. Complete when its log entry exists. */
export interface CheckpointManifest {
  readonly id: CheckpointId;
  readonly run: JobRun;
  readonly subtasks: readonly SubtaskSnapshot[];
  readonly enumerators: readonly EnumeratorSnapshot[];
  /** Subtasks that had finished before this checkpoint was triggered. */
  readonly finished: readonly SubtaskKey[];
  /** It is the savepoint with which the job ends: whoever goes on from it has nothing to do but to commit. Absent for any other. */
  readonly stops?: StopWithSavepoint;
  /** Readers had ended before they had read all there is, in this checkpoint or an earlier one of the job. Absent where none had. */
  readonly inputStopped?: true;
}

/** A complete checkpoint that is kept although there is a newer one, and what it refers to. */
export interface RetainedCheckpoint {
  readonly id: CheckpointId;
  readonly blobs: readonly string[];
}

interface LogEntryBase {
  readonly format: 1;
  readonly job: JobId;
  /** Entries are contiguous from 0 and created once each. */
  readonly index: number;
  readonly epoch: Epoch;
  /** Tells whose write it was when an outcome is unknown. */
  readonly nonce: string;
}

export type LogEntry =
  | (LogEntryBase & { readonly kind: 'checkpoint'; readonly checkpoint: CheckpointManifest })
  /**
   * A leader has read the log to its end and goes on from `from` (null: from the beginning) as `run`. At the end of a job that leaves its checkpoints it
   * closes the log: that `run` never begins.
   */
  | (LogEntryBase & {
      readonly kind: 'recovered';
      readonly run: JobRun;
      readonly from: CheckpointId | null;
      /** `from` is no checkpoint of this log, but the savepoint that the job began with. Absent otherwise. */
      readonly savepoint?: SavepointName;
    });
