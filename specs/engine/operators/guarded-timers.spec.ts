import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { DeadLetter, RecordErrorPolicy } from '../../../src/operators/error-policy.js';
import { GuardedOperator } from '../../../src/operators/guarded-operator.js';
import { KeyedProcessOperator, type OnTimerContext } from '../../../src/operators/keyed-process.js';
import type { Operator } from '../../../src/operators/operator.js';
import { ProcessOperator } from '../../../src/operators/process.js';
import type { Sink } from '../../../src/operators/sink.js';
import { WatermarkOperator } from '../../../src/operators/watermarks.js';
import { valueState } from '../../../src/state/descriptors.js';
import type { WatermarkOutput } from '../../../src/time/watermark-generator.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { heapState, opened, restoredFrom } from './operator-run.js';

type OnTimer = (timestamp: number, context: OnTimerContext<string, unknown>) => void;

const count = valueState<number>('count');
const quiet = (): void => undefined;

/** Sets an event timer for each record, at its value. */
const timed = (onTimer: OnTimer): Operator =>
  new KeyedProcessOperator<string, number, unknown>({
    processElement: (value, { timers }) => timers.setEventTime(value),
    onTimer,
  }) as Operator;

/** Timers at odd times fail, after they have counted, set another timer, and put something out. */
const failsWhenOdd: OnTimer = (timestamp, { state, timers, emit }) => {
  state(count).update((state(count).value() ?? 0) + 1);
  emit(`${timestamp}: ${state(count).value()}`);
  if (timestamp % 2 === 0) return;
  timers.setEventTime(timestamp + 100);
  throw new Error(`odd ${timestamp}`);
};

function guardedTimers(onTimer: OnTimer, policy: Exclude<RecordErrorPolicy, 'fail'>, keyed = heapState()) {
  const clock = new VirtualClock();
  const operator = new GuardedOperator(timed(onTimer), keyed, policy, quiet);
  const run = opened(operator, keyed, { clock });
  const set = (key: string, ...times: readonly number[]): void => {
    for (const time of times) {
      keyed.setCurrentKey(key);
      operator.process(time, 0);
    }
  };
  return { operator, keyed, clock, set, run, output: run.output };
}

describe('error policy: timers', () => {
  it('one that fails is gone and counted; what it did is taken back; the others fire', () => {
    const { operator, keyed, set, output } = guardedTimers(failsWhenOdd, 'skip');
    set('a', 1, 2, 4);
    set('b', 3);
    operator.watermark(500);
    expect(output.all).toEqual([['2: 1', 2], ['4: 2', 4], 'watermark 500']);
    expect(operator.failedRecords).toBe(2);
    keyed.setCurrentKey('b');
    expect(keyed.value(count).value()).toBeUndefined();
    operator.watermark(1_000);
    expect(output.all.at(-1)).toBe('watermark 1000');
    expect(operator.failedRecords).toBe(2);
  });

  it('it is gone after a recovery too', () => {
    const { operator, keyed, set } = guardedTimers(failsWhenOdd, 'skip');
    set('a', 1, 600);
    operator.watermark(500);
    const again = guardedTimers(failsWhenOdd, 'skip', restoredFrom(keyed));
    again.operator.watermark(1_000);
    expect(again.output.all).toEqual([['600: 1', 600], 'watermark 1000']);
    expect(again.operator.failedRecords).toBe(0);
  });

  it('its letter has the key, the time and the error, and no record', () => {
    const { operator, set, output } = guardedTimers(failsWhenOdd, 'sideOutput');
    set('a', 7);
    operator.watermark(500);
    expect(output.all).toMatchObject([
      [
        '$dead-letters',
        {
          ...{ record: null, timestamp: 7, key: 'a' },
          origin: { operator: 'orders', event: 'timer at 7' },
          error: { message: 'odd 7' },
        },
        7,
      ],
      'watermark 500',
    ]);
  });

  it('in processing time as well, where nothing but the clock runs', () => {
    const keyed = heapState();
    const clock = new VirtualClock();
    const inner = new KeyedProcessOperator<string, number, unknown>({
      processElement: (value, { timers }) => timers.setProcessingTime(timers.currentProcessingTime() + value),
      onTimer: (_timestamp, { currentKey, emit }) => {
        if (currentKey === 'bad') throw new Error('bad');
        emit(currentKey);
      },
    });
    const operator = new GuardedOperator(inner as Operator, keyed, 'skip', quiet);
    const { output } = opened(operator, keyed, { clock });
    for (const [key, value] of [
      ['bad', 1],
      ['good', 1],
      ['late', 5],
    ] as const) {
      keyed.setCurrentKey(key);
      operator.process(value, 0);
    }
    clock.pass(10);
    expect(output.all.map((each) => (each as unknown[])[0])).toEqual(['good', 'late']);
    expect(operator.failedRecords).toBe(1);
  });

  it('a defect of the engine is never left out', () => {
    const broken = (): never => {
      throw new InvariantViolation('broken', {});
    };
    const { operator, set } = guardedTimers(broken, 'skip');
    set('a', 1);
    expect(() => operator.watermark(1)).toThrow(InvariantViolation);
  });

  it('timers wait for room in the sink of letters, and go on when there is some', () => {
    const written: DeadLetter[] = [];
    let room = 2;
    const sink: Sink<DeadLetter, never> = {
      name: 'letters',
      createWriter: () => ({
        write: (letter) => {
          expect(room).toBeGreaterThan(0);
          room -= 1;
          written.push(letter);
        },
        ready: () => room > 0,
        prepare: () => 'done',
        take: () => [],
        commit: () => 'done',
        abortOthers: () => 'done',
        close: quiet,
      }),
    };
    const { operator, set, run } = guardedTimers(failsWhenOdd, { deadLetters: sink });
    set('a', 1);
    set('b', 1);
    set('c', 1);
    operator.watermark(1);
    expect(written.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(run.held).toBe(true);
    expect(run.output.all).toEqual([]);
    room = 2;
    expect(operator.resume()).toBe(true);
    expect(written.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(run.output.all).toEqual(['watermark 1']);
  });
});

describe('error policy: the end of the input', () => {
  it('what fails there puts nothing out and is counted', () => {
    const inner = new ProcessOperator<number, string>({
      processElement: (value, { emit }) => emit(String(value)),
      finish: ({ emit }) => {
        emit('half');
        throw new Error('at the end');
      },
    });
    const operator = new GuardedOperator(inner as Operator, null, 'sideOutput', quiet);
    const { output } = opened(operator, null);
    operator.process(1, 5);
    expect(operator.finish(quiet)).toBe('done');
    expect(output.all).toMatchObject([
      ['1', 5],
      ['$dead-letters', { record: null, timestamp: null, key: null, origin: { event: 'end of input' } }, noTime],
    ]);
  });

  const noTime = expect.any(Number) as number;
});

describe('error policy: watermark generators', () => {
  const generator = (onEvent: (value: number, out: WatermarkOutput) => void, onPeriodic = quiet) =>
    new WatermarkOperator<number>(
      {
        assigner: null,
        alignment: null,
        createGenerator: () => ({ onEvent: (value, _timestamp, out) => onEvent(value, out), onPeriodic }),
      },
      200,
    ) as Operator;

  it('one that fails at a record fails that record; the watermark that it had said stays said', () => {
    const operator = new GuardedOperator(
      generator((value, out) => {
        out.watermark(value);
        if (value === 2) throw new Error('two');
      }),
      null,
      'skip',
      quiet,
    );
    const { output } = opened(operator, null, { clock: new VirtualClock() });
    for (const value of [1, 2, 3]) operator.process(value, value);
    expect(output.all).toEqual([[1, 1], 'watermark 1', 'watermark 2', [3, 3], 'watermark 3']);
  });

  it('one that fails between records fails the job: event time would stand still, and nobody see why', () => {
    const clock = new VirtualClock();
    const broken = (): never => {
      throw new Error('no watermark');
    };
    const operator = new GuardedOperator(generator(quiet, broken), null, 'skip', quiet);
    opened(operator, null, { clock });
    expect(() => clock.pass(200)).toThrow('no watermark');
  });
});
