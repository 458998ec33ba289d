import type { AggregateFunction, ReduceFunction } from '../aggregates.js';
import type { AggregatingState, DeepReadonly, ReducingState, ValueState } from '../keyed-state.js';

/** The reduction of what was added, kept as a value. */
export class HeapReducingState<T> implements ReducingState<T> {
  constructor(
    private readonly reduced: ValueState<T>,
    private readonly reduce: ReduceFunction<T>,
  ) {}

  get(): DeepReadonly<T> | undefined {
    return this.reduced.value();
  }

  add(value: T | DeepReadonly<T>): void {
    const before = this.reduced.value();
    this.reduced.update(before === undefined ? value : this.reduce(before, value as DeepReadonly<T>));
  }

  clear(): void {
    this.reduced.clear();
  }
}

/** The accumulator of what was added, kept as a value. */
export class HeapAggregatingState<In, Acc, Out> implements AggregatingState<In, Out> {
  constructor(
    private readonly accumulator: ValueState<Acc>,
    private readonly aggregate: AggregateFunction<In, Acc, Out>,
  ) {}

  get(): Out | undefined {
    const accumulator = this.accumulator.value();
    return accumulator === undefined ? undefined : this.aggregate.getResult(accumulator);
  }

  add(value: In | DeepReadonly<In>): void {
    const { aggregate } = this;
    const before = this.accumulator.value() ?? (aggregate.createAccumulator() as DeepReadonly<Acc>);
    this.accumulator.update(aggregate.add(value as In, before));
  }

  clear(): void {
    this.accumulator.clear();
  }
}
