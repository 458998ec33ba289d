import type { ProcessContext } from './function-operator.js';
import {
  type KeyedInstance,
  type KeyedProcessContext,
  KeyedProcessOperator,
  type OnTimerContext,
} from './keyed-process.js';
import type { TwoInputOperator } from './operator.js';
import type { WithOperatorState } from './operator-lists.js';

/**
 * The job's own code for one operator on two keyed streams: state and timers belong to a key, whichever input its records come from. Each
 * subtask needs an instance of its own, because an instance keeps the state handles that it got in `open`. Records of one key keep their
 * order within an input; which input comes next is not defined.
 *
 * @example
 * class Enrich implements KeyedCoProcessFunction<string, Order, Customer, Enriched> {
 *   private customer!: ValueState<Customer>;
 *   open({ state }: KeyedInstance) {
 *     this.customer = state(valueState<Customer>('customer'));
 *   }
 *   processElement1(order: Order, context: KeyedProcessContext<string, Enriched>) {
 *     context.emit({ order, customer: this.customer.value() ?? null });
 *   }
 *   processElement2(customer: Customer) {
 *     this.customer.update(customer);
 *   }
 * }
 */
export interface KeyedCoProcessFunction<K, First, Second, Out> extends WithOperatorState {
  /** Once, before the first record. There is no current key yet: state can be asked for, and not be used. */
  open?(instance: KeyedInstance): void;
  processElement1(value: First, context: KeyedProcessContext<K, Out>): void;
  processElement2(value: Second, context: KeyedProcessContext<K, Out>): void;
  /** A timer is due: never while a record is processed, and with the key it was set for. What it emits has its time unless another is given. */
  onTimer?(timestamp: number, context: OnTimerContext<K, Out>): void;
  /** Both inputs, being bounded, have ended: the last chance to emit. There is no current key any more. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a KeyedCoProcessFunction. Its event time is the lesser of both inputs', so that a timer has seen all of both that is not late. */
export class KeyedCoProcessOperator<K, First, Second, Out>
  extends KeyedProcessOperator<K, First, Out>
  implements TwoInputOperator<First, Second, Out>
{
  private readonly coFunction: KeyedCoProcessFunction<K, First, Second, Out>;

  constructor(coFunction: KeyedCoProcessFunction<K, First, Second, Out>) {
    super({
      initializeState: (state) => coFunction.initializeState?.(state),
      snapshotState: () => coFunction.snapshotState?.(),
      open: (instance) => coFunction.open?.(instance),
      processElement: (value, context) => coFunction.processElement1(value, context),
      ...(coFunction.onTimer === undefined
        ? {}
        : { onTimer: (timestamp, context) => coFunction.onTimer?.(timestamp, context) }),
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
