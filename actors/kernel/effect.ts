import type { Address, Allocation, CheckpointId, JobId, JobRun, ActorName } from '../protocol/ids.js';
import type { JobGraph, JobRecord } from '../protocol/job-graph.js';
import type { Split } from '../protocol/manifest.js';
import type { RestorePlan, Placement } from '../protocol/deployment.js';
import type { AnyMessage, AskId, AskRef } from './message.js';

/** What a machine wants done. Data only: handles, never bytes; performed in order by the host. */
export type Effect =
  // Speaking
  | { readonly kind: 'send'; readonly to: Address; readonly message: AnyMessage }
  | { readonly kind: 'ask'; readonly id: AskId; readonly to: Address; readonly message: AnyMessage; readonly everyMs: number; readonly deadlineMs: number }
  | { readonly kind: 'unask'; readonly id: AskId }
  | { readonly kind: 'answer'; readonly ask: AskRef; readonly message: AnyMessage }
  /** To an actor of the same process: never lost while the process lives. */
  | { readonly kind: 'tell'; readonly actor: ActorName; readonly message: AnyMessage }
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
  /** Deletes state blobs of the job that no kept name protects, of runs up to `throughRun`. Answered by `blobs.swept`. */
  | { readonly kind: 'blobs.sweep'; readonly job: JobId; readonly keep: readonly string[]; readonly throughRun: JobRun; readonly request: string }
  // Sources; answered by `source.discovered` or `source.discoveryFailed`
  | { readonly kind: 'source.discover'; readonly record: JobRecord; readonly uid: string }
  // The slot and task hosts of this process
  | { readonly kind: 'slot.load'; readonly slot: number; readonly allocation: Allocation; readonly record: JobRecord; readonly graph: JobGraph; readonly placement: Placement }
  | { readonly kind: 'slot.unload'; readonly slot: number; readonly allocation: Allocation }
  | { readonly kind: 'task.restore'; readonly slot: number; readonly subtask: string; readonly run: JobRun; readonly plan: RestorePlan }
  | { readonly kind: 'task.rewind'; readonly slot: number; readonly subtask: string; readonly run: JobRun }
  | { readonly kind: 'task.start'; readonly slot: number; readonly subtask: string; readonly run: JobRun }
  | { readonly kind: 'task.assign'; readonly slot: number; readonly subtask: string; readonly run: JobRun; readonly splits: readonly Split[]; readonly noMore: boolean }
  | { readonly kind: 'task.trigger'; readonly slot: number; readonly subtask: string; readonly run: JobRun; readonly checkpoint: CheckpointId; readonly base: CheckpointId | null }
  | { readonly kind: 'task.complete'; readonly slot: number; readonly subtask: string; readonly run: JobRun; readonly checkpoint: CheckpointId }
  | { readonly kind: 'task.abort'; readonly slot: number; readonly subtask: string; readonly run: JobRun; readonly checkpoint: CheckpointId }
  | { readonly kind: 'task.cancel'; readonly slot: number; readonly subtask: string; readonly run: JobRun };

export type EffectKind = Effect['kind'];
