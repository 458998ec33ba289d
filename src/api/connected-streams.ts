import type { StageCode } from '../graph/stream-graph.js';
import { CoFlatMapOperator } from '../operators/co-flat-map.js';
import { CoMapOperator } from '../operators/co-map.js';
import { type CoProcessFunction, CoProcessOperator } from '../operators/co-process.js';
import type { ProcessContext } from '../operators/function-operator.js';
import { type KeyedCoProcessFunction, KeyedCoProcessOperator } from '../operators/keyed-co-process.js';
import type { KeySelector, TwoInputOperator } from '../operators/operator.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { SingleOutputStream } from './data-stream.js';
import type { SupportedKey } from './key.js';
import type { Pair } from './pair.js';

/** Refuses functions for keyed streams, which methods, being compared either way round, would let pass. */
interface WithoutKey<R> {
  readonly processElement1: (value: never, context: ProcessContext<R>) => void;
  readonly processElement2: (value: never, context: ProcessContext<R>) => void;
}

type Keys = readonly [KeySelector | null, KeySelector | null];

const twoInputs = (create: () => unknown, keys: Keys): StageCode => ({
  kind: 'twoInputs',
  create: create as () => TwoInputOperator,
  keys,
});

/**
 * Two streams of different types that one operator takes, each by a function of its own. Which of them the next record comes from is not
 * defined; event time is the lesser of both, where an idle stream does not count.
 *
 * @example
 * ```ts
 * const texts: DataStream<string> = lines.connect(numbers).map((line) => line, (number) => `${number}`);
 * ```
 */
export class ConnectedStreams<out T, out U> {
  readonly #pair: Pair;
  readonly #keys: Keys;

  /** @internal */
  constructor(pair: Pair, keys: Keys = [null, null]) {
    this.#pair = pair;
    this.#keys = keys;
  }

  /** Turns each record into one other, with the same timestamp. Both functions must be pure. */
  map<R>(first: (value: DeepReadonly<T>) => R, second: (value: DeepReadonly<U>) => R): SingleOutputStream<R> {
    return this.#pair.add(
      'coMap',
      false,
      twoInputs(() => new CoMapOperator(first, second), this.#keys),
    );
  }

  /** Turns each record into any number of others, pulled as the receivers have room. Both functions must be pure. */
  flatMap<R>(
    first: (value: DeepReadonly<T>) => Iterable<R>,
    second: (value: DeepReadonly<U>) => Iterable<R>,
  ): SingleOutputStream<R> {
    return this.#pair.add(
      'coFlatMap',
      false,
      twoInputs(() => new CoFlatMapOperator(first, second), this.#keys),
    );
  }

  /**
   * Runs `fn` on each record of both. Its state needs keys: call keyBy first, or connect keyed streams.
   *
   * @example
   * ```ts
   * const both = lines.connect(numbers).process<string>({
   *   processElement1: (line, context) => context.emit(line),
   *   processElement2: (number, context) => context.emit(`${number}`),
   * }).uid('both');
   * ```
   */
  process<R>(fn: CoProcessFunction<DeepReadonly<T>, DeepReadonly<U>, R> & WithoutKey<R>): SingleOutputStream<R> {
    return this.#pair.add(
      'coProcess',
      true,
      twoInputs(() => new CoProcessOperator(fn), this.#keys),
    );
  }

  /**
   * Keys both, each by a selector of its own, so that records of equal key meet in one parallel instance and share state.
   *
   * @example
   * ```ts
   * const byCustomer = orders.connect(customers).keyBy((order) => order.customerId, (customer) => customer.id);
   * ```
   */
  keyBy<const K>(
    first: (value: DeepReadonly<T>) => K & SupportedKey<K>,
    second: (value: DeepReadonly<U>) => NoInfer<K>,
  ): ConnectedKeyedStreams<T, U, K> {
    return new ConnectedKeyedStreams(this.#pair.hashed(first, second), [first, second]);
  }
}

/** Two streams with keys of the same type. Records of equal key, of either, go to the same parallel instance. */
export class ConnectedKeyedStreams<out T, out U, out K> {
  readonly #pair: Pair;
  readonly #keys: Keys;
  /** Carries the type of the keys; never has a value. */
  declare readonly _key?: K;

  /** @internal */
  constructor(pair: Pair, keys: Keys) {
    this.#pair = pair;
    this.#keys = keys;
  }

  /** As on streams without keys; the records of one key keep their order within each stream. */
  map<R>(first: (value: DeepReadonly<T>) => R, second: (value: DeepReadonly<U>) => R): SingleOutputStream<R> {
    return new ConnectedStreams<T, U>(this.#pair).map(first, second);
  }

  /** As on streams without keys; the records of one key keep their order within each stream. */
  flatMap<R>(
    first: (value: DeepReadonly<T>) => Iterable<R>,
    second: (value: DeepReadonly<U>) => Iterable<R>,
  ): SingleOutputStream<R> {
    return new ConnectedStreams<T, U>(this.#pair).flatMap(first, second);
  }

  /**
   * Runs `fn` on each record of both, with state and timers of the record's key.
   *
   * @example
   * ```ts
   * orders
   *   .keyBy((order) => order.customerId)
   *   .connect(customers.keyBy((customer) => customer.id))
   *   .process<string>({
   *     processElement1: (_order, context) => context.timers.setEventTime(context.timestamp + 60_000),
   *     processElement2: (customer, context) => context.emit(customer.name),
   *     onTimer: (_time, context) => context.emit(`nobody knows ${context.currentKey}`),
   *   })
   *   .uid('names');
   * ```
   */
  process<R>(fn: KeyedCoProcessFunction<K, DeepReadonly<T>, DeepReadonly<U>, R>): SingleOutputStream<R> {
    return this.#pair.add(
      'coProcess',
      true,
      twoInputs(() => new KeyedCoProcessOperator(fn), this.#keys),
    );
  }
}
