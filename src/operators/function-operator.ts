import type { Clock } from '../ports/clock.js';
import { attemptedAtEnd } from './attempted.js';
import type { Metrics } from './metrics.js';
import {
  BasicOperator,
  type Lifecycle,
  noTimestamp,
  type OperatorContext,
  type Output,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import type { OutputTag } from './output-tag.js';

/** Which parallel instance this is, and what it may tell of itself. */
export interface Instance {
  readonly job: string;
  /** Uid of the operator. */
  readonly operator: string;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  /** Numbers the deployments of the job, and so the attempts of each subtask: larger after each recovery. */
  readonly run: number;
  readonly metrics: Metrics;
}

/** The instance that an operator's function is. */
export function instanceOf(context: OperatorContext<never>): Instance {
  const { job, uid: operator, subtaskIndex, parallelism, run, metrics } = context;
  return { job, operator, subtaskIndex, parallelism, run, metrics };
}

/**
 * What a function meets while it handles a record, and at the end of the input. It is one object that changes: do not
 * keep it.
 */
export interface ProcessContext<Out> {
  /** Event time of the record; `noTimestamp` when it has none, and at the end of the input. */
  readonly timestamp: number;
  /** The newest watermark of the input; `noTimestamp` before the first. */
  readonly watermark: number;
  /** Wall-clock time in milliseconds since 1970: what decides by it may decide otherwise when it runs again after a recovery. */
  currentProcessingTime(): number;
  /** Emits, in order and any number of times; with the timestamp of the record unless another is given. */
  emit(value: Out, timestamp?: number): void;
  /** The same into the side output of that tag. What nobody takes with `getSideOutput` is gone. */
  output<T>(tag: OutputTag<T>, value: NoInfer<T>, timestamp?: number): void;
}

/** The ProcessContext of one subtask: moved from record to record, so that none is made for each. */
export class RecordContext<Out> implements ProcessContext<Out> {
  timestamp = noTimestamp;
  watermark = noTimestamp;
  private readonly out: Output<Out>;
  private readonly clock: Clock;

  constructor(context: OperatorContext<Out>) {
    this.out = context.output;
    this.clock = context.clock;
  }

  readonly currentProcessingTime = (): number => this.clock.wallMs();

  /** A field, so that a function may take it out of its context. */
  readonly emit = (value: Out, timestamp: number = this.timestamp): void => {
    this.out.emit(value, timestamp);
  };

  readonly output = <T>(tag: OutputTag<T>, value: NoInfer<T>, timestamp: number = this.timestamp): void => {
    this.out.side(tag.name, value, timestamp);
  };
}

/** What functions of the job's own code have in common, keyed or not. */
export interface UserFunction<In, Out, Context> {
  processElement(value: In, context: Context): void;
  finish?(context: ProcessContext<Out>): void;
  close?(): void;
}

/** Runs such a function: gives it each record with its context, and the end of the input. */
export abstract class FunctionOperator<In, Out, Context extends RecordContext<Out>> extends BasicOperator<In, Out> {
  private readonly userFunction: UserFunction<In, Out, Context>;
  protected record!: Context;

  constructor(userFunction: UserFunction<In, Out, Context>) {
    super();
    this.userFunction = userFunction;
  }

  /** Opens the function, and gives the context that it will meet. */
  protected abstract openFunction(context: OperatorContext<Out>, instance: Instance): Context;

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    this.record = this.openFunction(context, instanceOf(context));
    return super.open(context, restored, settle);
  }

  process(value: In, timestamp: number): void {
    this.record.timestamp = timestamp;
    this.userFunction.processElement(value, this.record);
  }

  override watermark(timestamp: number): void {
    this.record.watermark = timestamp;
    super.watermark(timestamp);
  }

  override finish(_settle: Settle): Lifecycle {
    this.record.timestamp = noTimestamp;
    const { userFunction } = this;
    if (userFunction.finish !== undefined) attemptedAtEnd(this.context, () => userFunction.finish?.(this.record));
    return 'done';
  }

  override close(): void {
    this.userFunction.close?.();
  }
}
