import type { KeyedState } from '../state/keyed-state.js';
import { FunctionOperator, type Instance, type ProcessContext, RecordContext } from './function-operator.js';
import { keyedStateOf, type StateAccess, stateAccessOf } from './keyed-input.js';
import type { Lifecycle, OperatorContext, Settle } from './operator.js';

/** As ProcessContext, with the key of the record and its state. It is one object that changes: do not keep it. */
export interface KeyedProcessContext<K, Out> extends ProcessContext<Out>, StateAccess {
  readonly currentKey: K;
}

/** Which parallel instance this is, and its keyed state. */
export interface KeyedInstance extends Instance, StateAccess {}

/**
 * The job's own code for one operator on a keyed stream. Each subtask needs an instance of its own, because an instance
 * keeps the state handles that it got in `open`. What it emits must follow from its input and its state: it runs again
 * after a recovery, and its fields are not part of a checkpoint.
 *
 * @example
 * class CountOrders implements KeyedProcessFunction<string, Order, Count> {
 *   private count!: ValueState<number>;
 *   open({ state }: KeyedInstance) {
 *     this.count = state(valueState<number>('count'));
 *   }
 *   processElement(_order: Order, context: KeyedProcessContext<string, Count>) {
 *     const count = (this.count.value() ?? 0) + 1;
 *     this.count.update(count);
 *     context.emit({ customer: context.currentKey, count });
 *   }
 * }
 */
export interface KeyedProcessFunction<K, In, Out> {
  /** Once, before the first record. There is no current key yet: state can be asked for, and not be used. */
  open?(instance: KeyedInstance): void;
  processElement(value: In, context: KeyedProcessContext<K, Out>): void;
  /** A bounded input has ended: the last chance to emit. There is no current key any more. */
  finish?(context: ProcessContext<Out>): void;
  /** The last call, also after a failure, and when `open` failed. */
  close?(): void;
}

/** Runs a KeyedProcessFunction. The engine sets the current key before each record. */
export class KeyedProcessOperator<K, In, Out> extends FunctionOperator<In, Out, KeyedRecordContext<K, Out>> {
  private readonly processFunction: KeyedProcessFunction<K, In, Out>;

  constructor(processFunction: KeyedProcessFunction<K, In, Out>) {
    super(processFunction);
    this.processFunction = processFunction;
  }

  protected openFunction(context: OperatorContext<Out>, instance: Instance): KeyedRecordContext<K, Out> {
    const keyed = keyedStateOf(context);
    const { state } = stateAccessOf(keyed);
    this.processFunction.open?.({ ...instance, state });
    return new KeyedRecordContext(context, keyed, state);
  }

  override finish(settle: Settle): Lifecycle {
    // A state handle would otherwise silently speak of whichever key came last.
    keyedStateOf(this.context).clearCurrentKey();
    return super.finish(settle);
  }
}

class KeyedRecordContext<K, Out> extends RecordContext<Out> implements KeyedProcessContext<K, Out> {
  readonly state: StateAccess['state'];
  private readonly keyed: KeyedState;

  constructor(context: OperatorContext<Out>, keyed: KeyedState, state: StateAccess['state']) {
    super(context);
    this.keyed = keyed;
    this.state = state;
  }

  get currentKey(): K {
    return this.keyed.currentKey() as K;
  }
}
