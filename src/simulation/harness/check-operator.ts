import { type ComparisonSetting, type Difference, differenceOf, recordText, textOf } from './compare.js';
import type { HarnessRun } from './harness-run.js';
import { allModes, type CheckMode, type Course, coursesOf, undisturbed } from './modes.js';
import { type OpenHarnessOptions, type OpenTwoInputHarnessOptions, oneInput, twoInputs } from './operator-harness.js';
import { type Pipeline, takesItsTime } from './pipeline.js';
import { type Action, BrokenOff, type Played, play } from './play.js';
import type { ScriptElement, TwoInputElement } from './script.js';
import type { Emitted } from './taken-output.js';

/** What checks of one and of two inputs are given alike. */
interface CheckOptions<Out> {
  /**
   * What comes out of the undisturbed run, timestamps aside: the values, in any order; or a function that looks at them as they came, and throws if they are wrong. Without it
   * the disturbed runs are only held against the undisturbed one.
   */
  readonly expect?: readonly Out[] | ((output: readonly Emitted<Out>[]) => void);
  /** Whether the input ends after the script, as a bounded one does. Default true. */
  readonly endsInput?: boolean;
  /** Values of equal key must come in the same order in every run. Without it, those of one step may come in any order. */
  readonly keyOf?: (value: Out) => unknown;
  /** Default all. */
  readonly modes?: readonly CheckMode[];
  /** The first is that of the undisturbed run. [1] for what depends on it, such as a count in each parallel instance. Default [1, 2, 3]. */
  readonly parallelism?: readonly number[];
  /** How many runs of `mixed`. Default 10. */
  readonly runs?: number;
  /** Run i of `mixed` has seed + i. Default 1. */
  readonly seed?: number;
  /** What the wall clock shows at the beginning, in milliseconds. Default 0. */
  readonly processingTime?: number;
}

export interface CheckOperatorOptions<In, Out>
  extends CheckOptions<Out>,
    Pick<OpenHarnessOptions<In, Out>, 'build' | 'sideOutputs'> {
  /** What happens to the pipeline, in order. */
  readonly input: readonly ScriptElement<In>[];
}

export interface CheckTwoInputOperatorOptions<First, Second, Out>
  extends CheckOptions<Out>,
    Pick<OpenTwoInputHarnessOptions<First, Second, Out>, 'build' | 'sideOutputs'> {
  /** What happens to the pipeline, in order. */
  readonly input: readonly TwoInputElement<First, Second>[];
}

export interface CheckOperatorReport<Out> {
  /** The undisturbed one included. */
  readonly runs: number;
  readonly restores: number;
  /** Of the undisturbed run, without side outputs. */
  readonly output: readonly Emitted<Out>[];
}

/** One way in which a pipeline did not survive: in which run, with which element, and what was different. */
export class OperatorCheckFailure extends Error {
  override readonly name = 'OperatorCheckFailure';

  constructor(
    message: string,
    readonly mode: Course['mode'],
    /** Of the script, from 1; 0 before the first element, null when it shows only over all of them. */
    readonly step: number | null,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/**
 * Puts a pipeline of one input through what can happen to it in a cluster: full outputs, and failures with a restore between any two elements, also into another
 * parallelism. It runs on the engine's own tasks, channels and snapshots, once undisturbed and then disturbed in each mode; every run must put out the same with
 * every element, and drop as many late records. Where calls are asynchronous, or the pipeline makes watermarks of its own, what comes out
 * is compared over all elements together.
 *
 * Throws an OperatorCheckFailure that names the mode, the element and the first difference. A run is a pure function of its seed and takes no real
 * time but for promises of asyncMap.
 *
 * @example
 * ```ts
 * const report = await checkOperator({
 *   build: (words: DataStream<string>) =>
 *     words
 *       .keyBy((word) => word)
 *       .window(tumblingEventTimeWindows({ sizeMs: 10 }))
 *       .aggregate({ createAccumulator: () => 0, add: (_word, n) => n + 1, getResult: (n) => n }),
 *   input: [record('to', 3), record('be', 4), watermark(5), record('to', 7), watermark(9), record('or', 12)],
 *   expect: [2, 1, 1],
 * });
 * expect(report.restores).toBeGreaterThan(10);
 * ```
 */
export function checkOperator<In, Out>(options: CheckOperatorOptions<In, Out>): Promise<CheckOperatorReport<Out>> {
  return checked(
    oneInput(options),
    options.input.map((element) => actionOf(element, 0, '')),
    options,
  );
}

/**
 * As `checkOperator`, for a pipeline of two inputs. After a restore operators hear of the watermarks of their inputs anew when the next one comes: a timer that was
 * set for the past may fire with that.
 *
 * @example
 * ```ts
 * await checkTwoInputOperator({
 *   build: (orders: DataStream<{ id: number; item: string }>, prices: DataStream<{ item: string; price: number }>) =>
 *     orders
 *       .keyBy(({ item }) => item)
 *       .intervalJoin(prices.keyBy(({ item }) => item))
 *       .between(-5, 5)
 *       .process({ processElement: ({ id }, { price }, context) => context.emit({ id, price }) }),
 *   input: [first(record({ id: 1, item: 'tea' }, 3)), second(record({ item: 'tea', price: 4 }, 6)), second(watermark(7))],
 *   expect: [{ id: 1, price: 4 }],
 * });
 * ```
 */
export function checkTwoInputOperator<First, Second, Out>(
  options: CheckTwoInputOperatorOptions<First, Second, Out>,
): Promise<CheckOperatorReport<Out>> {
  const actions = options.input.map((element) => {
    if (!('input' in element)) return actionOf(element, 0, '');
    return actionOf(element.element, element.input === 'first' ? 0 : 1, ` at the ${element.input} input`);
  });
  return checked(twoInputs(options), actions, options);
}

async function checked<Out>(
  pipeline: Pipeline,
  script: readonly Action[],
  options: CheckOptions<Out>,
): Promise<CheckOperatorReport<Out>> {
  const { modes = allModes, parallelism = [1, 2, 3], runs = 10, seed = 1, processingTime = 0 } = options;
  const actions = options.endsInput === false ? script : [...script, endOf(pipeline)];
  const comparison: ComparisonSetting = { byStep: !takesItsTime(pipeline), keyOf: options.keyOf ?? null };
  const once = async (course: Course): Promise<Played> => {
    try {
      return await play(pipeline, actions, course, processingTime);
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error;
      throw failureOf(course, actions, { step: error.step, what: error.message }, error.cause);
    }
  };
  const plain = undisturbed(parallelism[0] ?? 1);
  const expected = await once(plain);
  const output = expected.steps.flat().filter(({ tag }) => tag === null) as readonly Emitted<unknown>[];
  requireExpected(plain, output as readonly Emitted<Out>[], options.expect);
  let [played, restores] = [1, 0];
  for (const course of coursesOf({ modes, parallelism, runs, seed })) {
    const found = await once(course);
    const difference = differenceOf(expected, found, comparison);
    if (difference !== null) throw failureOf(course, actions, difference);
    played += 1;
    restores += found.restores;
  }
  return { runs: played, restores, output: output.map(({ value, timestamp }) => ({ value: value as Out, timestamp })) };
}

function requireExpected<Out>(
  course: Course,
  output: readonly Emitted<Out>[],
  expected: CheckOptions<Out>['expect'],
): void {
  if (expected === undefined) return;
  if (typeof expected === 'function') return expected(output);
  const played = (values: readonly unknown[]): Played => ({
    steps: [values.map((value) => ({ tag: null, value, timestamp: 0 }))],
    lateRecordsDropped: 0,
    restores: 0,
  });
  const values = output.map(({ value }) => value);
  if (differenceOf(played(expected), played(values), { byStep: false, keyOf: null }) === null) return;
  const message = `The ${course.mode} run put out ${textOf(values)}, and not ${textOf(expected)}.`;
  throw new OperatorCheckFailure(message, course.mode, null);
}

function failureOf(
  { mode, setting, seed }: Course,
  actions: readonly Action[],
  { step, what }: Difference,
  cause?: unknown,
): OperatorCheckFailure {
  const where =
    step === null
      ? 'over all elements'
      : step === 0
        ? 'before the first element'
        : `element ${step}, ${actions[step - 1]?.text}`;
  const again = seed === null ? `modes: ['${mode}']` : `modes: ['mixed'], runs: 1, seed: ${seed}`;
  const repeat = mode === 'undisturbed' ? '' : `\nRepeat it with checkOperator({ …, ${again} }).`;
  const message = `The pipeline failed in mode '${mode}' (${setting}), ${where}: ${what}.${repeat}`;
  return new OperatorCheckFailure(message, mode, step, cause);
}

function actionOf(element: ScriptElement<unknown>, input: number, at: string): Action {
  switch (element.kind) {
    case 'record': {
      const { value, timestamp } = element;
      return {
        passesTime: false,
        text: `record ${recordText(value, timestamp)}${at}`,
        act: (run: HarnessRun) => run.push(input, value, timestamp),
      };
    }
    case 'watermark':
      return {
        passesTime: false,
        text: `watermark ${element.timestamp}${at}`,
        act: (run: HarnessRun) => run.watermark(input, element.timestamp),
      };
    case 'processingTime':
      return {
        passesTime: true,
        text: `${element.passesMs} ms of processing time`,
        act: (run: HarnessRun) => run.pass(element.passesMs),
      };
  }
}

const endOf = ({ inputs }: Pipeline): Action => ({
  passesTime: false,
  text: 'the end of the input',
  act: (run) => {
    for (let input = 0; input < inputs; input++) run.endInput(input);
  },
});
