import type { ProcessWindowFunction, WindowContext } from '../operators/window-functions.js';
import type { DeepReadonly } from '../state/keyed-state.js';
import type { WindowAssigner } from '../window/assigner.js';
import type { Evictor } from '../window/evictor.js';
import type { Trigger } from '../window/trigger.js';
import type { Window } from '../window/window.js';
import type { SingleOutputStream } from './data-stream.js';
import type { WindowedStream } from './windowed-stream.js';

/** A record of one of two streams that share windows. */
export interface Sided {
  readonly side: 0 | 1;
  readonly value: unknown;
}

/** Cuts the records of both streams into windows. */
export type CutTogether<K> = <W extends Window>(assigner: WindowAssigner<unknown, W>) => WindowedStream<Sided, K, W>;

/** The job's own code for what two streams have in one window of one key; either may be empty, and never both. */
export interface CoGroupFunction<K, T, U, R, W extends Window> {
  process(first: readonly T[], second: readonly U[], context: WindowContext<K, R, W>): void;
}

/** The job's own code for one pair of records in one window of one key. */
export interface JoinFunction<K, T, U, R, W extends Window> {
  processElement(first: T, second: U, context: WindowContext<K, R, W>): void;
}

/** Two keyed streams that are to share windows: `window` says which. */
export class WindowJoin<out T, out U, out K> {
  readonly #cut: CutTogether<K>;

  /** @internal */
  constructor(cut: CutTogether<K>) {
    this.#cut = cut;
  }

  /** Both streams are cut into the same windows; an assigner that looks at records does not fit two types of them. */
  window<W extends Window>(assigner: WindowAssigner<unknown, W>): JoinedWindows<T, U, K, W> {
    return new JoinedWindows(this.#cut(assigner));
  }
}

/**
 * Two keyed streams in the same windows. All records are kept until their window is over; what is put out has the greatest timestamp of the window. Immutable:
 * each call gives another one.
 *
 * @example
 * ```ts
 * orders
 *   .keyBy((order) => order.customerId)
 *   .join(customers.keyBy((customer) => customer.id))
 *   .window(tumblingEventTimeWindows({ sizeMs: 60_000 }))
 *   .join<string>({ processElement: (order, customer, { emit }) => emit(`${customer.name} ${order.amount}`) })
 *   .uid('orders-of-customers');
 * ```
 */
export class JoinedWindows<out T, out U, out K, W extends Window> {
  readonly #windows: WindowedStream<Sided, K, W>;

  /** @internal */
  constructor(windows: WindowedStream<Sided, K, W>) {
    this.#windows = windows;
  }

  /** As `trigger` of a windowed stream. */
  trigger(trigger: Trigger<unknown, W>): JoinedWindows<T, U, K, W> {
    return new JoinedWindows(this.#windows.trigger(trigger));
  }

  /** As `evictor` of a windowed stream; it takes from the records of both as they came, and does not know of which they are. */
  evictor(evictor: Evictor<unknown, W>): JoinedWindows<T, U, K, W> {
    return new JoinedWindows(this.#windows.evictor(evictor));
  }

  /** As `allowedLateness` of a windowed stream: what is put out again are all pairs, and not the new ones alone. */
  allowedLateness(latenessMs: number): JoinedWindows<T, U, K, W> {
    return new JoinedWindows(this.#windows.allowedLateness(latenessMs));
  }

  /** Runs `fn` on each pair of records in a window: an inner join. */
  join<R>(fn: JoinFunction<K, DeepReadonly<T>, DeepReadonly<U>, R, W>): SingleOutputStream<R> {
    return this.#process<R>((first, second, context) => {
      for (const left of first) for (const right of second) fn.processElement(left, right, context);
    });
  }

  /** Runs `fn` once for each window that has records of either stream: for outer joins, and for what is no join. */
  coGroup<R>(fn: CoGroupFunction<K, DeepReadonly<T>, DeepReadonly<U>, R, W>): SingleOutputStream<R> {
    return this.#process<R>((first, second, context) => fn.process(first, second, context));
  }

  #process<R>(run: CoGroupFunction<K, DeepReadonly<T>, DeepReadonly<U>, R, W>['process']): SingleOutputStream<R> {
    const both: ProcessWindowFunction<K, DeepReadonly<Sided>, R, W> = {
      process(elements, context) {
        const of = (side: 0 | 1): unknown[] => elements.flatMap((each) => (each.side === side ? [each.value] : []));
        run(of(0) as DeepReadonly<T>[], of(1) as DeepReadonly<U>[], context);
      },
    };
    return this.#windows.process<R>(both);
  }
}
