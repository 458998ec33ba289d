import type { Partitioner } from '../../actors/protocol/job-graph.js';
import type { StageCode } from '../graph/stream-graph.js';
import type { ProcessContext } from '../operators/function-operator.js';
import type { KeyedProcessFunction } from '../operators/keyed-process.js';
import { KeyedProcessOperator } from '../operators/keyed-process.js';
import type { KeySelector, Operator } from '../operators/operator.js';
import type { ProcessFunction } from '../operators/process.js';
import { ProcessOperator } from '../operators/process.js';
import { ReduceOperator, type Reducer } from '../operators/reduce.js';
import type { Sink } from '../operators/sink.js';
import { SinkOperator } from '../operators/sink-operator.js';
import { WatermarkOperator } from '../operators/watermarks.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WatermarkSetting } from '../time/watermark-generator.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { GlobalWindow, Window } from '../window/window.js';
import { CollectSink, PrintSink } from './client-sinks.js';
import { mistake } from './engine-error.js';
import { countEvictor } from './evictors.js';
import type { GraphRecorder, NewNode, NodeSettings, Origin, RecordedNode } from './graph-recorder.js';
import type { SupportedKey } from './key.js';
import { StreamSink } from './stream-sink.js';
import { countTrigger, purgingTrigger } from './triggers.js';
import type { WatermarkStrategy } from './watermark-strategy.js';
import { wholeNumber } from './whole-number.js';
import { WindowedStream } from './windowed-stream.js';
import { globalWindows } from './windows.js';

/** Refuses functions for keyed streams, which methods, being compared either way round, would let pass. */
interface WithoutKey<R> {
  readonly processElement: (value: never, context: ProcessContext<R>) => void;
}

/** What every stream can do, keyed or not. Calls record operators; nothing runs while a job is being written. */
abstract class Stream<out T> {
  readonly #recorder: GraphRecorder;
  readonly #origins: readonly Origin[];

  /** @internal */
  constructor(recorder: GraphRecorder, origins: readonly Origin[]) {
    this.#recorder = recorder;
    this.#origins = origins;
  }

  /**
   * Turns each record into one other, with the same timestamp. `fn` must be pure: after a recovery it sees records again. It gets
   * records as read-only, and must not keep or change them.
   *
   * @example
   * ```ts
   * lines.map((line) => line.trim());
   * ```
   */
  map<R>(fn: (value: DeepReadonly<T>) => R): SingleOutputStream<R> {
    return this.#transform('map', false, { kind: 'map', fn });
  }

  /**
   * Keeps the records for which `fn` holds. `fn` must be pure.
   *
   * @example
   * ```ts
   * flights.filter((flight) => flight.delay > 15);
   * ```
   */
  filter(fn: (value: DeepReadonly<T>) => boolean): SingleOutputStream<T> {
    return this.#transform('filter', false, { kind: 'filter', fn });
  }

  /**
   * Turns each record into any number of others, in the order of the returned iterable. An array is put out at once; any other
   * iterable is pulled as the receivers have room, so it may be long. `fn` must be pure.
   *
   * @example
   * ```ts
   * lines.flatMap((line) => line.split(/\s+/));
   * ```
   */
  flatMap<R>(fn: (value: DeepReadonly<T>) => Iterable<R>): SingleOutputStream<R> {
    return this.#transform('flatMap', false, { kind: 'flatMap', fn });
  }

  /**
   * Groups records by key; records of one key keep their order, also across a rescale. `select` must be pure: it runs again after a
   * recovery. Keys are strings, numbers, bigints, booleans, and tuples or plain objects of these.
   *
   * @example
   * ```ts
   * orders.keyBy((order) => order.customerId);
   * ```
   */
  keyBy<const K>(select: (value: DeepReadonly<T>) => K & SupportedKey<K>): KeyedStream<T, K> {
    return new KeyedStream(this.#recorder, this.#partitioned('hash', select), select);
  }

  /**
   * One stream of the records of all; the order between them is not defined. A stream that is given twice comes twice. All must be
   * of one job (UNION_ENVIRONMENTS) and of one type.
   *
   * @example
   * ```ts
   * const all = europe.union(asia, africa);
   * ```
   */
  union(...others: readonly Stream<T>[]): DataStream<T> {
    const origins = [this.#origins, ...others.map((other) => other.#origins)].flat();
    if (others.some((other) => other.#recorder !== this.#recorder)) {
      throw mistake(
        'UNION_ENVIRONMENTS',
        'union() got a stream of another job. Make all of its streams from the env of the same defineJob call.',
      );
    }
    return new DataStream(this.#recorder, origins);
  }

  /**
   * Ends the stream in a sink. A sink that commits in two phases shows each record exactly once, after the checkpoint that holds it
   * is durable.
   *
   * @example
   * ```ts
   * counts.sinkTo(sink).uid('counts-file');
   * ```
   */
  sinkTo<C>(sink: Sink<DeepReadonly<T>, C>): StreamSink {
    return this.#sink(sink.name, sink as Sink, { commits: true, stateful: true });
  }

  /**
   * Prints each record as one line to the program that runs the job, at once; after a recovery lines may come again. With `prefix`
   * lines begin `prefix> `.
   *
   * @example
   * ```ts
   * counts.print('counts');
   * ```
   */
  print(prefix?: string): StreamSink {
    return this.#sink('print', new PrintSink(prefix ?? null), { commits: false, stateful: false });
  }

  /**
   * Hands each record to the program that runs the job exactly once, under `name`, after the checkpoint that holds it is durable. A
   * name is given once a job: the sink's uid is made of it.
   *
   * @example
   * ```ts
   * counts.collect('counts');
   * ```
   */
  collect(name: string): StreamSink {
    return this.#sink('collect', new CollectSink(name), { commits: true, stateful: true }).uid(`collect-${name}`);
  }

  /**
   * Gives records event time: their timestamps, and the watermarks that follow them. Near the source is the best place, where records of one
   * split still come in their order; watermarks that came before end here.
   *
   * @example
   * ```ts
   * flights.assignTimestampsAndWatermarks(
   *   WatermarkStrategy.forBoundedOutOfOrderness<Flight>(60_000).withTimestampAssigner((flight) => Date.parse(flight.date)),
   * );
   * ```
   */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStream<T> {
    const recorder = this.#recorder;
    const create = (): Operator =>
      new WatermarkOperator(strategy as WatermarkSetting<T>, recorder.watermarkIntervalMs) as Operator;
    return this.#transform('watermarks', false, { kind: 'operator', create, key: null });
  }

  /** @internal */
  protected operate<R>(operation: string, create: () => Operator, key: KeySelector | null): SingleOutputStream<R> {
    return this.#transform(operation, true, { kind: 'operator', create, key });
  }

  /** @internal */
  protected redirect(partitioner: Partitioner): DataStream<T> {
    return new DataStream(this.#recorder, this.#partitioned(partitioner, null));
  }

  #partitioned(partitioner: Partitioner, key: KeySelector | null): Origin[] {
    return this.#origins.map(({ node }) => ({ node, partitioner, key }));
  }

  #transform<R>(operation: string, stateful: boolean, stage: StageCode): SingleOutputStream<R> {
    const inputs = this.#origins;
    const code = { kind: 'stage', stage } as const;
    const node = this.#recorder.add({ operation, kind: 'transform', commits: false, stateful, code, inputs });
    return new SingleOutputStream(this.#recorder, node);
  }

  #sink(operation: string, sink: Sink, kind: Pick<NewNode, 'commits' | 'stateful'>): StreamSink {
    const stage: StageCode = { kind: 'operator', create: () => new SinkOperator(sink), key: null };
    const code = { kind: 'stage', stage } as const;
    const node = this.#recorder.add({ operation, kind: 'sink', ...kind, code, inputs: this.#origins });
    return new StreamSink(this.#recorder, node);
  }
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
  /** Deals records out in turn, so that every consumer gets as many. */
  rebalance(): DataStream<T> {
    return this.redirect('rebalance');
  }

  /** Gives every record to every parallel instance of the consumer. */
  broadcast(): DataStream<T> {
    return this.redirect('broadcast');
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
    super(recorder, [{ node, partitioner: null, key: null }]);
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
    super(recorder, origins);
    this.#key = key;
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

  /** @internal */
  transformed(operation: string, create: () => Operator): SingleOutputStream<never> {
    return this.operate(operation, create, this.#key);
  }
}
