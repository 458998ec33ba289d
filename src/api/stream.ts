import type { Partitioner } from '../../actors/protocol/job-graph.js';
import type { Route } from '../graph/route.js';
import type { StageCode } from '../graph/stream-graph.js';
import type { Instance } from '../operators/function-operator.js';
import type { KeySelector, Operator } from '../operators/operator.js';
import {
  type FilterFunction,
  type FlatMapFunction,
  type MapFunction,
  RichFilterOperator,
  RichFlatMapOperator,
  RichMapOperator,
} from '../operators/rich-functions.js';
import type { Sink } from '../operators/sink.js';
import { SinkOperator } from '../operators/sink-operator.js';
import { WatermarkOperator } from '../operators/watermarks.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WatermarkSetting } from '../time/watermark-generator.js';
import { type AsyncCode, type AsyncOptions, asyncStage } from './async-options.js';
import { CollectSink, PrintSink } from './client-sinks.js';
import type { DataStream, SingleOutputStream } from './data-stream.js';
import { mistake } from './engine-error.js';
import type { GraphRecorder, NewNode, NodeInput, Origin, RecordedNode } from './graph-recorder.js';
import type { SupportedKey } from './key.js';
import type { KeyedStream } from './keyed-stream.js';
import { Pair } from './pair.js';
import { StreamSink } from './stream-sink.js';
import type { WatermarkStrategy } from './watermark-strategy.js';

/** What is done with each record: a function, or an object that has one, and a life. */
export type MapCode<In, R, I extends Instance> = ((value: In) => R) | MapFunction<In, R, I>;
export type FilterCode<In, I extends Instance> = ((value: In) => boolean) | FilterFunction<In, I>;
export type FlatMapCode<In, R, I extends Instance> = ((value: In) => Iterable<R>) | FlatMapFunction<In, R, I>;

/** Makes the streams that calls return: their classes extend the one in this file, which therefore cannot name them. */
export interface StreamKinds {
  plain<T>(recorder: GraphRecorder, origins: readonly Origin[]): DataStream<T>;
  keyed<T, K>(recorder: GraphRecorder, origins: readonly Origin[], key: KeySelector): KeyedStream<T, K>;
  output<T>(recorder: GraphRecorder, node: RecordedNode): SingleOutputStream<T>;
}

/** What every stream can do, keyed or not. Calls record operators; nothing runs while a job is being written. */
export abstract class Stream<out T> {
  readonly #recorder: GraphRecorder;
  readonly #origins: readonly Origin[];
  readonly #kinds: StreamKinds;

  /** @internal */
  constructor(recorder: GraphRecorder, origins: readonly Origin[], kinds: StreamKinds) {
    this.#recorder = recorder;
    this.#origins = origins;
    this.#kinds = kinds;
  }

  /**
   * Turns each record into one other, with the same timestamp. `fn` must be pure: after a recovery it sees records again. It gets
   * records as read-only, and must not keep or change them. A function that needs more is an object with `open` and `close`, and then an operator that is called
   * for each record, not fused with others.
   *
   * @example
   * ```ts
   * lines.map((line) => line.trim());
   * ```
   */
  map<R>(fn: MapCode<DeepReadonly<T>, R, Instance>): SingleOutputStream<R> {
    if (typeof fn === 'function') return this.#transform('map', false, { kind: 'map', fn });
    return this.#rich('map', () => new RichMapOperator(fn) as Operator);
  }

  /**
   * Keeps the records for which `fn` holds. `fn` must be pure. One that tells types apart narrows that of the stream.
   *
   * @example
   * ```ts
   * flights.filter((flight) => flight.delay > 15);
   * ```
   */
  filter<R extends DeepReadonly<T>>(fn: (value: DeepReadonly<T>) => value is R): SingleOutputStream<R>;
  filter(fn: FilterCode<DeepReadonly<T>, Instance>): SingleOutputStream<T>;
  filter(fn: FilterCode<DeepReadonly<T>, Instance>): SingleOutputStream<T> {
    if (typeof fn === 'function') return this.#transform('filter', false, { kind: 'filter', fn });
    return this.#rich('filter', () => new RichFilterOperator(fn) as Operator);
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
  flatMap<R>(fn: FlatMapCode<DeepReadonly<T>, R, Instance>): SingleOutputStream<R> {
    if (typeof fn === 'function') return this.#transform('flatMap', false, { kind: 'flatMap', fn });
    return this.#rich('flatMap', () => new RichFlatMapOperator(fn) as Operator);
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
    return this.#kinds.keyed(this.#recorder, this.#partitioned('hash', select), select);
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
    return this.#kinds.plain(this.#recorder, origins);
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
   * Gives records event time: their timestamps, and the watermarks that follow them. Right behind a source, with nothing but map, filter
   * and flatMap between, each split has watermarks of its own, and the least of them holds; elsewhere each subtask has. Watermarks that came before end here.
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
    return this.#transform('watermarks', false, { kind: 'operator', create, key: null, alignment: strategy.alignment });
  }

  /**
   * Asks something outside about each record, many at a time, and puts out one answer each: Flink's orderedWait, or unorderedWait with
   * `order: 'unordered'`. Records whose answer is out are asked about once; after a recovery the others are asked about again. A call that fails for
   * good, or takes longer than `timeoutMs`, fails the job. Starts a chain of its own.
   *
   * @example
   * ```ts
   * orders.asyncMap(async (order) => ({ ...order, price: await priceOf(order.customerId) }), { timeoutMs: 5_000 }).uid('priced');
   * ```
   */
  asyncMap<R>(fn: AsyncCode<DeepReadonly<T>, R>, options: AsyncOptions<R>): SingleOutputStream<R> {
    return this.#wait(
      'asyncMap',
      asyncStage('asyncMap', fn, options, (result) => [result]),
    );
  }

  /** As asyncMap, with any number of results for each record. */
  asyncFlatMap<R>(
    fn: AsyncCode<DeepReadonly<T>, Iterable<R>>,
    options: AsyncOptions<Iterable<R>>,
  ): SingleOutputStream<R> {
    return this.#wait(
      'asyncFlatMap',
      asyncStage('asyncFlatMap', fn, options, (results) => [...results]),
    );
  }

  /** @internal Null unless records have keys. */
  protected get key(): KeySelector | null {
    return null;
  }

  /** @internal Of what it comes from, as far as it is set. */
  protected get parallelism(): number | null {
    return this.#origins[0]?.node.parallelism ?? null;
  }

  /** @internal */
  protected operate<R>(operation: string, create: () => Operator, key: KeySelector | null): SingleOutputStream<R> {
    return this.#transform(operation, true, { kind: 'operator', create, key });
  }

  /** @internal */
  protected pairedWith(other: Stream<unknown>): Pair {
    if (other.#recorder !== this.#recorder) {
      throw mistake(
        'CONNECT_ENVIRONMENTS',
        'connect() got a stream of another job. Make both streams from the env of the same defineJob call.',
      );
    }
    return new Pair(this.#recorder, this.#origins, other.#origins, this.#kinds);
  }

  /** @internal */
  protected redirect(partitioner: Partitioner, route: Route | null = null): DataStream<T> {
    return this.#kinds.plain(this.#recorder, this.#partitioned(partitioner, null, route));
  }

  #partitioned(partitioner: Partitioner, key: KeySelector | null, route: Route | null = null): Origin[] {
    return this.#origins.map(({ node, tag }) => ({ node, partitioner, key, route, tag }));
  }

  #transform<R>(operation: string, stateful: boolean, stage: StageCode): SingleOutputStream<R> {
    const inputs = into(0, this.#origins);
    const code = { kind: 'stage', stage } as const;
    const node = this.#recorder.add({ operation, kind: 'transform', commits: false, stateful, code, inputs });
    return this.#kinds.output(this.#recorder, node);
  }

  /** Of a keyed stream such an operator has state, which is found again by its uid. */
  #rich<R>(operation: string, create: () => Operator): SingleOutputStream<R> {
    const { key } = this;
    return this.#transform(operation, key !== null, { kind: 'operator', create, key });
  }

  #wait<R>(operation: string, stage: StageCode): SingleOutputStream<R> {
    return this.#transform<R>(operation, true, stage).startNewChain();
  }

  #sink(operation: string, sink: Sink, kind: Pick<NewNode, 'commits' | 'stateful'>): StreamSink {
    const stage: StageCode = { kind: 'operator', create: () => new SinkOperator(sink), key: null };
    const code = { kind: 'stage', stage } as const;
    const node = this.#recorder.add({ operation, kind: 'sink', ...kind, code, inputs: into(0, this.#origins) });
    return new StreamSink(this.#recorder, node);
  }
}

const into = (input: number, origins: readonly Origin[]): NodeInput[] =>
  origins.map((origin) => ({ ...origin, input }));
