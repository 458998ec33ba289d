import { failure } from '../../actors/kernel/failure.js';
import { InvariantViolation } from '../../actors/kernel/invariant.js';
import type { CheckpointId } from '../../actors/protocol/ids.js';
import type { Timer } from '../ports/clock.js';
import { StateFailure } from '../state/state-failure.js';
import type { AsyncCallContext, AsyncSetting } from './async-function.js';
import {
  type AsyncCall,
  type AsyncResults,
  type NextResult,
  OrderedResults,
  UnorderedResults,
} from './async-results.js';
import { instanceOf } from './function-operator.js';
import {
  BasicOperator,
  type Lifecycle,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { isItemOf } from './operator-state.js';

/** An input that is in a snapshot because its results had not come out. */
interface InFlight<In> {
  readonly value: In;
  readonly timestamp: number;
}

class Call<In, Out> implements AsyncCall<In, Out> {
  results: readonly Out[] | null = null;
  /** Tries that have begun. */
  attempts = 0;
  deadline: Timer | null = null;
  /** Set while it waits for its next try. */
  delay: Timer | null = null;
  private abort: AbortController | null = null;
  private hasEnded = false;

  constructor(
    readonly value: In,
    readonly timestamp: number,
  ) {}

  /** Made when somebody asks for it: to abort one costs ten times as much as all else that belongs to a call. */
  get signal(): AbortSignal {
    this.abort ??= new AbortController();
    if (this.hasEnded) this.abort.abort();
    return this.abort.signal;
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.deadline?.cancel();
    this.delay?.cancel();
    this.hasEnded = true;
    this.abort?.abort();
  }
}

/** What a function is given of its call. */
class CallContext implements AsyncCallContext {
  constructor(
    private readonly call: Call<unknown, unknown>,
    readonly attempt: number,
  ) {}

  get signal(): AbortSignal {
    return this.call.signal;
  }
}

/** Told by its shape, because user code may run in a realm of its own. */
function describedError(error: unknown): { readonly message: string; readonly stack: string } {
  const { message = error, stack = '' } = (error ?? {}) as { readonly message?: unknown; readonly stack?: unknown };
  return { message: String(message), stack: String(stack) };
}

/**
 * Calls a function that answers later, for as many records at a time as its capacity says. Inputs whose results have not come out are part of a
 * snapshot and are asked about again after a restore. At the end of the input it waits for all that is under way; what waits for a retry then has
 * its last try at once.
 */
export class AsyncWaitOperator<In, R, Out> extends BasicOperator<In, Out> {
  private readonly results: AsyncResults<In, Out>;
  private readonly underWay = new Set<Call<In, Out>>();
  /** Of a checkpoint, and not asked about yet: former subtasks may have had more than one has room for. */
  private restored: InFlight<In>[] = [];
  private ending: Settle | null = null;

  constructor(private readonly setting: AsyncSetting<In, R, Out>) {
    super();
    this.results = setting.ordered ? new OrderedResults() : new UnorderedResults();
  }

  /** As long as the last record may take, beside what every operator has. */
  get finishWithinMs(): number {
    return this.setting.timeoutMs;
  }

  override open(context: OperatorContext<Out>, { items }: RestoredOperatorState, _settle: Settle): Lifecycle {
    this.context = context;
    this.restored = items.map((item) => this.requireInFlight(item));
    this.setting.fn.open?.(instanceOf(context));
    this.beginRestored();
    return 'done';
  }

  process(value: In, timestamp: number): void {
    const call = new Call<In, Out>(value, timestamp);
    this.underWay.add(call);
    this.results.add(call);
    call.deadline = this.context.clock.setTimer(this.setting.timeoutMs, () => this.timedOut(call));
    this.attempt(call);
  }

  override watermark(timestamp: number): void {
    this.results.watermark(timestamp);
    this.putOut();
  }

  override ready(): boolean {
    return this.restored.length === 0 && this.underWay.size < this.setting.capacity;
  }

  override resume(): boolean {
    return this.drain();
  }

  override snapshot(_checkpoint: CheckpointId): readonly InFlight<In>[] {
    const calls = [...this.results.calls()].map(({ value, timestamp }) => ({ value, timestamp }));
    return [...calls, ...this.restored];
  }

  takesItem(item: unknown): boolean {
    return isItemOf('calls', item);
  }

  override finish(settle: Settle): Lifecycle {
    this.ending = settle;
    for (const call of this.underWay) {
      if (call.delay === null) continue;
      call.delay.cancel();
      call.delay = null;
      this.attempt(call);
    }
    return this.underWay.size === 0 ? 'done' : 'pending';
  }

  override close(): void {
    for (const call of this.underWay) call.end();
    this.underWay.clear();
    this.setting.fn.close?.();
  }

  private beginRestored(): void {
    while (this.restored.length > 0 && this.underWay.size < this.setting.capacity) {
      const { value, timestamp } = this.restored.shift() as InFlight<In>;
      this.process(value, timestamp);
    }
  }

  private attempt(call: Call<In, Out>): void {
    const { fn } = this.setting;
    call.attempts += 1;
    const context = new CallContext(call, call.attempts);
    this.context.offload.run(
      `a call of operator '${this.context.uid}'`,
      () => fn.invoke(call.value, context),
      (outcome) => {
        if (call.results !== null || !this.underWay.has(call)) return;
        if (outcome.ok) this.answered(call, outcome.value);
        else this.rejected(call, outcome.error);
      },
    );
  }

  private answered(call: Call<In, Out>, result: R): void {
    const { retry, resultsOf } = this.setting;
    let results: readonly Out[];
    try {
      if (retry?.retriesOnResult(result) === true && this.tryAgain(call)) return;
      results = resultsOf(result);
    } catch (error) {
      return this.threw(call, error);
    }
    this.completed(call, results);
  }

  /** Code of the job around a call: without an error policy that is the failure of the attempt, with it of the record. */
  private threw(call: Call<In, Out>, error: unknown): void {
    const { recordFailed } = this.context;
    if (recordFailed === undefined || error instanceof InvariantViolation) throw error;
    recordFailed(call.value, call.timestamp, error);
    this.completed(call, []);
  }

  private rejected(call: Call<In, Out>, error: unknown): void {
    try {
      if (this.setting.retry?.retriesOnError(error) === true && this.tryAgain(call)) return;
    } catch (thrown) {
      return this.threw(call, thrown);
    }
    const { message, stack } = describedError(error);
    const tries = call.attempts === 1 ? '' : `, tried ${call.attempts} times`;
    const what = `operator '${this.context.uid}': an asynchronous call failed${tries}: ${message}`;
    this.failed(call, { ...failure('ASYNC_CALL_FAILED', 'user', what), stack }, error);
  }

  private timedOut(call: Call<In, Out>): void {
    const { fn, timeoutMs, resultsOf } = this.setting;
    if (fn.timeout !== undefined) {
      let results: readonly Out[];
      try {
        results = resultsOf(fn.timeout(call.value));
      } catch (error) {
        return this.threw(call, error);
      }
      return this.completed(call, results);
    }
    const what =
      `operator '${this.context.uid}': an asynchronous call had no result after ${timeoutMs} ms and ${call.attempts} ` +
      `${call.attempts === 1 ? 'try' : 'tries'}; give it more time, or a timeout function that answers for it`;
    this.failed(call, failure('ASYNC_TIMEOUT', 'user', what));
  }

  /** False when it has had all its tries, or its task is ending. */
  private tryAgain(call: Call<In, Out>): boolean {
    const { retry } = this.setting;
    if (retry === null || this.ending !== null || call.attempts > retry.retriesMax) return false;
    call.delay = this.context.clock.setTimer(retry.delayMs(call.attempts), () => {
      call.delay = null;
      this.attempt(call);
    });
    return true;
  }

  private failed(
    call: Call<In, Out>,
    failed: ReturnType<typeof failure>,
    error: unknown = new Error(failed.message),
  ): void {
    const { recordFailed } = this.context;
    if (recordFailed === undefined) {
      call.end();
      this.context.fail(failed);
      return;
    }
    recordFailed(call.value, call.timestamp, error);
    this.completed(call, []);
  }

  private completed(call: Call<In, Out>, results: readonly Out[]): void {
    call.results = results;
    call.end();
    this.underWay.delete(call);
    this.results.completed(call);
    this.beginRestored();
    this.putOut();
    if (this.ending !== null && this.underWay.size === 0) this.ending(null);
  }

  private putOut(): void {
    if (!this.drain()) this.context.hold();
  }

  /** Puts out what may come out. False when it stopped for want of room; not at the end, where nothing would make it go on. */
  private drain(): boolean {
    const { output } = this.context;
    while (this.results.hasNext()) {
      if (this.ending === null && output.blocked()) return false;
      const next = this.results.next() as NextResult<In, Out>;
      if (next.kind === 'watermark') output.watermark(next.timestamp);
      else for (const result of next.call.results ?? []) output.emit(result, next.call.timestamp);
    }
    return true;
  }

  private requireInFlight(item: unknown): InFlight<In> {
    if (typeof item === 'object' && item !== null && 'value' in item && 'timestamp' in item) {
      return item as InFlight<In>;
    }
    throw new StateFailure(
      'STATE_UNREADABLE',
      'user',
      `operator '${this.context.uid}': the restored state is not that of an asynchronous operator; ` +
        'give the operator another uid than the one that wrote it',
    );
  }
}
