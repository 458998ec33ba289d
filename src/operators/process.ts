import { FunctionOperator, type Instance, type ProcessContext, RecordContext } from './function-operator.js';
import type { OperatorContext } from './operator.js';

/**
 * The job's own code for one operator. Each subtask needs an instance of its own, because an instance may keep what it
 * got in `open`. What it emits must follow from its input: it runs again after a recovery, and its fields are not part
 * of a checkpoint.
 */
export interface ProcessFunction<In, Out> {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  processElement(value: In, context: ProcessContext<Out>): void;
  /** A bounded input has ended: the last chance to emit. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a ProcessFunction on a stream that is not keyed. */
export class ProcessOperator<In, Out> extends FunctionOperator<In, Out, RecordContext<Out>> {
  private readonly processFunction: ProcessFunction<In, Out>;

  constructor(processFunction: ProcessFunction<In, Out>) {
    super(processFunction);
    this.processFunction = processFunction;
  }

  protected openFunction(context: OperatorContext<Out>, instance: Instance): RecordContext<Out> {
    this.processFunction.open?.(instance);
    return new RecordContext(context);
  }
}
