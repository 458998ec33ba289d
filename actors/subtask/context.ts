import type { AlignmentMessage } from '../alignment/messages.js';
import type { CheckpointCoordinatorMessage } from '../checkpoint-coordinator/messages.js';
import type { JobMasterMessage } from '../job-master/messages.js';
import type { AskId, AskRef, Delivered } from '../kernel/message.js';
import type { ClusterOptions } from '../protocol/deployment.js';
import {
  type ActorName,
  type Address,
  type Allocation,
  type CheckpointId,
  compareCheckpoints,
  type JobRun,
  type SlotAddress,
  type SubtaskKey,
} from '../protocol/ids.js';
import type { SourceCoordinatorMessage } from '../source-coordinator/messages.js';
import type { SubtaskInput, SubtaskMessage } from './messages.js';

/** Something that nobody asked for and the leader must know; at most one of each kind, the newest. */
export interface Fact {
  readonly kind: 'failed' | 'splitsRequested' | 'watermark' | 'part' | 'drained';
  readonly id: AskId;
  readonly actor: ActorName;
  readonly message: JobMasterMessage | CheckpointCoordinatorMessage | SourceCoordinatorMessage | AlignmentMessage;
}

export interface SubtaskContext {
  readonly subtask: SubtaskKey;
  readonly slot: SlotAddress;
  readonly allocation: Allocation;
  readonly source: string | null;
  readonly leader: Address;
  readonly options: ClusterOptions;
  /** The question to restore, rewind or start that is answered when the data plane has done it. */
  readonly command: AskRef | null;
  /** Restored from a checkpoint before which it had finished: there is nothing to do but to say so downstream. */
  readonly finishedBefore: boolean;
  /** Number of the newest assignment that the data plane has. */
  readonly assignment: number;
  /** The newest checkpoint that was triggered here, and whether its barrier is in the stream. */
  readonly trigger: {
    readonly checkpoint: CheckpointId;
    readonly injected: boolean;
    readonly ask: AskRef | null;
  } | null;
  /** The newest checkpoint whose part is durable. */
  readonly snapshotted: CheckpointId | null;
  readonly aborted: CheckpointId | null;
  /** Being committed by the data plane. */
  readonly commit: { readonly checkpoint: CheckpointId; readonly ask: AskRef | null } | null;
  readonly committed: { readonly checkpoint: CheckpointId; readonly finished: boolean } | null;
  readonly facts: readonly Fact[];
}

type RunMessage = Extract<SubtaskMessage, { readonly run: JobRun }>;

export const subtaskContext = (input: SubtaskInput): SubtaskContext => ({
  ...input,
  command: null,
  finishedBefore: false,
  assignment: 0,
  trigger: null,
  snapshotted: null,
  aborted: null,
  commit: null,
  committed: null,
  facts: [],
});

export const isThisRun = ({ allocation }: SubtaskContext, { run }: Delivered<RunMessage>): boolean =>
  run === allocation.run;
export const isOtherRun = (context: SubtaskContext, message: Delivered<RunMessage>): boolean =>
  !isThisRun(context, message);

/** True of nothing while there is no bound. */
export const isAtMost = (checkpoint: CheckpointId, bound: CheckpointId | null): boolean =>
  bound !== null && compareCheckpoints(checkpoint, bound) <= 0;

/** Names this attempt in effects on the data plane of its slot. */
export const target = ({ slot, subtask, allocation }: SubtaskContext) => ({
  slot: slot.slot,
  subtask,
  run: allocation.run,
});

/** Names this attempt in what is said to others. */
export const self = ({ subtask, allocation }: SubtaskContext) => ({ subtask, run: allocation.run });
