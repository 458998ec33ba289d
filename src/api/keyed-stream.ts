import { type Comparable, maxByOf, maxOf, minByOf, minOf, type Summand, sumOf } from '../operators/aggregates.js';
import type { Instance } from '../operators/function-operator.js';
import type { KeyedInstance, KeyedProcessFunction } from '../operators/keyed-process.js';
import { KeyedProcessOperator } from '../operators/keyed-process.js';
import type { KeySelector, Operator } from '../operators/operator.js';
import { ReduceOperator, type Reducer, type RichReducer } from '../operators/reduce.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { GlobalWindow, Window } from '../window/window.js';
import { type BroadcastStream, KeyedBroadcastConnectedStream } from './broadcast-stream.js';
import { ConnectedKeyedStreams } from './connected-streams.js';
import type { DataStream, SingleOutputStream } from './data-stream.js';
import { countEvictor } from './evictors.js';
import type { GraphRecorder, Origin } from './graph-recorder.js';
import { IntervalJoin } from './interval-join.js';
import { type FilterCode, type FlatMapCode, type MapCode, Stream, type StreamKinds } from './stream.js';
import { countTrigger, purgingTrigger } from './triggers.js';
import { wholeNumber } from './whole-number.js';
import { type Sided, WindowJoin } from './window-join.js';
import { WindowedStream } from './windowed-stream.js';
import { globalWindows } from './windows.js';

/** Records with a field of that name and type. */
type With<F extends string, V> = { readonly [Name in F]: V };

/**
 * A stream whose records of equal key go, in order, to the same parallel instance, so that state can be kept for each key.
 *
 * @example
 * ```ts
 * const byAirport: KeyedStream<Flight, string> = flights.keyBy((flight) => flight.origin);
 * ```
 */
export class KeyedStream<out T, out K> extends Stream<T> {
  readonly #key: KeySelector;
  /** Carries the type of the key; never has a value. */
  declare readonly _key?: K;

  /** @internal */
  constructor(recorder: GraphRecorder, origins: readonly Origin[], key: KeySelector, kinds: StreamKinds) {
    super(recorder, origins, kinds);
    this.#key = key;
  }

  /** @internal */
  protected override get key(): KeySelector {
    return this.#key;
  }

  /**
   * As of any stream; an object of a function may also ask for state of the record's key in its `open`, and then needs a uid.
   *
   * @example
   * ```ts
   * class Numbered implements MapFunction<string, string, KeyedInstance> {
   *   private count!: ValueState<number>;
   *   readonly open = ({ state }: KeyedInstance) => {
   *     this.count = state(valueState<number>('count'));
   *   };
   *   map(line: string) {
   *     const count = (this.count.value() ?? 0) + 1;
   *     this.count.update(count);
   *     return `${count} ${line}`;
   *   }
   * }
   * lines.keyBy((line) => line.length).map(new Numbered()).uid('numbered');
   * ```
   */
  override map<R>(fn: MapCode<DeepReadonly<T>, R, KeyedInstance>): SingleOutputStream<R> {
    return super.map(fn as MapCode<DeepReadonly<T>, R, Instance>);
  }

  override filter<R extends DeepReadonly<T>>(fn: (value: DeepReadonly<T>) => value is R): SingleOutputStream<R>;
  override filter(fn: FilterCode<DeepReadonly<T>, KeyedInstance>): SingleOutputStream<T>;
  override filter(fn: FilterCode<DeepReadonly<T>, KeyedInstance>): SingleOutputStream<T> {
    return super.filter(fn as FilterCode<DeepReadonly<T>, Instance>);
  }

  override flatMap<R>(fn: FlatMapCode<DeepReadonly<T>, R, KeyedInstance>): SingleOutputStream<R> {
    return super.flatMap(fn as FlatMapCode<DeepReadonly<T>, R, Instance>);
  }

  /**
   * Brings two keyed streams into one operator; records of equal key meet. Keys must be of one type, and both streams of one job
   * (CONNECT_ENVIRONMENTS).
   *
   * @example
   * ```ts
   * const byCustomer = orders.keyBy((order) => order.customerId).connect(customers.keyBy((customer) => customer.id));
   * ```
   */
  connect<U>(other: KeyedStream<U, K>): ConnectedKeyedStreams<T, U, K>;
  connect<U>(other: BroadcastStream<U>): KeyedBroadcastConnectedStream<T, U, K>;
  connect<U>(
    other: KeyedStream<U, K> | BroadcastStream<U>,
  ): ConnectedKeyedStreams<T, U, K> | KeyedBroadcastConnectedStream<T, U, K> {
    if (other instanceof KeyedStream) return new ConnectedKeyedStreams(this.pairedWith(other), [this.#key, other.#key]);
    return new KeyedBroadcastConnectedStream(this.pairedWith(other.stream), this.#key, other.descriptors);
  }

  /**
   * Joins with another keyed stream in event time: pairs of equal key that are not too far apart. `between` says how far.
   *
   * @example
   * ```ts
   * const join = orders.keyBy((order) => order.customerId).intervalJoin(customers.keyBy((customer) => customer.id));
   * ```
   */
  intervalJoin<U>(other: KeyedStream<U, K>): IntervalJoin<T, U> {
    return new IntervalJoin(this.pairedWith(other), [this.#key, other.#key]);
  }

  /**
   * Brings both streams into the same windows, for `join` or `coGroup` of their records of equal key. Both must be of one job (UNION_ENVIRONMENTS).
   *
   * @example
   * ```ts
   * const join = orders.keyBy((order) => order.customerId).join(customers.keyBy((customer) => customer.id));
   * ```
   */
  join<U>(other: KeyedStream<U, K>): WindowJoin<T, U, K> {
    const keyOf = ({ side, value }: Sided): unknown => (side === 0 ? this.#key : other.#key)(value as never);
    const both = this.#onSide(0)
      .union(other.#onSide(1))
      .keyBy(keyOf as never) as KeyedStream<Sided, K>;
    return new WindowJoin<T, U, K>((assigner) => both.window(assigner));
  }

  /**
   * Combines the records of each key one by one, and puts out the result so far after each. The first record of a key is its first
   * result. `fn` must be pure and return a new value, not a changed one.
   *
   * @example
   * ```ts
   * counts.keyBy(({ word }) => word).reduce((a, b) => ({ word: a.word, count: a.count + b.count })).uid('counts');
   * ```
   */
  reduce(fn: Reducer<T>): SingleOutputStream<T>;
  reduce(fn: RichReducer<T>): SingleOutputStream<T>;
  reduce(fn: Reducer<T> | RichReducer<T>): SingleOutputStream<T> {
    return this.operate('reduce', () => new ReduceOperator(fn) as Operator, this.#key);
  }

  /**
   * Puts out, for each record, the first one of its key with the sum of all so far in `field`.
   *
   * @example
   * ```ts
   * orders.keyBy((order) => order.customerId).sum('amount').uid('spent');
   * ```
   */
  sum<F extends string>(this: KeyedStream<With<F, Summand>, K>, field: F): SingleOutputStream<T> {
    return this.#aggregate<T>('sum', sumOf(field));
  }

  /** Puts out, for each record, the first one of its key with the least of all so far in `field`. */
  min<F extends string>(this: KeyedStream<With<F, Comparable>, K>, field: F): SingleOutputStream<T> {
    return this.#aggregate<T>('min', minOf(field));
  }

  /** Puts out, for each record, the first one of its key with the greatest of all so far in `field`. */
  max<F extends string>(this: KeyedStream<With<F, Comparable>, K>, field: F): SingleOutputStream<T> {
    return this.#aggregate<T>('max', maxOf(field));
  }

  /** Puts out, for each record, the one of its key so far that has the least in `field`; of several the first. */
  minBy<F extends string>(this: KeyedStream<With<F, Comparable>, K>, field: F): SingleOutputStream<T> {
    return this.#aggregate<T>('minBy', minByOf(field));
  }

  /** Puts out, for each record, the one of its key so far that has the greatest in `field`; of several the first. */
  maxBy<F extends string>(this: KeyedStream<With<F, Comparable>, K>, field: F): SingleOutputStream<T> {
    return this.#aggregate<T>('maxBy', maxByOf(field));
  }

  #aggregate<R>(operation: string, reducer: Reducer<R>): SingleOutputStream<R> {
    return this.operate(operation, () => new ReduceOperator(reducer) as Operator, this.#key);
  }

  /**
   * Runs `fn` on each record, with value, list and map state of the record's key. State is in every checkpoint: after a failure it
   * is again what it was at the checkpointed record.
   *
   * @example
   * ```ts
   * flights.keyBy((flight) => flight.tail).process(new LastSeen()).uid('last-seen');
   * ```
   */
  process<R>(fn: KeyedProcessFunction<K, DeepReadonly<T>, R>): SingleOutputStream<R> {
    return this.operate('process', () => new KeyedProcessOperator(fn) as Operator, this.#key);
  }

  /**
   * Cuts the records of each key into windows; reduce, aggregate or process then say what is made of each.
   *
   * @example
   * ```ts
   * flights
   *   .keyBy((flight) => flight.origin)
   *   .window(tumblingEventTimeWindows({ sizeMs: 3_600_000 }))
   *   .reduce((a, b) => (a.delay > b.delay ? a : b))
   *   .uid('worst-of-the-hour');
   * ```
   */
  window<W extends Window>(assigner: WindowAssigner<DeepReadonly<T>, W>): WindowedStream<T, K, W> {
    return WindowedStream.of((operation, create) => this.transformed(operation, create), assigner);
  }

  /**
   * Windows of `size` records of a key: one after the other, or, with `slide`, a result after each so many records, of the last `size`; the first ones
   * then hold fewer. What is left at the end of the input is not put out.
   *
   * @example
   * ```ts
   * flights.keyBy((flight) => flight.tail).countWindow(10, 1).reduce((a, b) => (a.delay > b.delay ? a : b)).uid('worst-of-ten');
   * ```
   */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    wholeNumber('countWindow', size, 1);
    const windows = this.window(globalWindows());
    if (slide === undefined) return windows.trigger(purgingTrigger(countTrigger(size)));
    return windows.evictor(countEvictor(size)).trigger(countTrigger(slide));
  }

  #onSide(side: Sided['side']): DataStream<Sided> {
    const sided = this.map((value): Sided => ({ side, value })).name(side === 0 ? 'first' : 'second');
    return this.parallelism === null ? sided : sided.setParallelism(this.parallelism);
  }

  /** @internal */
  transformed(operation: string, create: () => Operator): SingleOutputStream<never> {
    return this.operate(operation, create, this.#key);
  }
}
