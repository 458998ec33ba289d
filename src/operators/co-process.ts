import type { Instance, ProcessContext } from './function-operator.js';
import type { TwoInputOperator } from './operator.js';
import type { WithOperatorState } from './operator-lists.js';
import { ProcessOperator } from './process.js';

/**
 * The job's own code for one operator with two inputs. Each subtask needs an instance of its own. Which input the next record comes from is
 * not defined, also not after a recovery: what is emitted should not depend on it.
 */
export interface CoProcessFunction<First, Second, Out> extends WithOperatorState {
  /** Once, before the first record. */
  open?(instance: Instance): void;
  processElement1(value: First, context: ProcessContext<Out>): void;
  processElement2(value: Second, context: ProcessContext<Out>): void;
  /** Both inputs, being bounded, have ended: the last chance to emit. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a CoProcessFunction. */
export class CoProcessOperator<First, Second, Out>
  extends ProcessOperator<First, Out>
  implements TwoInputOperator<First, Second, Out>
{
  private readonly coFunction: CoProcessFunction<First, Second, Out>;

  constructor(coFunction: CoProcessFunction<First, Second, Out>) {
    super({
      initializeState: (state) => coFunction.initializeState?.(state),
      snapshotState: () => coFunction.snapshotState?.(),
      open: (instance) => coFunction.open?.(instance),
      processElement: (value, context) => coFunction.processElement1(value, context),
      finish: (context) => coFunction.finish?.(context),
      close: () => coFunction.close?.(),
    });
    this.coFunction = coFunction;
  }

  processSecond(value: Second, timestamp: number): void {
    this.record.timestamp = timestamp;
    this.coFunction.processElement2(value, this.record);
  }
}
