import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Lifecycle, OperatorContext, Settle } from './operator.js';

/**
 * A sink that commits in two phases. Records are accepted into a bounded queue; at a barrier everything written becomes
 * committables, which are kept in the snapshot; once the checkpoint is durable they are committed, idempotently.
 */
export interface SinkWriter<T = unknown, C = unknown> {
  write(value: T, timestamp: number): void;
  /** False while its queue is full; call the context's `wake` when there is room again. */
  ready(): boolean;
  /** Makes durable, uncommitted, what was written. Then `take` is called. */
  prepare(checkpoint: CheckpointId, settle: Settle): Lifecycle;
  /** The committables of what was prepared: plain data, unique over attempts and subtasks. */
  take(): readonly C[];
  /** Commits; each committable that is committed already is fine, one that is lost fails loudly. */
  commit(committables: readonly C[], settle: Settle): Lifecycle;
  /** After a restore, when the restored committables are committed: aborts what earlier attempts of this subtask left open. */
  abortOthers(committed: readonly C[], settle: Settle): Lifecycle;
  close(): void;
}

export interface Sink<T = unknown, C = unknown> {
  readonly name: string;
  createWriter(context: OperatorContext<never>): SinkWriter<T, C>;
}
