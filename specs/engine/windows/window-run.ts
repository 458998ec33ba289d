import type { ProcessWindowFunction, WindowComputation } from '../../../src/operators/window-functions.js';
import { aggregateFold, reduceFold } from '../../../src/operators/window-functions.js';
import { windowOperator } from '../../../src/operators/window-operators.js';
import type { WindowSetting } from '../../../src/operators/window-setting.js';
import { Windowing } from '../../../src/operators/windowing.js';
import type { AggregateFunction } from '../../../src/state/aggregates.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import type { Window } from '../../../src/window/window.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { type Collected, heapState, opened, restoredFrom } from '../operators/operator-run.js';
import { written } from '../state/written.js';

/** A record of these specs: who it is of, and what it counts. */
export interface Sale {
  readonly key: string;
  readonly n: number;
}

export type Computation<W extends Window> = WindowComputation<Sale, W, unknown>;

export const summed: Computation<Window> = {
  fold: reduceFold<Sale>((a, b) => ({ key: a.key, n: a.n + b.n })),
  process: null,
};

const list: AggregateFunction<Sale, readonly number[], string> = {
  createAccumulator: () => [],
  add: ({ n }, all) => [...all, n],
  getResult: (all) => all.join(' '),
  merge: (a, b) => [...a, ...b],
};

/** The numbers of a window, in the order in which they were folded. */
export const listed: Computation<Window> = { fold: aggregateFold(list), process: null };

/** The same without merge. */
export const listedWithoutMerge: Computation<Window> = {
  fold: aggregateFold<Sale, readonly number[], string>({
    createAccumulator: list.createAccumulator,
    add: list.add,
    getResult: list.getResult,
  }),
  process: null,
};

export const processed = <W extends Window>(
  process: ProcessWindowFunction<string, Sale, unknown, W>['process'],
  others: Omit<ProcessWindowFunction<string, Sale, unknown, W>, 'process'> = {},
): Computation<W> => ({
  fold: null,
  process: { ...others, process } as ProcessWindowFunction<unknown, unknown, unknown, W>,
});

/** All numbers of a window, in the order in which they came. */
export const collected: Computation<Window> = processed((all, { emit }) => emit(all.map(({ n }) => n).join(' ')));

export type Given<W extends Window> = Pick<WindowSetting<Sale, W, unknown>, 'assigner'> &
  Partial<WindowSetting<Sale, W, unknown>> & {
    /** In place of the operator that the setting leads to. */
    readonly create?: (setting: WindowSetting<Sale, W, unknown>) => Windowing<Sale, W, unknown>;
  };

/** One window operator with its state and its clock, as a task runs it. */
export class WindowRun<W extends Window> {
  readonly output: Collected;
  readonly operator: Windowing<Sale, W, unknown>;
  private readonly run: ReturnType<typeof opened>;

  constructor(
    private readonly given: Given<W>,
    readonly keyed: KeyedStateBackend = heapState(),
    items: readonly unknown[] = [],
    readonly clock = new VirtualClock(),
  ) {
    const setting = { trigger: null, evictor: null, allowedLatenessMs: 0, computation: listed, late: null, ...given };
    const operator = given.create?.(setting) ?? windowOperator<Sale, W, unknown>(setting);
    if (!(operator instanceof Windowing)) throw new Error('a window operator of another kind');
    this.operator = operator;
    this.run = opened(operator, keyed, { clock: this.clock, restored: { from: null, items } });
    this.output = this.run.output;
  }

  /** Records of key a: each a timestamp and a number. */
  a(...records: readonly (readonly [timestamp: number, n: number])[]): this {
    return this.of('a', ...records);
  }

  of(key: string, ...records: readonly (readonly [timestamp: number, n: number])[]): this {
    for (const [timestamp, n] of records) {
      this.keyed.setCurrentKey(key);
      this.operator.process({ key, n }, timestamp);
    }
    return this;
  }

  /** As the chain does it. */
  watermark(timestamp: number): this {
    this.keyed.clearCurrentKey();
    this.keyed.currentWatermark(timestamp);
    this.operator.watermark(timestamp);
    while (this.run.held) {
      this.run.held = false;
      this.output.isBlocked = false;
      if (!this.operator.resume()) this.run.held = true;
    }
    return this;
  }

  /** What comes out each time there is room for one. */
  steps(watermark: number): readonly (readonly unknown[])[] {
    const steps: (readonly unknown[])[] = [];
    this.output.takes = 1;
    this.keyed.clearCurrentKey();
    this.operator.watermark(watermark);
    for (;;) {
      steps.push(this.output.all.splice(0));
      if (!this.run.held) return steps;
      this.run.held = false;
      this.output.isBlocked = false;
      this.output.takes = 1;
      if (!this.operator.resume()) this.run.held = true;
    }
  }

  pass(durationMs: number): this {
    this.clock.pass(durationMs);
    // What was set meanwhile for the very end comes too.
    this.clock.pass(0);
    return this;
  }

  /** What has come out since it was asked last, without watermarks. */
  out(): readonly unknown[] {
    return this.output.all.splice(0).filter((each) => typeof each !== 'string');
  }

  /** The same job after a failure here and now. */
  restored(): WindowRun<W> {
    this.operator.close();
    return new WindowRun(this.given, restoredFrom(this.keyed), this.operator.snapshot({ epoch: 1, n: 1 }), this.clock);
  }

  /** How many key groups hold anything: none when all that belongs to windows is gone. */
  groupsWithState(): number {
    return written(this.keyed.snapshot({ epoch: 5, n: 5 }, null)).changed.length;
  }
}
