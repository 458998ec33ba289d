import type { Operator } from '../operators/operator.js';
import type { OutputTag } from '../operators/output-tag.js';
import type { Reducer } from '../operators/reduce.js';
import {
  aggregateFold,
  type Fold,
  type ProcessWindowFunction,
  reduceFold,
  type WindowComputation,
  type WindowContext,
} from '../operators/window-functions.js';
import { windowOperator } from '../operators/window-operators.js';
import type { WindowSetting } from '../operators/window-setting.js';
import type { AggregateFunction } from '../state/aggregates.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { Evictor } from '../window/evictor.js';
import type { Trigger } from '../window/trigger.js';
import type { Window } from '../window/window.js';
import type { SingleOutputStream } from './data-stream.js';
import { mistake } from './engine-error.js';
import { wholeNumber } from './whole-number.js';

/** Records the operator of a windowed stream. */
export type RecordOperator = (operation: string, create: () => Operator) => SingleOutputStream<never>;

/** Refuses functions for other keys or windows, which methods, being compared either way round, would let pass. */
interface ForWindows<K, Out, W extends Window> {
  readonly process: (elements: never, context: WindowContext<K, Out, W>) => void;
}

/** Of whatever records: their type is that of the stream. */
type Cut<W extends Window> = Omit<WindowSetting<never, W, unknown>, 'computation'>;

/**
 * The records of each key, cut into windows; what comes out of a window has its greatest timestamp. Immutable: each setting gives another.
 *
 * @example
 * ```ts
 * flights
 *   .keyBy((flight) => flight.origin)
 *   .window(tumblingEventTimeWindows({ sizeMs: 3_600_000 }))
 *   .allowedLateness(60_000)
 *   .reduce((a, b) => (a.delay > b.delay ? a : b))
 *   .uid('worst-of-the-hour');
 * ```
 */
export class WindowedStream<out T, out K, W extends Window> {
  readonly #record: RecordOperator;
  readonly #cut: Cut<W>;
  /** Carries the type of the key; never has a value. */
  declare readonly _key?: K;

  private constructor(record: RecordOperator, cut: Cut<W>) {
    this.#record = record;
    this.#cut = cut;
  }

  /** @internal */
  static of<T, K, W extends Window>(
    record: RecordOperator,
    assigner: WindowAssigner<DeepReadonly<T>, W>,
  ): WindowedStream<T, K, W> {
    return new WindowedStream<T, K, W>(record, {
      assigner,
      trigger: null,
      evictor: null,
      allowedLatenessMs: 0,
      late: null,
    });
  }

  /**
   * Puts out results when `trigger` says so, and no longer when windows end by themselves. Windows that merge need one that can
   * (TRIGGER_CANNOT_MERGE).
   *
   * @example
   * ```ts
   * windows.trigger(purgingTrigger(countTrigger(100)));
   * ```
   */
  trigger(trigger: Trigger<DeepReadonly<T>, W>): WindowedStream<T, K, W> {
    if (this.#cut.assigner.merges && !trigger.canMerge) {
      throw mistake(
        'TRIGGER_CANNOT_MERGE',
        'Sessions merge, and the trigger given to trigger() cannot. Give it one whose canMerge is true.',
      );
    }
    return new WindowedStream(this.#record, { ...this.#cut, trigger });
  }

  /**
   * Takes records out of windows when they fire. Windows with an evictor keep all their records until they are over, also for reduce and aggregate.
   *
   * @example
   * ```ts
   * windows.evictor(countEvictor(10));
   * ```
   */
  evictor(evictor: Evictor<DeepReadonly<T>, W>): WindowedStream<T, K, W> {
    return new WindowedStream(this.#record, { ...this.#cut, evictor });
  }

  /**
   * Keeps windows in event time for so much longer after their end: a record that comes then is added, and the result is put out again. Later ones go
   * to the side output of `sideOutputLateData`, or are dropped and counted. Default 0.
   */
  allowedLateness(latenessMs: number): WindowedStream<T, K, W> {
    const allowedLatenessMs = wholeNumber('allowedLateness', latenessMs, 0);
    return new WindowedStream(this.#record, { ...this.#cut, allowedLatenessMs });
  }

  /**
   * Puts records that are too late for each of their windows into the side output of `tag`, in place of dropping and counting them.
   *
   * @example
   * ```ts
   * const worst = windows.sideOutputLateData(lateFlights).reduce((a, b) => (a.delay > b.delay ? a : b)).uid('worst');
   * worst.getSideOutput(lateFlights).print('too late');
   * ```
   */
  sideOutputLateData<L>(this: WindowedStream<L, K, W>, tag: OutputTag<L>): WindowedStream<L, K, W> {
    return new WindowedStream<L, K, W>(this.#record, { ...this.#cut, late: tag });
  }

  /**
   * Combines the records of each window into one; only that is kept. `fn` must be pure and associative, because partial results are combined too, and
   * commutative unless records come in the order of their timestamps. `process` gets the result, with its window.
   *
   * @example
   * ```ts
   * windows.reduce((a, b) => (a.delay > b.delay ? a : b)).uid('worst');
   * ```
   */
  reduce(fn: Reducer<T>): SingleOutputStream<T>;
  reduce<Out>(
    fn: Reducer<T>,
    process: ProcessWindowFunction<K, DeepReadonly<T>, Out, W> & ForWindows<K, Out, W>,
  ): SingleOutputStream<Out>;
  reduce(fn: Reducer<T>, process?: ProcessWindowFunction<K, DeepReadonly<T>, unknown, W>): SingleOutputStream<unknown> {
    return this.#compute('reduce', reduceFold(fn), process);
  }

  /**
   * Folds the records of each window into an accumulator; only that is kept. Sessions need its `merge` (AGGREGATE_CANNOT_MERGE). `process` gets the result,
   * with its window.
   *
   * @example
   * ```ts
   * windows
   *   .aggregate({
   *     createAccumulator: () => ({ delay: 0, count: 0 }),
   *     add: (flight, { delay, count }) => ({ delay: delay + flight.delay, count: count + 1 }),
   *     getResult: ({ delay, count }) => delay / count,
   *     merge: (a, b) => ({ delay: a.delay + b.delay, count: a.count + b.count }),
   *   })
   *   .uid('mean-delay');
   * ```
   */
  aggregate<Acc, R>(fn: AggregateFunction<DeepReadonly<T>, Acc, R>): SingleOutputStream<R>;
  aggregate<Acc, R, Out>(
    fn: AggregateFunction<DeepReadonly<T>, Acc, R>,
    process: ProcessWindowFunction<K, R, Out, W> & ForWindows<K, Out, W>,
  ): SingleOutputStream<Out>;
  aggregate<Acc, R>(
    fn: AggregateFunction<DeepReadonly<T>, Acc, R>,
    process?: ProcessWindowFunction<K, R, unknown, W>,
  ): SingleOutputStream<unknown> {
    const { assigner, evictor } = this.#cut;
    if (assigner.merges && evictor === null && fn.merge === undefined) {
      throw mistake(
        'AGGREGATE_CANNOT_MERGE',
        'Sessions merge, and the function given to aggregate() cannot. Give it a merge function.',
      );
    }
    return this.#compute('aggregate', aggregateFold(fn), process);
  }

  /**
   * Gives all records of a window to `fn` when it fires, in the order in which they came. All of them are kept until then.
   *
   * @example
   * ```ts
   * windows
   *   .process<string>({ process: (all, { window, emit }) => emit(`${all.length} flights since ${window.start}`) })
   *   .uid('told');
   * ```
   */
  process<Out>(fn: ProcessWindowFunction<K, DeepReadonly<T>, Out, W> & ForWindows<K, Out, W>): SingleOutputStream<Out> {
    return this.#compute('process', null, fn);
  }

  #compute<R, Out>(
    operation: string,
    fold: Fold<never, unknown, unknown> | null,
    process: ProcessWindowFunction<K, R, Out, W> | undefined,
  ): SingleOutputStream<Out> {
    const computation = { fold, process: process ?? null } as WindowComputation<never, W, unknown>;
    const setting: WindowSetting<never, W, unknown> = { ...this.#cut, computation };
    return this.#record(`window-${operation}`, () => windowOperator(setting) as Operator);
  }
}
