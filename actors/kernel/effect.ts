import type { Placement, RestorePlan } from '../protocol/deployment.js';
import type { ActorName, Address, Allocation, CheckpointId, JobId, JobRun } from '../protocol/ids.js';
import type { JobGraph, JobRecord } from '../protocol/job-graph.js';
import type { BlobHandle, Split } from '../protocol/manifest.js';
import type { SavepointMark, SavepointName } from '../protocol/savepoint.js';
import type { AnyMessage, AskId, AskRef } from './message.js';

/** What a machine wants done. Data only: handles, never bytes; performed in order by the host. */
export type Effect =
  // Speaking
  | { readonly kind: 'send'; readonly to: Address; readonly message: AnyMessage }
  | {
      readonly kind: 'ask';
      readonly id: AskId;
      readonly to: Address;
      readonly message: AnyMessage;
      readonly everyMs: number;
      readonly deadlineMs: number;
    }
  | { readonly kind: 'unask'; readonly id: AskId }
  | { readonly kind: 'answer'; readonly ask: AskRef; readonly message: AnyMessage }
  /** To an actor of the same process: never lost while the process lives. */
  | { readonly kind: 'tell'; readonly actor: ActorName; readonly message: AnyMessage }
  /** To the actors of that name in all processes that listen just now: a hint, because whoever misses it is not told again. */
  | { readonly kind: 'broadcast'; readonly actor: ActorName; readonly message: AnyMessage }
  // Time
  | { readonly kind: 'timer.start'; readonly timer: string; readonly delayMs: number; readonly message: AnyMessage }
  | { readonly kind: 'timer.stop'; readonly timer: string }
  // Actors of the same process
  | { readonly kind: 'actor.start'; readonly role: string; readonly actor: ActorName; readonly input: unknown }
  | { readonly kind: 'actor.stop'; readonly actor: ActorName }
  // Durable records; answered by a RecordEvent with the same `request`
  | { readonly kind: 'record.create'; readonly request: string; readonly key: string; readonly record: unknown }
  | { readonly kind: 'record.read'; readonly request: string; readonly key: string }
  | { readonly kind: 'record.list'; readonly request: string; readonly prefix: string }
  /**
   * Deletes these blobs: state, and what was begun of a savepoint. They are dead for good: a name is used once, and a snapshot refers only to
   * blobs of its base and to its own. So it is harmless at any time, also late. Not answered; what is left behind is swept later.
   */
  | { readonly kind: 'blobs.delete'; readonly job: JobId; readonly names: readonly string[] }
  /**
   * Deletes state blobs of the job that no kept name protects, of runs up to `throughRun`, and what it has left of savepoints that were never
   * complete: only once none of those runs lives. Answered by `blobs.swept`.
   */
  | {
      readonly kind: 'blobs.sweep';
      readonly job: JobId;
      readonly keep: readonly string[];
      readonly throughRun: JobRun;
      readonly request: string;
    }
  /** Deletes a complete savepoint, its manifest first, so that no half of one looks whole. Answered by `savepoint.discarded`, or a RecordEvent. */
  | { readonly kind: 'savepoint.discard'; readonly name: SavepointName; readonly request: string }
  /** Copies blobs to names that nobody else writes. Answered by a RecordEvent: `record.created` when all of them are durable. */
  | {
      readonly kind: 'blobs.copy';
      readonly copies: readonly { readonly from: BlobHandle; readonly to: string }[];
      readonly request: string;
    }
  // Sources; answered by `source.discovered` or `source.discoveryFailed`
  | { readonly kind: 'source.discover'; readonly record: JobRecord; readonly uid: string }
  // The slot and task hosts of this process
  | {
      readonly kind: 'slot.load';
      readonly slot: number;
      readonly allocation: Allocation;
      readonly record: JobRecord;
      readonly graph: JobGraph;
      readonly placement: Placement;
    }
  | { readonly kind: 'slot.unload'; readonly slot: number; readonly allocation: Allocation }
  | {
      readonly kind: 'task.restore';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly plan: RestorePlan;
    }
  | { readonly kind: 'task.rewind'; readonly slot: number; readonly subtask: string; readonly run: JobRun }
  | { readonly kind: 'task.start'; readonly slot: number; readonly subtask: string; readonly run: JobRun }
  | {
      readonly kind: 'task.assign';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly splits: readonly Split[];
      readonly noMore: boolean;
    }
  | {
      readonly kind: 'task.trigger';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
      readonly base: CheckpointId | null;
      /** Absent for a checkpoint. */
      readonly savepoint?: SavepointMark;
    }
  | {
      readonly kind: 'task.complete';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
    }
  | {
      readonly kind: 'task.abort';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly checkpoint: CheckpointId;
    }
  /** A reader reads nothing more: its input ends as one does that has been read to its end. */
  | { readonly kind: 'task.stop'; readonly slot: number; readonly subtask: string; readonly run: JobRun }
  /** A reader reads up to that watermark; null: only what has none yet. */
  | {
      readonly kind: 'task.align';
      readonly slot: number;
      readonly subtask: string;
      readonly run: JobRun;
      readonly limit: number | null;
    }
  | { readonly kind: 'task.cancel'; readonly slot: number; readonly subtask: string; readonly run: JobRun };

export type EffectKind = Effect['kind'];
