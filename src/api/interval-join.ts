import {
  IntervalJoinOperator,
  type IntervalJoinSetting,
  type JoinInterval,
  type ProcessJoinFunction,
} from '../operators/interval-join.js';
import type { KeySelector, TwoInputOperator } from '../operators/operator.js';
import type { OutputTag } from '../operators/output-tag.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { SingleOutputStream } from './data-stream.js';
import { mistake } from './engine-error.js';
import type { Pair } from './pair.js';

type Keys = readonly [KeySelector, KeySelector];

/** Two keyed streams that are to be joined in event time: `between` says how far apart the records of a pair may be. */
export class IntervalJoin<out T, out U> {
  readonly #pair: Pair;
  readonly #keys: Keys;

  /** @internal */
  constructor(pair: Pair, keys: Keys) {
    this.#pair = pair;
    this.#keys = keys;
  }

  /**
   * Pairs are those in which the second record is between `lowerMs` and `upperMs` later than the first; either may be negative. Both bounds
   * are inclusive unless said otherwise. Throws INTERVAL_INVALID for a lower bound above the upper one.
   */
  between(lowerMs: number, upperMs: number): IntervalJoined<T, U> {
    if (!(Number.isFinite(lowerMs) && Number.isFinite(upperMs) && lowerMs <= upperMs)) {
      throw mistake(
        'INTERVAL_INVALID',
        `between got ${lowerMs} and ${upperMs}. Give it two numbers of milliseconds, the lower one first.`,
      );
    }
    const interval = { lowerMs, upperMs, isLowerExclusive: false, isUpperExclusive: false };
    return new IntervalJoined(this.#pair, this.#keys, interval, { left: null, right: null });
  }
}

/** The names of side outputs. */
interface LateOutputs {
  readonly left: string | null;
  readonly right: string | null;
}

/**
 * An inner join of two keyed streams in event time. Immutable: each call gives another one.
 *
 * @example
 * ```ts
 * orders
 *   .keyBy((order) => order.customerId)
 *   .intervalJoin(customers.keyBy((customer) => customer.id))
 *   .between(-5_000, 60_000)
 *   .upperBoundExclusive()
 *   .process<string>({ processElement: (order, customer, { emit }) => emit(`${customer.name} ${order.amount}`) })
 *   .uid('orders-of-customers');
 * ```
 */
export class IntervalJoined<out T, out U> {
  readonly #pair: Pair;
  readonly #keys: Keys;
  readonly #interval: JoinInterval;
  readonly #late: LateOutputs;

  /** @internal */
  constructor(pair: Pair, keys: Keys, interval: JoinInterval, late: LateOutputs) {
    this.#pair = pair;
    this.#keys = keys;
    this.#interval = interval;
    this.#late = late;
  }

  /** The lower bound itself makes no pair. */
  lowerBoundExclusive(): IntervalJoined<T, U> {
    return this.#with({ isLowerExclusive: true }, {});
  }

  /** The upper bound itself makes no pair. */
  upperBoundExclusive(): IntervalJoined<T, U> {
    return this.#with({ isUpperExclusive: true }, {});
  }

  /** Records of the first stream behind the watermark go there, and are no longer dropped and counted. */
  sideOutputLeftLateData(tag: OutputTag<T>): IntervalJoined<T, U> {
    return this.#with({}, { left: tag.name });
  }

  /** Records of the second stream behind the watermark go there, and are no longer dropped and counted. */
  sideOutputRightLateData(tag: OutputTag<U>): IntervalJoined<T, U> {
    return this.#with({}, { right: tag.name });
  }

  /** Runs `fn` on each pair, once; what it emits has the later timestamp of both. */
  process<R>(fn: ProcessJoinFunction<DeepReadonly<T>, DeepReadonly<U>, R>): SingleOutputStream<R> {
    const { left, right } = this.#late;
    const setting: IntervalJoinSetting<DeepReadonly<T>, DeepReadonly<U>, R> = {
      interval: this.#interval,
      fn,
      lateLeft: left === null ? null : { name: left },
      lateRight: right === null ? null : { name: right },
    };
    const create = (): TwoInputOperator => new IntervalJoinOperator(setting) as unknown as TwoInputOperator;
    return this.#pair.add('intervalJoin', true, { kind: 'twoInputs', create, keys: this.#keys });
  }

  #with(interval: Partial<JoinInterval>, late: Partial<LateOutputs>): IntervalJoined<T, U> {
    return new IntervalJoined(this.#pair, this.#keys, { ...this.#interval, ...interval }, { ...this.#late, ...late });
  }
}
