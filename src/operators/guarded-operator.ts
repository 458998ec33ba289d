import { failure } from '../../actors/kernel/failure.js';
import { InvariantViolation } from '../../actors/kernel/invariant.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { OperatorStateKind } from '../../actors/protocol/manifest.js';
import type { KeyedStateBackend } from '../state/keyed-state.js';
import { StateFailure } from '../state/state-failure.js';
import { type DeadLetter, deadLettersTag, type FailedEvent, type RecordErrorPolicy } from './error-policy.js';
import { HeldOutput } from './held-output.js';
import { inTurn, type Work } from './in-turn.js';
import {
  type Lifecycle,
  lateRecordsOf,
  noTimestamp,
  type Operator,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
  type TwoInputOperator,
} from './operator.js';
import { isItemOf, takesItem } from './operator-state.js';
import { SinkOperator } from './sink-operator.js';

interface Failed {
  readonly record: unknown;
  readonly timestamp: number;
  readonly key: unknown;
  readonly event: FailedEvent;
}

const timerAt = 'timer at ';

/** An item of the dead letters' sink among those of the operator. At another parallelism its subtask says whose it is. */
interface LetterItem {
  readonly deadLetters: unknown;
  readonly subtask: number;
}

/**
 * An operator whose records and timers may fail. What one call puts out is held back until the call has returned; when it throws, nothing of it comes out,
 * and the state and the timers of its key are what they were before, but for a timer that fired: that is gone. Fields of a function, operator state and broadcast
 * state are its own to keep right. Operators say themselves where they call code of the job for a timer or at the end: what else throws there fails the attempt.
 */
export class GuardedOperator implements TwoInputOperator {
  /** Records and timers that failed and were left out. */
  failedRecords = 0;
  private context!: OperatorContext<unknown>;
  private readonly held = new HeldOutput();
  private readonly letters: SinkOperator<DeadLetter, unknown> | null;

  constructor(
    private readonly inner: Operator | TwoInputOperator,
    private readonly state: KeyedStateBackend | null,
    private readonly policy: Exclude<RecordErrorPolicy, 'fail'>,
    /** Told of the first record that fails: the others are counted. */
    private readonly firstFailed: (error: DeadLetter['error']) => void,
  ) {
    if (typeof policy === 'object' && inner.copiesState) {
      const message =
        'an operator with broadcast state cannot have a sink of dead letters: its state is one copy of many, and each letter is there once; use skip, or deadLetters()';
      throw new StateFailure('DEAD_LETTERS_BROADCAST', 'user', message);
    }
    this.letters = typeof policy === 'object' ? new SinkOperator<DeadLetter, unknown>(policy.deadLetters) : null;
  }

  /** As it is without its policy. */
  get unguarded(): Operator {
    return this.inner;
  }

  get copiesState(): boolean {
    return this.inner.copiesState;
  }

  get numLateRecordsDropped(): number {
    return lateRecordsOf(this.inner);
  }

  get operatorStateKind(): OperatorStateKind {
    return this.inner.operatorStateKind ?? 'operatorList';
  }

  get finishWithinMs(): number {
    return this.inner.finishWithinMs ?? 0;
  }

  open(context: OperatorContext<unknown>, { from, items }: RestoredOperatorState, settle: Settle): Lifecycle {
    this.context = context;
    this.held.output = context.output;
    if (this.letters !== null) this.held.isFull = () => this.letters?.ready() === false;
    const recordFailed = (value: unknown, timestamp: number, error: unknown): void =>
      this.failed({ record: value, timestamp, key: null, event: 'record' }, error);
    const attempt = (event: FailedEvent, work: () => void): void => this.attempt(event, work);
    const own = items.filter((item) => !isLetterItem(item));
    const letters = items.filter(isLetterItem).filter(({ subtask }) => this.isMine(subtask));
    return this.inTurn(
      (then) => this.inner.open({ ...context, output: this.held, recordFailed, attempt }, { from, items: own }, then),
      (then) => this.openLetters({ from, items: letters.map(({ deadLetters }) => deadLetters) }, then),
      settle,
    );
  }

  process(value: unknown, timestamp: number): void {
    const { held, state } = this;
    held.begin();
    state?.begin();
    try {
      this.inner.process(value, timestamp);
    } catch (error) {
      this.takeBack(value, timestamp, 'record', error);
      return;
    }
    state?.keep();
    held.release();
  }

  processSecond(value: unknown, timestamp: number): void {
    const { held, state } = this;
    held.begin();
    state?.begin();
    try {
      (this.inner as TwoInputOperator).processSecond(value, timestamp);
    } catch (error) {
      this.takeBack(value, timestamp, 'record', error);
      return;
    }
    state?.keep();
    held.release();
  }

  watermark(timestamp: number): void {
    this.inner.watermark(timestamp);
  }

  ready(): boolean {
    return this.inner.ready() && (this.letters === null || this.letters.ready());
  }

  resume(): boolean {
    return this.inner.resume();
  }

  prepareCheckpoint(checkpoint: CheckpointId, settle: Settle): Lifecycle {
    return this.inTurn(
      (then) => this.inner.prepareCheckpoint(checkpoint, then),
      (then) => this.letters?.prepareCheckpoint(checkpoint, then) ?? 'done',
      settle,
    );
  }

  snapshot(checkpoint: CheckpointId): readonly unknown[] {
    const letters = this.letters?.snapshot(checkpoint) ?? [];
    const { subtaskIndex: subtask } = this.context;
    return [
      ...this.inner.snapshot(checkpoint),
      ...letters.map((deadLetters): LetterItem => ({ deadLetters, subtask })),
    ];
  }

  takesItem(item: unknown): boolean {
    return isItemOf('deadLetters', item) || takesItem(this.inner, item);
  }

  checkpointCompleted(checkpoint: CheckpointId, settle: Settle): Lifecycle {
    return this.inTurn(
      (then) => this.inner.checkpointCompleted(checkpoint, then),
      (then) => this.letters?.checkpointCompleted(checkpoint, then) ?? 'done',
      settle,
    );
  }

  checkpointAborted(checkpoint: CheckpointId): void {
    this.inner.checkpointAborted(checkpoint);
    this.letters?.checkpointAborted(checkpoint);
  }

  finish(settle: Settle): Lifecycle {
    return this.inTurn(
      (then) => this.inner.finish(then),
      (then) => this.letters?.finish(then) ?? 'done',
      settle,
    );
  }

  close(): void {
    try {
      this.inner.close();
    } finally {
      this.letters?.close();
    }
  }

  private attempt(event: FailedEvent, work: () => void): void {
    const { held, state } = this;
    held.begin();
    state?.begin();
    try {
      work();
    } catch (error) {
      this.takeBack(null, timeOf(event), event, error);
      return;
    }
    state?.keep();
    held.release();
  }

  private takeBack(record: unknown, timestamp: number, event: FailedEvent, error: unknown): void {
    const { held, state } = this;
    state?.takeBack();
    held.discard();
    if (error instanceof InvariantViolation) throw error;
    const key = state?.hasCurrentKey === true ? state.currentKey() : null;
    this.failed({ record, timestamp, key, event }, error);
  }

  /** A piece that was given to everyone is that of one subtask all the same. */
  private isMine(subtask: number): boolean {
    return subtask % this.context.parallelism === this.context.subtaskIndex;
  }

  private openLetters(restored: RestoredOperatorState, settle: Settle): Lifecycle {
    const { letters, context } = this;
    if (letters === null) {
      if (restored.items.length === 0) return 'done';
      const message =
        `operator '${context.uid}': the checkpoint holds dead letters that are not committed yet, and the operator has no sink for them; ` +
        'give it its error policy back for one checkpoint';
      settle(failure('DEAD_LETTERS_WITHOUT_SINK', 'user', message, 'never'));
      return 'pending';
    }
    return letters.open({ ...context, uid: `${context.uid}-dead-letters` } as OperatorContext<never>, restored, settle);
  }

  private failed({ record, timestamp, key, event }: Failed, thrown: unknown): void {
    const { job, uid, subtaskIndex, run } = this.context;
    const error = describedError(thrown);
    this.failedRecords += 1;
    if (this.failedRecords === 1) this.firstFailed(error);
    if (this.policy === 'skip') return;
    const letter: DeadLetter = {
      record,
      timestamp: timestamp === noTimestamp ? null : timestamp,
      key,
      origin: { job, operator: uid, subtask: subtaskIndex, run, event },
      error,
    };
    if (this.letters === null) this.context.output.side(deadLettersTag, letter, timestamp);
    else this.letters.process(letter, timestamp);
  }

  private inTurn(first: Work, second: Work, settle: Settle): Lifecycle {
    return inTurn(first, second, settle, (error) => {
      const { message, stack } = describedError(error);
      const text = `dead letters of operator '${this.context.uid}': ${message}`;
      return { ...failure('SINK_FAILED', 'user', text), stack };
    });
  }
}

/** Sinks and streams of dead letters see the time of a timer as that of a record. */
function timeOf(event: FailedEvent): number {
  return event.startsWith(timerAt) ? Number(event.slice(timerAt.length)) : noTimestamp;
}

function isLetterItem(item: unknown): item is LetterItem {
  return isItemOf('deadLetters', item);
}

/** Told by its shape, because user code may run in a realm of its own. */
function describedError(thrown: unknown): DeadLetter['error'] {
  const parts = (thrown ?? {}) as { readonly name?: unknown; readonly message?: unknown; readonly stack?: unknown };
  const { name = 'Error', message = thrown, stack = '' } = parts;
  return { name: String(name), message: String(message), stack: String(stack) };
}
