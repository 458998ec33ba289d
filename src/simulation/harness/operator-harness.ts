import type { DataStream } from '../../api/data-stream.js';
import { mistake } from '../../api/engine-error.js';
import { noTimestamp } from '../../operators/operator.js';
import type { OutputTag } from '../../operators/output-tag.js';
import { HarnessRun, type HarnessSnapshot } from './harness-run.js';
import type { PendingTimer } from './pending-timers.js';
import type { NamedOutput, Pipeline } from './pipeline.js';
import type { Emitted, Taken } from './taken-output.js';

/** What harnesses of one and of two inputs are opened with alike. */
export interface HarnessOptions {
  /** Side outputs, of the operator whose stream `build` returns, that `sideOutput` is to give. */
  readonly sideOutputs?: readonly NamedOutput[];
  /** Of all operators that do not say otherwise. Default 1. */
  readonly parallelism?: number;
  /** What the wall clock shows at the beginning, in milliseconds. Default 0. */
  readonly processingTime?: number;
}

/** What harnesses of one and of two inputs can do alike. */
class Harness<Out> {
  /** @internal */
  protected readonly run: HarnessRun;
  readonly #sideOutputs: readonly NamedOutput[];
  #taken: Taken[] = [];
  #parallelism: number;

  /** @internal */
  constructor(pipeline: Pipeline, { parallelism = 1, processingTime = 0 }: HarnessOptions) {
    this.#sideOutputs = pipeline.sideOutputs;
    this.#parallelism = parallelism;
    const options = { parallelism, startMs: processingTime };
    this.run = new HarnessRun(pipeline, (taken) => this.#taken.push(taken), options);
  }

  /** What the wall clock of the pipeline shows. It stands still but for `advanceProcessingTime`. */
  get processingTime(): number {
    return this.run.time.nowMs;
  }

  /** The newest watermark that has come out; null before the first, infinite after the end of all input. */
  get outputWatermark(): number | null {
    return this.run.outputWatermark;
  }

  /** How many records were dropped because they were late, over all restores. */
  get lateRecordsDropped(): number {
    return this.run.lateRecordsDropped;
  }

  /** Lets processing time pass: timers that are due meanwhile fire, each at its moment. */
  advanceProcessingTime(durationMs: number): void {
    this.run.pass(durationMs);
  }

  /** What has come out of the pipeline since this was asked last, in order. */
  output(): readonly Emitted<Out>[] {
    return this.#take(null) as readonly Emitted<Out>[];
  }

  /** The same of a side output that the harness was opened with (SIDE_OUTPUT_NONE). */
  sideOutput<T>(tag: OutputTag<T>): readonly Emitted<T>[] {
    if (!this.#sideOutputs.some(({ name }) => name === tag.name)) {
      throw mistake(
        'SIDE_OUTPUT_NONE',
        `The harness was not opened with the side output '${tag.name}'. Name it in 'sideOutputs'.`,
      );
    }
    return this.#take(tag.name) as readonly Emitted<T>[];
  }

  /** The timers that are set, of functions and of windows, by operator, kind of time and time. Takes a snapshot. */
  timers(): readonly PendingTimer[] {
    return this.run.timers();
  }

  /** Takes a checkpoint, by a barrier through the whole pipeline. Not after the end of the input (HARNESS_SNAPSHOT). */
  snapshot(): HarnessSnapshot {
    return this.run.snapshot();
  }

  /**
   * Ends the pipeline as it is and goes on from a snapshot of this harness, as a job does that has failed; with a parallelism, as one that was rescaled. Fields
   * of functions begin anew. What was put in after the snapshot does not come again, and processing time goes on.
   */
  restore(
    snapshot: HarnessSnapshot,
    { parallelism = this.#parallelism }: { readonly parallelism?: number } = {},
  ): void {
    this.#parallelism = parallelism;
    this.run.restore(snapshot, parallelism);
  }

  /** Waits for the promises of asyncMap and asyncFlatMap, in real time and no longer than 10 s (HARNESS_CALLS). Other operators need no waiting. */
  callsSettled(): Promise<void> {
    return this.run.callsSettled();
  }

  /** Ends the pipeline: functions are closed. */
  close(): void {
    this.run.close();
  }

  #take(tag: string | null): readonly Emitted<unknown>[] {
    const taken = this.#taken.filter((each) => each.tag === tag);
    this.#taken = this.#taken.filter((each) => each.tag !== tag);
    return taken.map(({ value, timestamp }) => ({ value, timestamp }));
  }
}

/** A pipeline of one input, fed by hand. See `openHarness`. */
export class OperatorHarness<In, Out> extends Harness<Out> {
  /** Puts in one record; without a timestamp it has none. */
  push(value: In, timestamp: number = noTimestamp): void {
    this.run.push(0, value, timestamp);
  }

  /** No record at or below this time is to follow, save late ones. */
  watermark(timestamp: number): void {
    this.run.watermark(0, timestamp);
  }

  /** Ends the input: the last watermark passes, functions finish. Nothing can follow it (HARNESS_ENDED). */
  endInput(): void {
    this.run.endInput(0);
  }
}

/** A pipeline of two inputs, fed by hand. See `openTwoInputHarness`. */
export class TwoInputHarness<First, Second, Out> extends Harness<Out> {
  pushFirst(value: First, timestamp: number = noTimestamp): void {
    this.run.push(0, value, timestamp);
  }

  pushSecond(value: Second, timestamp: number = noTimestamp): void {
    this.run.push(1, value, timestamp);
  }

  /** Of the first input. Event time of an operator with both is the lesser of the two. */
  watermarkFirst(timestamp: number): void {
    this.run.watermark(0, timestamp);
  }

  watermarkSecond(timestamp: number): void {
    this.run.watermark(1, timestamp);
  }

  endFirst(): void {
    this.run.endInput(0);
  }

  endSecond(): void {
    this.run.endInput(1);
  }
}

export interface OpenHarnessOptions<In, Out> extends HarnessOptions {
  /** Writes the pipeline, as the function of `defineJob` does. Called for each slot of each run, so that functions share nothing. */
  readonly build: (input: DataStream<In>) => DataStream<Out>;
}

export interface OpenTwoInputHarnessOptions<First, Second, Out> extends HarnessOptions {
  /** Writes the pipeline, as the function of `defineJob` does. Called for each slot of each run, so that functions share nothing. */
  readonly build: (first: DataStream<First>, second: DataStream<Second>) => DataStream<Out>;
}

/** As pipelines are for the engine: without the types of records. */
export const oneInput = <In, Out>({
  build,
  sideOutputs = [],
}: Pick<OpenHarnessOptions<In, Out>, 'build' | 'sideOutputs'>): Pipeline => ({
  inputs: 1,
  build: ([input]) => build(input as DataStream<In>),
  sideOutputs,
});

export const twoInputs = <First, Second, Out>({
  build,
  sideOutputs = [],
}: Pick<OpenTwoInputHarnessOptions<First, Second, Out>, 'build' | 'sideOutputs'>): Pipeline => ({
  inputs: 2,
  build: ([first, second]) => build(first as DataStream<First>, second as DataStream<Second>),
  sideOutputs,
});

/**
 * Runs a pipeline on the engine's own tasks and channels, on a clock that stands still, and feeds it by hand: after each call everything has happened that
 * can. For specs of functions with state, timers and windows, step by step.
 *
 * @example
 * ```ts
 * const harness = await openHarness({
 *   build: (words: DataStream<string>) =>
 *     words
 *       .keyBy((word) => word)
 *       .window(tumblingEventTimeWindows({ sizeMs: 10 }))
 *       .aggregate({ createAccumulator: () => 0, add: (_word, n) => n + 1, getResult: (n) => n }),
 * });
 * harness.push('to', 3);
 * harness.push('to', 7);
 * harness.watermark(8);
 * expect(harness.output()).toEqual([]);
 * harness.restore(harness.snapshot(), { parallelism: 2 });
 * harness.watermark(9);
 * expect(harness.output()).toEqual([{ value: 2, timestamp: 9 }]);
 * harness.close();
 * ```
 */
export async function openHarness<In, Out>(options: OpenHarnessOptions<In, Out>): Promise<OperatorHarness<In, Out>> {
  return new OperatorHarness<In, Out>(oneInput(options), options);
}

/**
 * As `openHarness`, for a pipeline of two inputs.
 *
 * @example
 * ```ts
 * const harness = await openTwoInputHarness({
 *   build: (words: DataStream<string>, numbers: DataStream<number>) =>
 *     words.connect(numbers).map((word) => word.length, (number) => number),
 * });
 * harness.pushFirst('four');
 * harness.pushSecond(5);
 * expect(harness.output().map(({ value }) => value)).toEqual([4, 5]);
 * harness.close();
 * ```
 */
export async function openTwoInputHarness<First, Second, Out>(
  options: OpenTwoInputHarnessOptions<First, Second, Out>,
): Promise<TwoInputHarness<First, Second, Out>> {
  return new TwoInputHarness<First, Second, Out>(twoInputs(options), options);
}
