import type { BroadcastDescriptor } from '../operators/broadcast-state.js';
import { type DeadLetter, deadLettersTag, type ErrorPolicy } from '../operators/error-policy.js';
import type { ProcessContext } from '../operators/function-operator.js';
import type { Operator } from '../operators/operator.js';
import type { OutputTag } from '../operators/output-tag.js';
import type { ProcessFunction } from '../operators/process.js';
import { ProcessOperator } from '../operators/process.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { Window } from '../window/window.js';
import { BroadcastConnectedStream, BroadcastStream } from './broadcast-stream.js';
import { checkedBufferTimeout } from './buffer-timeout.js';
import { ConnectedStreams } from './connected-streams.js';
import { mistake } from './engine-error.js';
import type { GraphRecorder, NodeSettings, Origin, RecordedNode } from './graph-recorder.js';
import { KeyedStream } from './keyed-stream.js';
import { Stream, type StreamKinds } from './stream.js';
import { WindowedStream } from './windowed-stream.js';

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
    return WindowedStream.of(
      (operation, create) => keyed.transformed(operation, create).setParallelism(1).setMaxParallelism(1),
      assigner,
    );
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

  /**
   * The operator shares slots only with operators of the same group, and is never in a chain with others. What follows it is in its group too, unless it
   * has inputs of other groups, or names one of its own; `'default'` is the group of everything else. A job needs as many slots as its groups together.
   *
   * @example
   * ```ts
   * lines.map(parse).slotSharingGroup('parsers').setParallelism(4);
   * ```
   */
  slotSharingGroup(name: string): this {
    return this.#change({ slotSharingGroup: name });
  }

  /**
   * How long records that leave the operator may wait for a fuller batch on their way to another slot, in place of the job's time. 0 passes them on after
   * each turn of the task; null, where Flink has -1, waits until a batch is full, or a watermark, a barrier or the end follows it.
   */
  setBufferTimeout(bufferTimeoutMs: number | null): this {
    return this.#change({ bufferTimeoutMs: checkedBufferTimeout(bufferTimeoutMs) });
  }

  /**
   * What becomes of a record that the operator cannot process: `'fail'`, which is the default, `'skip'`, or `{ deadLetters: sink }`. Nothing that the
   * operator put out for it comes out, and the state and timers of its key are what they were; other fields of a function are its own to keep right. Records
   * left out are counted. What a flatMap returns is gone through at once, however long it is. The same holds for timers and for windows that fire: what
   * fails is gone, is counted with the records, and has a letter with its key and its time, and without a record; and for `finish` at the end of the input. A
   * watermark generator that throws at a record fails that record; one that throws between records, and code that throws as it opens or closes, fails the job.
   *
   * @example
   * ```ts
   * lines.map(parse).onError({ deadLetters: rejected }).uid('parsed');
   * ```
   *
   * A folder of letters is a source for the job that is mended: a sink that writes `exactJsonLines()` keeps records of every kind, and a source of that format gives
   * them back as DeadLetter<T>, with the record in `record`.
   */
  onError(policy: ErrorPolicy): this {
    this.#refuseSource('onError()');
    return this.#change({ onError: policy });
  }

  /**
   * The records that the operator cannot process, as a stream of the job, in place of `onError`; else the same holds for them. Only the last call of
   * either counts.
   *
   * @example
   * ```ts
   * const parsed = lines.map(parse).uid('parsed');
   * parsed.deadLetters().sinkTo(rejected).uid('rejected');
   * ```
   */
  deadLetters(): DataStream<DeadLetter> {
    this.#refuseSource('deadLetters()');
    this.#change({ onError: 'sideOutput' });
    return new DataStream(this.#recorder, [
      { node: this.#node, partitioner: null, key: null, route: null, tag: deadLettersTag },
    ]);
  }

  #refuseSource(call: string): void {
    if (this.#node.kind !== 'source') return;
    throw mistake(
      'ERROR_POLICY_OF_SOURCE',
      `${call} was called on a source. A source is told itself what to do with what it cannot read.`,
    );
  }

  #change(settings: NodeSettings): this {
    this.#recorder.change(this.#node, settings);
    return this;
  }
}

const kinds: StreamKinds = {
  plain: (recorder, origins) => new DataStream(recorder, origins),
  keyed: (recorder, origins, key) => new KeyedStream(recorder, origins, key, kinds),
  output: (recorder, node) => new SingleOutputStream(recorder, node),
};
