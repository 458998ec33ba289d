import type { Instance } from './function-operator.js';
import { instanceOf } from './function-operator.js';
import { stateAccessOf } from './keyed-input.js';
import type { KeyedInstance } from './keyed-process.js';
import {
  BasicOperator,
  type Lifecycle,
  type OperatorContext,
  type RestoredOperatorState,
  type Settle,
} from './operator.js';

/**
 * The life of a function that is an object: what it needs beside its records. Each subtask needs an object of its own, because one may keep what it got in
 * `open`; its fields are in no checkpoint.
 */
export interface Life<I extends Instance = Instance> {
  /** Once, before the first record. There is no current key yet: keyed state can be asked for, and not be used. A field in the type, so that what needs a key is refused. */
  readonly open?: (instance: I) => void;
  /** The last call, also after a failure, and when `open` failed. */
  readonly close?: () => void;
}

/** A function of `map` with a life: Flink's RichMapFunction. */
export interface MapFunction<In, Out, I extends Instance = Instance> extends Life<I> {
  map(value: In): Out;
}

/** The same of `filter`. */
export interface FilterFunction<In, I extends Instance = Instance> extends Life<I> {
  filter(value: In): boolean;
}

/** The same of `flatMap`. What it returns is pulled as receivers have room. */
export interface FlatMapFunction<In, Out, I extends Instance = Instance> extends Life<I> {
  flatMap(value: In): Iterable<Out>;
}

/** Opens the function with what it may use: keyed state too, where records have keys. */
export function openLife<I extends Instance>(context: OperatorContext<never>, life: Life<I>): void {
  const { keyed } = context;
  const instance: Instance | KeyedInstance =
    keyed === null ? instanceOf(context) : { ...instanceOf(context), ...stateAccessOf(keyed) };
  life.open?.(instance as I);
}

abstract class RichOperator<In, Out, I extends Instance> extends BasicOperator<In, Out> {
  constructor(private readonly life: Life<I>) {
    super();
  }

  override open(context: OperatorContext<Out>, restored: RestoredOperatorState, settle: Settle): Lifecycle {
    openLife(context, this.life);
    return super.open(context, restored, settle);
  }

  override close(): void {
    this.life.close?.();
  }
}

/** Runs a MapFunction. */
export class RichMapOperator<In, Out, I extends Instance> extends RichOperator<In, Out, I> {
  constructor(private readonly fn: MapFunction<In, Out, I>) {
    super(fn);
  }

  process(value: In, timestamp: number): void {
    this.context.output.emit(this.fn.map(value), timestamp);
  }
}

/** Runs a FilterFunction. */
export class RichFilterOperator<In, I extends Instance> extends RichOperator<In, In, I> {
  constructor(private readonly fn: FilterFunction<In, I>) {
    super(fn);
  }

  process(value: In, timestamp: number): void {
    if (this.fn.filter(value)) this.context.output.emit(value, timestamp);
  }
}

/** Runs a FlatMapFunction. */
export class RichFlatMapOperator<In, Out, I extends Instance> extends RichOperator<In, Out, I> {
  /** What is left to pull of the newest record. */
  private rest: { readonly iterator: Iterator<Out>; readonly timestamp: number; readonly key: unknown } | null = null;

  constructor(private readonly fn: FlatMapFunction<In, Out, I>) {
    super(fn);
  }

  process(value: In, timestamp: number): void {
    const iterator = this.fn.flatMap(value)[Symbol.iterator]();
    this.rest = { iterator, timestamp, key: this.context.keyed?.currentKey() };
    if (!this.pull()) this.context.hold();
  }

  override resume(): boolean {
    // Watermarks and other keys may have come in between.
    if (this.rest !== null) this.context.keyed?.setCurrentKey(this.rest.key);
    return this.pull();
  }

  override close(): void {
    try {
      this.rest?.iterator.return?.();
    } finally {
      super.close();
    }
  }

  private pull(): boolean {
    const { rest } = this;
    if (rest === null) return true;
    const { output } = this.context;
    while (!output.blocked()) {
      const next = rest.iterator.next();
      if (next.done === true) {
        this.rest = null;
        return true;
      }
      output.emit(next.value, rest.timestamp);
    }
    return false;
  }
}
