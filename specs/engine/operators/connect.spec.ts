import { describe, expect, it } from 'vitest';
import { CoFlatMapOperator } from '../../../src/operators/co-flat-map.js';
import { CoMapOperator } from '../../../src/operators/co-map.js';
import { CoProcessOperator } from '../../../src/operators/co-process.js';
import { KeyedCoProcessOperator } from '../../../src/operators/keyed-co-process.js';
import type { KeyedInstance, KeyedProcessContext, OnTimerContext } from '../../../src/operators/keyed-process.js';
import type { Operator } from '../../../src/operators/operator.js';
import { valueState } from '../../../src/state/descriptors.js';
import type { KeyedStateBackend, ValueState } from '../../../src/state/keyed-state.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { heapState, opened, restoredFrom } from './operator-run.js';

describe('CoMap', () => {
  it('has a function for each input', () => {
    const operator = new CoMapOperator(
      (line: string) => line.length,
      (number: number) => number * 2,
    );
    const { output } = opened(operator as Operator, null);
    operator.process('abc', 1);
    operator.processSecond(21, 2);
    operator.watermark(2);
    expect(output.all).toEqual([[3, 1], [42, 2], 'watermark 2']);
  });
});

describe('CoFlatMap', () => {
  it('pulls what its functions return as receivers have room, and lets go of the rest at its end', () => {
    let returned = 0;
    function* numbers(): Generator<number> {
      try {
        yield* [1, 2, 3];
      } finally {
        returned += 1;
      }
    }
    const operator = new CoFlatMapOperator<string, unknown, string | number>((words) => words.split(' '), numbers);
    const run = opened(operator as Operator<never>, null);
    operator.process('a b', 1);
    expect(run.output.all).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    run.output.isBlocked = true;
    operator.processSecond(undefined, 2);
    expect(run.held).toBe(true);
    expect(operator.resume()).toBe(false);
    run.output.isBlocked = false;
    expect(operator.resume()).toBe(true);
    expect(run.output.all.slice(2)).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    run.output.isBlocked = true;
    operator.processSecond(undefined, 3);
    operator.close();
    expect(returned).toBe(1);
  });
});

describe('CoProcess', () => {
  it('shares what it keeps between both inputs, and ends when both have', () => {
    let largest = 0;
    const operator = new CoProcessOperator<number, number, string>({
      processElement1: (value, context) => {
        if (value > largest) context.emit(`${value} at ${context.timestamp}, watermark ${context.watermark}`);
      },
      processElement2: (value) => {
        largest = value;
      },
      finish: (context) => context.emit(`largest ${largest}`, 9),
    });
    const { output } = opened(operator as Operator, null);
    operator.watermark(3);
    operator.processSecond(5, 4);
    operator.process(5, 5);
    operator.process(6, 6);
    operator.finish(() => undefined);
    expect(output.all).toEqual(['watermark 3', ['6 at 6, watermark 3', 6], ['largest 5', 9]]);
  });
});

/** Matches what came in on the first with what came on the second; on a timer says who is alone. */
class Match {
  private left!: ValueState<string>;
  private right!: ValueState<string>;

  open({ state }: KeyedInstance): void {
    this.left = state(valueState<string>('left'));
    this.right = state(valueState<string>('right'));
  }
  processElement1(value: string, context: KeyedProcessContext<string, string>): void {
    this.left.update(value);
    this.settle(context);
  }
  processElement2(value: string, context: KeyedProcessContext<string, string>): void {
    this.right.update(value);
    this.settle(context);
  }
  onTimer(_time: number, context: OnTimerContext<string, string>): void {
    const [left, right] = [this.left.value(), this.right.value()];
    if (left === undefined || right === undefined) context.emit(`${context.currentKey} alone`);
  }
  private settle(context: KeyedProcessContext<string, string>): void {
    const [left, right] = [this.left.value(), this.right.value()];
    if (left !== undefined && right !== undefined) context.emit(`${context.currentKey} ${left}${right}`);
    else context.timers.setEventTime(context.timestamp + 10);
  }
}

describe('KeyedCoProcess', () => {
  function matching(keyed: KeyedStateBackend = heapState()) {
    const operator = new KeyedCoProcessOperator<string, string, string, string>(new Match());
    const { output } = opened(operator as Operator, keyed, { clock: new VirtualClock() });
    const first = (key: string, value: string, timestamp: number): void => {
      keyed.setCurrentKey(key);
      operator.process(value, timestamp);
    };
    const second = (key: string, value: string, timestamp: number): void => {
      keyed.setCurrentKey(key);
      operator.processSecond(value, timestamp);
    };
    return { operator, keyed, all: output.all, first, second };
  }

  it('has one state and one set of timers for each key, whichever input its records come from', () => {
    const { operator, all, first, second } = matching();
    first('a', 'l', 1);
    second('b', 'r', 2);
    second('a', 'r', 3);
    operator.watermark(12);
    expect(all).toEqual([['a lr', 3], ['b alone', 12], 'watermark 12']);
  });

  it('goes on with both after a failure', () => {
    const before = matching();
    before.first('a', 'l', 1);
    before.second('b', 'r', 2);
    const after = matching(restoredFrom(before.keyed));
    after.second('a', 'r', 3);
    after.operator.watermark(50);
    expect(after.all).toEqual([['a lr', 3], ['b alone', 12], 'watermark 50']);
  });

  it('without onTimer no timer can be set', () => {
    const keyed = heapState();
    const operator = new KeyedCoProcessOperator<string, number, number, never>({
      processElement1: () => undefined,
      processElement2: (_value, { timers }) => timers.setEventTime(1),
    });
    opened(operator as Operator, keyed);
    keyed.setCurrentKey('a');
    expect(() => operator.processSecond(1, 1)).toThrow(/uses timers, and its function has no onTimer/);
  });
});
