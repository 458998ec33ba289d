import type { ReduceFunction } from '../state/aggregates.js';
import { valueState } from '../state/descriptors.js';
import type { DeepReadonly, ValueState } from '../state/keyed-state.js';
import { keyedStateOf } from './keyed-input.js';
import type { KeyedInstance } from './keyed-process.js';
import {
  BasicOperator,
  type Lifecycle,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';
import { type Life, openLife } from './rich-functions.js';

/** Combines what was reduced so far with the next record. Must be pure: it runs again after a recovery. */
export type Reducer<T> = ReduceFunction<T>;

/** A reducer with a life. */
export interface RichReducer<T> extends Life<KeyedInstance> {
  reduce(a: DeepReadonly<T>, b: DeepReadonly<T>): T | DeepReadonly<T>;
}

/**
 * Emits, for each record, the reduction of all records of its key so far; the first record of a key is emitted as it
 * is. A result has the timestamp of the record that led to it. One that cannot be stored is refused with
 * STATE_UNSUPPORTED, and not emitted.
 */
export class ReduceOperator<T> extends BasicOperator<T, T | DeepReadonly<T>> {
  private readonly reduce: Reducer<T>;
  private readonly life: Life<KeyedInstance> | null;
  private reduced!: ValueState<T>;

  constructor(reducer: Reducer<T> | RichReducer<T>) {
    super();
    this.reduce = typeof reducer === 'function' ? reducer : (a, b) => reducer.reduce(a, b);
    this.life = typeof reducer === 'function' ? null : reducer;
  }

  override open(
    context: OperatorContext<T | DeepReadonly<T>>,
    restored: RestoredOperatorState,
    settle: Settle,
  ): Lifecycle {
    this.reduced = keyedStateOf(context).value(valueState<T>('reduced'));
    if (this.life !== null) openLife(context, this.life);
    return super.open(context, restored, settle);
  }

  override close(): void {
    this.life?.close?.();
  }

  process(value: T, timestamp: number): void {
    const before = this.reduced.value();
    const after = before === undefined ? value : this.reduce(before, value as DeepReadonly<T>);
    this.reduced.update(after);
    this.context.output.emit(after, timestamp);
  }
}
