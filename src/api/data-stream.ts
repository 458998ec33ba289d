import { type Comparable, maxByOf, maxOf, minByOf, minOf, type Summand, sumOf } from '../operators/aggregates.js';
import type { BroadcastDescriptor } from '../operators/broadcast-state.js';
import type { ProcessContext } from '../operators/function-operator.js';
import type { KeyedProcessFunction } from '../operators/keyed-process.js';
import { KeyedProcessOperator } from '../operators/keyed-process.js';
import type { KeySelector, Operator } from '../operators/operator.js';
import type { OutputTag } from '../operators/output-tag.js';
import type { ProcessFunction } from '../operators/process.js';
import { ProcessOperator } from '../operators/process.js';
import { ReduceOperator, type Reducer } from '../operators/reduce.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { GlobalWindow, Window } from '../window/window.js';
import { BroadcastConnectedStream, BroadcastStream, KeyedBroadcastConnectedStream } from './broadcast-stream.js';
import { ConnectedKeyedStreams, ConnectedStreams } from './connected-streams.js';
import { mistake } from './engine-error.js';
import { countEvictor } from './evictors.js';
import type { GraphRecorder, NodeSettings, Origin, RecordedNode } from './graph-recorder.js';
import { IntervalJoin } from './interval-join.js';
import { Stream, type StreamKinds } from './stream.js';
import { countTrigger, purgingTrigger } from './triggers.js';
import { wholeNumber } from './whole-number.js';
import { type Sided, WindowJoin } from './window-join.js';
import { WindowedStream } from './windowed-stream.js';
import { globalWindows } from './windows.js';

/** Records with a field of that name and type. */
type With<F extends string, V> = { readonly [Name in F]: V };

/** Refuses functions for keyed streams, which methods, being compared either way round, would let pass. */
interface WithoutKey<R> {
  readonly processElement: (value: never, context: ProcessContext<R>) => void;
}

/**
 * A stream of records of type `T`.
 *
 * @example
 * ```ts
 * const words: DataStream<string> = lines.flatMap((line) => line.split(' '));
 * ```
 */
export class DataStream<out T> extends Stream<T> {
  /** @internal */
  constructor(recorder: GraphRecorder, origins: readonly Origin[]) {
    super(recorder, origins, kinds);
  }

  /**
   * Brings two streams of different types into one operator. Both must be of one job (CONNECT_ENVIRONMENTS).
   *
   * @example
   * ```ts
   * lines.connect(numbers).map((line) => line.length, (number) => number);
   * ```
   */
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U>;
  connect<U>(other: DataStream<U> | BroadcastStream<U>): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    if (other instanceof DataStream) return new ConnectedStreams(this.pairedWith(other));
    return new BroadcastConnectedStream(this.pairedWith(other.stream), other.descriptors);
  }

  /** Deals records out in turn, so that every consumer gets as many. */
  rebalance(): DataStream<T> {
    return this.redirect('rebalance');
  }

  /** As rebalance, but each producer deals only to its share of the consumers, so that there are fewer connections. */
  rescale(): DataStream<T> {
    return this.redirect('rescale');
  }

  /** Sends each record to a consumer by chance. After a recovery chance falls otherwise. */
  shuffle(): DataStream<T> {
    return this.redirect('shuffle');
  }

  /** Sends all records to the first parallel instance of the consumer. */
  global(): DataStream<T> {
    return this.redirect('global');
  }

  /**
   * Sends each record where `partition` says by what `select` takes out of it: to the consumer of that index, below the parallelism that it
   * is given (PARTITION_INVALID). Both functions must be pure.
   *
   * @example
   * ```ts
   * orders.partitionCustom((order) => order.amount, (amount, parallelism) => (amount > 1_000 ? 0 : parallelism - 1));
   * ```
   */
  partitionCustom<K>(
    select: (value: DeepReadonly<T>) => K,
    partition: (key: K, parallelism: number) => number,
  ): DataStream<T> {
    return this.redirect('custom', (value: DeepReadonly<T>, parallelism) => partition(select(value), parallelism));
  }

  /**
   * Gives every record to every parallel instance of the consumer. With descriptors of map state, the records can make broadcast state of
   * that name in an operator that this is connected with.
   */
  broadcast(): DataStream<T>;
  broadcast(first: BroadcastDescriptor, ...others: readonly BroadcastDescriptor[]): BroadcastStream<T>;
  broadcast(...descriptors: readonly BroadcastDescriptor[]): DataStream<T> | BroadcastStream<T> {
    const stream = this.redirect('broadcast');
    return descriptors.length === 0 ? stream : new BroadcastStream(stream, descriptors);
  }

  /** Keeps records in the parallel instance they are in; producer and consumer must have equal parallelism (FORWARD_PARALLELISM). */
  forward(): DataStream<T> {
    return this.redirect('forward');
  }

  /**
   * Runs `fn` on each record; it may put out any number of records. Its state needs a key: call keyBy first.
   *
   * @example
   * ```ts
   * numbers.process<number>({ processElement: (value, context) => context.emit(value * 2) }).uid('double');
   * ```
   */
  process<R>(fn: ProcessFunction<DeepReadonly<T>, R> & WithoutKey<R>): SingleOutputStream<R> {
    return this.operate('process', () => new ProcessOperator(fn) as Operator, null);
  }

  /**
   * Cuts all records into windows together, without keys: one parallel instance gets them all.
   *
   * @example
   * ```ts
   * flights.windowAll(tumblingEventTimeWindows({ sizeMs: 86_400_000 })).reduce((a, b) => (a.delay > b.delay ? a : b)).uid('worst-of-the-day');
   * ```
   */
  windowAll<W extends Window>(assigner: WindowAssigner<DeepReadonly<T>, W>): WindowedStream<T, number, W> {
    const keyed = this.keyBy(() => 0);
    return WindowedStream.of((operation, create) => keyed.transformed(operation, create).setParallelism(1), assigner);
  }
}

/**
 * A stream that is the output of one operator, which can be named and configured here. Settings return the same stream.
 *
 * @example
 * ```ts
 * lines.map(parse).name('parse lines').setParallelism(2);
 * ```
 */
export class SingleOutputStream<out T> extends DataStream<T> {
  readonly #recorder: GraphRecorder;
  readonly #node: RecordedNode;

  /** @internal */
  constructor(recorder: GraphRecorder, node: RecordedNode) {
    super(recorder, [{ node, partitioner: null, key: null, route: null, tag: null }]);
    this.#recorder = recorder;
    this.#node = node;
  }

  /**
   * Names the operator's state across versions of the job: after a change of the job, state goes to the operator of the same uid.
   * Operators that keep state need one. Letters, digits, dots, dashes and underscores, unique in the job.
   */
  uid(uid: string): this {
    return this.#change({ uid });
  }

  /** The name that graphs and messages show; the uid if none is given. */
  name(name: string): this {
    return this.#change({ name });
  }

  /** The number of parallel instances of the operator, in place of the job's. */
  setParallelism(parallelism: number): this {
    return this.#change({ parallelism });
  }

  /** The number of key groups, and so the largest parallelism the operator's state can ever be spread over. */
  setMaxParallelism(maxParallelism: number): this {
    return this.#change({ maxParallelism });
  }

  /**
   * What the operator puts into the side output of `tag`, as a stream of its own. Only functions given to a `process` have side outputs
   * of their own (SIDE_OUTPUT_NONE).
   *
   * @example
   * ```ts
   * const late = flights.keyBy(({ tail }) => tail).process(new LastSeen()).uid('last-seen').getSideOutput(lateFlights);
   * ```
   */
  getSideOutput<R>(tag: OutputTag<R>): DataStream<R> {
    const { code, operation } = this.#node;
    if (code.kind === 'source' || (code.stage.kind !== 'operator' && code.stage.kind !== 'twoInputs')) {
      throw mistake(
        'SIDE_OUTPUT_NONE',
        `${operation} has no side outputs, so '${tag.name}' would be empty for ever. Put records into it with context.output() in a process function.`,
      );
    }
    return new DataStream(this.#recorder, [
      { node: this.#node, partitioner: null, key: null, route: null, tag: tag.name },
    ]);
  }

  /** Runs the operator as a task of its own. */
  disableChaining(): this {
    return this.#change({ chaining: 'never' });
  }

  /** Runs the operator in another task than its input; what follows may run in its task. */
  startNewChain(): this {
    return this.#change({ chaining: 'head' });
  }

  #change(settings: NodeSettings): this {
    this.#recorder.change(this.#node, settings);
    return this;
  }
}

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
  constructor(recorder: GraphRecorder, origins: readonly Origin[], key: KeySelector) {
    super(recorder, origins, kinds);
    this.#key = key;
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
  reduce(fn: Reducer<T>): SingleOutputStream<T> {
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

const kinds: StreamKinds = {
  plain: (recorder, origins) => new DataStream(recorder, origins),
  keyed: (recorder, origins, key) => new KeyedStream(recorder, origins, key),
  output: (recorder, node) => new SingleOutputStream(recorder, node),
};
