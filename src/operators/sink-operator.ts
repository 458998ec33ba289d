import { type Failure, failure } from '../../actors/kernel/failure.js';
import { InvariantViolation } from '../../actors/kernel/invariant.js';
import { type CheckpointId, compareCheckpoints } from '../../actors/protocol/ids.js';
import { StateFailure } from '../state/state-failure.js';
import { inTurn, type Work } from './in-turn.js';
import {
  BasicOperator,
  type Lifecycle,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { isItemOf } from './operator-state.js';
import type { Sink, SinkWriter } from './sink.js';

/** What was prepared for one checkpoint and is not known to be committed: one item of operator state. */
interface Pending<C> {
  readonly checkpoint: CheckpointId;
  readonly committables: readonly C[];
}

/**
 * Runs a Sink so that each record takes effect once. At a barrier what was written becomes committables; they stand in
 * every snapshot until they are committed, and are committed when a checkpoint that holds them is durable. So a
 * checkpoint that is aborted, or whose completion nobody hears of, loses nothing: the next one that completes commits
 * them too.
 */
export class SinkOperator<T, C> extends BasicOperator<T, never> {
  private readonly sink: Sink<T, C>;
  private writer: SinkWriter<T, C> | null = null;
  /** In the order of their checkpoints. Replaced and never changed, because snapshots refer to it. */
  private pending: readonly Pending<C>[] = [];

  constructor(sink: Sink<T, C>) {
    super();
    this.sink = sink;
  }

  /**
   * Commits what was restored, whose checkpoint is complete; then aborts what earlier attempts left and no checkpoint
   * knows of.
   */
  override open(context: OperatorContext<never>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.context = context;
    const writer = this.sink.createWriter(context);
    this.writer = writer;
    const restoredPending = restored.items.map((item) => this.requirePending(item));
    const committables = restoredPending.flatMap((item) => item.committables);
    return this.inTurn(
      (then) => this.commit(committables, then),
      (then) => writer.abortOthers(committables, then),
      settle,
    );
  }

  process(value: T, timestamp: number): void {
    this.openWriter().write(value, timestamp);
  }

  /** Nobody comes after a sink. */
  override watermark(_timestamp: number): void {}

  override ready(): boolean {
    return this.openWriter().ready();
  }

  override prepareCheckpoint(checkpoint: CheckpointId, settle: Settle): Lifecycle {
    const writer = this.openWriter();
    return this.inTurn(
      (then) => writer.prepare(checkpoint, then),
      () => {
        const committables = writer.take();
        if (committables.length > 0) this.pending = [...this.pending, { checkpoint, committables }];
        return 'done';
      },
      settle,
    );
  }

  override snapshot(_checkpoint: CheckpointId): readonly unknown[] {
    return this.pending;
  }

  takesItem(item: unknown): boolean {
    return isItemOf('committables', item);
  }

  /**
   * Commits everything up to this checkpoint: the completion of an earlier one may have been overtaken or lost. One
   * that comes late, twice, or from before this attempt finds nothing to commit. What fails to commit stays in the
   * snapshots.
   */
  override checkpointCompleted(checkpoint: CheckpointId, settle: Settle): Lifecycle {
    const due = this.pending.filter((item) => compareCheckpoints(item.checkpoint, checkpoint) <= 0);
    const committables = due.flatMap((item) => item.committables);
    return this.inTurn(
      (then) => this.commit(committables, then),
      () => {
        this.pending = this.pending.filter((item) => !due.includes(item));
        return 'done';
      },
      settle,
    );
  }

  override close(): void {
    this.writer?.close();
  }

  private commit(committables: readonly C[], settle: Settle): Lifecycle {
    return committables.length === 0 ? 'done' : this.openWriter().commit(committables, settle);
  }

  private inTurn(first: Work, second: Work, settle: Settle): Lifecycle {
    return inTurn(first, second, settle, (error) => this.failureOf(error));
  }

  private failureOf(error: unknown): Failure {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    return {
      ...failure('SINK_FAILED', 'user', `sink '${this.sink.name}' of operator '${this.context.uid}': ${message}`),
      stack,
    };
  }

  private requirePending(item: unknown): Pending<C> {
    const { checkpoint, committables } = (item ?? {}) as Partial<Pending<C>>;
    if (checkpoint !== undefined && Array.isArray(committables)) return { checkpoint, committables };
    throw new StateFailure(
      'STATE_UNREADABLE',
      'user',
      `operator '${this.context.uid}': the restored state is not that of a sink; ` +
        'give the sink another uid than the operator that wrote it',
    );
  }

  private openWriter(): SinkWriter<T, C> {
    if (this.writer === null) throw new InvariantViolation('a sink is used before it is open', this.sink.name);
    return this.writer;
  }
}
