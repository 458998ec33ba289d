import type { ReadOnlyBroadcastContext } from '../operators/broadcast-process.js';
import { type BroadcastProcessFunction, BroadcastProcessOperator } from '../operators/broadcast-process.js';
import type { BroadcastDescriptor } from '../operators/broadcast-state.js';
import {
  type KeyedBroadcastProcessFunction,
  KeyedBroadcastProcessOperator,
} from '../operators/keyed-broadcast-process.js';
import type { KeySelector, TwoInputOperator } from '../operators/operator.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { DataStream, SingleOutputStream } from './data-stream.js';
import type { Pair } from './pair.js';

/**
 * A stream whose records go to every parallel instance of what it is connected with, and there make broadcast state.
 *
 * @example
 * ```ts
 * const limits = mapState<string, number>('limits');
 * const rules: BroadcastStream<Rule> = newRules.broadcast(limits);
 * ```
 */
export class BroadcastStream<out T> {
  /** @internal */
  constructor(
    /** @internal */
    readonly stream: DataStream<T>,
    /** @internal */
    readonly descriptors: readonly BroadcastDescriptor[],
  ) {}
}

/** Refuses functions for keyed streams, which methods, being compared either way round, would let pass. */
interface WithoutKey<R> {
  readonly processElement: (value: never, context: ReadOnlyBroadcastContext<R>) => void;
}

/** A stream without keys, and a broadcast one. */
export class BroadcastConnectedStream<out T, out B> {
  readonly #pair: Pair;
  readonly #descriptors: readonly BroadcastDescriptor[];

  /** @internal */
  constructor(pair: Pair, descriptors: readonly BroadcastDescriptor[]) {
    this.#pair = pair;
    this.#descriptors = descriptors;
  }

  /**
   * Runs `fn` on each record of both. Records of the broadcast side write broadcast state, the others read it; it is in every checkpoint.
   *
   * @example
   * ```ts
   * const limits = mapState<string, number>('limits');
   * trades
   *   .connect(newRules.broadcast(limits))
   *   .process<string>({
   *     processElement: (trade, context) => context.emit(`${context.broadcastState(limits).get(trade.symbol)}`),
   *     processBroadcastElement: (rule, context) => context.broadcastState(limits).put(rule.symbol, rule.limit),
   *   })
   *   .uid('limited');
   * ```
   */
  process<R>(fn: BroadcastProcessFunction<DeepReadonly<T>, DeepReadonly<B>, R> & WithoutKey<R>): SingleOutputStream<R> {
    const descriptors = this.#descriptors;
    const create = (): TwoInputOperator => new BroadcastProcessOperator(fn, descriptors) as TwoInputOperator;
    return this.#pair.add('broadcastProcess', true, { kind: 'twoInputs', create, keys: [null, null] });
  }
}

/** A keyed stream, and a broadcast one. */
export class KeyedBroadcastConnectedStream<out T, out B, out K> {
  readonly #pair: Pair;
  readonly #key: KeySelector;
  readonly #descriptors: readonly BroadcastDescriptor[];
  /** Carries the type of the key; never has a value. */
  declare readonly _key?: K;

  /** @internal */
  constructor(pair: Pair, key: KeySelector, descriptors: readonly BroadcastDescriptor[]) {
    this.#pair = pair;
    this.#key = key;
    this.#descriptors = descriptors;
  }

  /** As without keys; records of the keyed side also have state and timers of their key. */
  process<R>(fn: KeyedBroadcastProcessFunction<K, DeepReadonly<T>, DeepReadonly<B>, R>): SingleOutputStream<R> {
    const descriptors = this.#descriptors;
    const create = (): TwoInputOperator => new KeyedBroadcastProcessOperator(fn, descriptors) as TwoInputOperator;
    return this.#pair.add('broadcastProcess', true, { kind: 'twoInputs', create, keys: [this.#key, null] });
  }
}
