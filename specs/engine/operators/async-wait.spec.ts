import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../actors/protocol/failure.js';
import { exponentialRetry, fixedDelayRetry } from '../../../src/api/async-options.js';
import type { AsyncCallContext, AsyncRetry, AsyncSetting } from '../../../src/operators/async-function.js';
import { AsyncWaitOperator } from '../../../src/operators/async-wait.js';
import { GuardedOperator } from '../../../src/operators/guarded-operator.js';
import type { Operator, RestoredOperatorState } from '../../../src/operators/operator.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { Answers } from './answers.js';
import { fresh, type OperatorRun, opened } from './operator-run.js';

type Setting = AsyncSetting<string, string, string>;
const checkpoint = { epoch: 1, n: 1 };

interface Stage extends OperatorRun {
  readonly operator: AsyncWaitOperator<string, string, string>;
  readonly answers: Answers;
  readonly clock: VirtualClock;
  /** What was asked, in order. */
  readonly asked: string[];
  readonly contexts: AsyncCallContext[];
  readonly failures: Failure[];
}

function stage(setting: Partial<Setting> = {}, restored: RestoredOperatorState = fresh): Stage {
  const answers = new Answers();
  const clock = new VirtualClock();
  const asked: string[] = [];
  const contexts: AsyncCallContext[] = [];
  const failures: Failure[] = [];
  const operator = new AsyncWaitOperator<string, string, string>({
    resultsOf: (result) => [result],
    ordered: true,
    timeoutMs: 1_000,
    capacity: 3,
    retry: null,
    ...setting,
    fn: {
      invoke: (value, context) => {
        asked.push(value);
        contexts.push(context);
        return Promise.resolve('never looked at');
      },
      ...setting.fn,
    },
  });
  const run = opened(operator as never, null, {
    clock,
    offload: answers.offload,
    fail: (failure) => failures.push(failure),
    restored,
  });
  return { ...run, operator, answers, clock, asked, contexts, failures };
}

const never = (): never => {
  throw new Error('settled what was not pending');
};

describe('async I/O: order', () => {
  it('ordered: results and watermarks come out as their records came in', () => {
    const { operator, answers, output } = stage();
    operator.process('a', 1);
    operator.process('b', 2);
    operator.watermark(2);
    operator.process('c', 3);
    answers.answer(2, 'C');
    answers.answer(1, 'B');
    expect(output.all).toEqual([]);
    answers.answer(0, 'A');
    expect(output.all).toEqual([['A', 1], ['B', 2], 'watermark 2', ['C', 3]]);
  });

  it('unordered: results come out as they come, and none passes a watermark', () => {
    const { operator, answers, output } = stage({ ordered: false });
    operator.process('a', 1);
    operator.process('b', 2);
    operator.watermark(2);
    operator.process('c', 3);
    answers.answer(2, 'C');
    answers.answer(1, 'B');
    expect(output.all).toEqual([['B', 2]]);
    answers.answer(0, 'A');
    expect(output.all).toEqual([['B', 2], ['A', 1], 'watermark 2', ['C', 3]]);
  });

  it('a watermark with nothing under way goes on at once', () => {
    for (const ordered of [true, false]) {
      const { operator, output } = stage({ ordered });
      operator.watermark(7);
      expect(output.all).toEqual(['watermark 7']);
    }
  });
});

describe('async I/O: capacity and back pressure', () => {
  it('takes no more records than may be under way, and more when one is done', () => {
    const { operator, answers } = stage({ capacity: 2 });
    operator.process('a', 1);
    expect(operator.ready()).toBe(true);
    operator.process('b', 2);
    expect(operator.ready()).toBe(false);
    answers.answer(1, 'B');
    expect(operator.ready()).toBe(true);
  });

  it('holds when there is no room for what comes out, and goes on when it is resumed', () => {
    const run = stage();
    run.operator.process('a', 1);
    run.operator.process('b', 2);
    run.answers.answer(1, 'B');
    run.output.isBlocked = true;
    run.answers.answer(0, 'A');
    expect(run.output.all).toEqual([]);
    expect(run.operator.resume()).toBe(false);
    run.output.isBlocked = false;
    expect(run.operator.resume()).toBe(true);
    expect(run.output.all).toEqual([
      ['A', 1],
      ['B', 2],
    ]);
  });
});

describe('async I/O: timeout', () => {
  it('fails the job, over all tries together', () => {
    const { operator, answers, clock, failures, contexts } = stage({
      retry: fixedDelayRetry({ retriesMax: 9, delayMs: 400 }),
    });
    operator.process('a', 1);
    answers.reject(0, 'busy');
    clock.pass(400);
    answers.reject(1, 'busy');
    clock.pass(400);
    expect(failures).toEqual([]);
    clock.pass(200);
    expect(failures).toMatchObject([{ code: 'ASYNC_TIMEOUT', domain: 'user' }]);
    expect(failures[0]?.message).toContain('no result after 1000 ms and 3 tries');
    expect(contexts[0]?.signal.aborted).toBe(true);
  });

  it('a timeout function answers for it, and what comes later counts no more', () => {
    const { operator, answers, clock, output, failures } = stage({
      fn: { invoke: () => Promise.resolve(''), timeout: (value: string) => `${value} was late` },
    });
    operator.process('a', 1);
    clock.pass(1_000);
    answers.answer(0, 'A');
    expect(output.all).toEqual([['a was late', 1]]);
    expect(failures).toEqual([]);
  });
});

describe('async I/O: retry', () => {
  it('a call that fails for good fails the job with its error', () => {
    const { operator, answers, failures } = stage();
    operator.process('a', 1);
    answers.reject(0, 'no such host');
    expect(failures).toMatchObject([{ code: 'ASYNC_CALL_FAILED' }]);
    expect(failures[0]?.message).toContain('no such host');
    expect(failures[0]?.stack).toContain('answers.ts');
  });

  it.each<[string, AsyncRetry<string>, number[]]>([
    ['fixed', fixedDelayRetry({ retriesMax: 3, delayMs: 50 }), [50, 50, 50]],
    [
      'exponential',
      exponentialRetry({ retriesMax: 3, initialDelayMs: 40, multiplier: 3, delayMsMax: 200 }),
      [40, 120, 200],
    ],
  ])('%s: tries again after its delays, so many times', (_name, retry, delays) => {
    const { operator, answers, clock, asked, failures, contexts } = stage({ retry });
    operator.process('a', 1);
    for (const [at, delayMs] of delays.entries()) {
      answers.reject(at, 'busy');
      clock.pass(delayMs - 1);
      expect(asked).toHaveLength(at + 1);
      clock.pass(1);
      expect(asked).toHaveLength(at + 2);
    }
    expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(failures).toEqual([]);
    answers.reject(3, 'busy');
    expect(failures[0]?.message).toContain('tried 4 times: busy');
  });

  it('predicates decide which errors and which results are tried again', () => {
    const retry = fixedDelayRetry<string>({
      retriesMax: 1,
      delayMs: 1,
      onError: (error) => (error as Error).message === 'busy',
      onResult: (result) => result === 'empty',
    });
    const { operator, answers, clock, output, failures } = stage({ retry });
    operator.process('a', 1);
    answers.answer(0, 'empty');
    clock.pass(1);
    // The last try counts, whatever it is.
    answers.answer(1, 'empty');
    expect(output.all).toEqual([['empty', 1]]);
    operator.process('b', 2);
    answers.reject(2, 'broken');
    expect(failures).toHaveLength(1);
  });
});

describe('async I/O: the end', () => {
  it('waits for what is under way', () => {
    const { operator, answers, output } = stage();
    expect(operator.finish(never)).toBe('done');
    operator.process('a', 1);
    const settled: unknown[] = [];
    expect(operator.finish((failed) => settled.push(failed))).toBe('pending');
    answers.answer(0, 'A');
    expect(settled).toEqual([null]);
    expect(output.all).toEqual([['A', 1]]);
  });

  it('what waits for a retry has its last try at once', () => {
    const { operator, answers, failures, asked } = stage({ retry: fixedDelayRetry({ retriesMax: 9, delayMs: 500 }) });
    operator.process('a', 1);
    answers.reject(0, 'busy');
    expect(operator.finish(() => undefined)).toBe('pending');
    expect(asked).toEqual(['a', 'a']);
    answers.reject(1, 'still busy');
    expect(failures[0]?.message).toContain('still busy');
  });

  it('who has asked for the signal of a call hears when nobody waits for it any more', () => {
    const { operator, contexts, answers } = stage();
    operator.process('a', 1);
    operator.process('b', 2);
    const signals = contexts.map(({ signal }) => signal);
    answers.answer(0, 'A');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    operator.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('an operator that is closed asks nothing and aborts what it has asked', () => {
    const { operator, contexts, clock, failures } = stage();
    operator.process('a', 1);
    operator.close();
    clock.pass(5_000);
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(failures).toEqual([]);
  });
});

describe('async I/O: snapshot and restore', () => {
  it('inputs whose results are not out are in the snapshot, and are asked about again in their order', () => {
    const first = stage();
    first.operator.process('a', 1);
    first.operator.process('b', 2);
    first.operator.process('c', 3);
    first.answers.answer(0, 'A');
    first.answers.answer(2, 'C');
    const items = first.operator.snapshot(checkpoint);
    const second = stage({}, { from: checkpoint, items });
    expect(second.asked).toEqual(['b', 'c']);
    second.answers.answer(1, 'C');
    second.answers.answer(0, 'B');
    expect(second.output.all).toEqual([
      ['B', 2],
      ['C', 3],
    ]);
  });

  it('more than there is room for is asked about little by little, before any new record', () => {
    const items = ['a', 'b', 'c'].map((value, index) => ({ value, timestamp: index }));
    const { operator, answers, asked, output } = stage({ capacity: 2 }, { from: checkpoint, items });
    expect(asked).toEqual(['a', 'b']);
    expect(operator.snapshot(checkpoint)).toEqual(items);
    answers.answer(0, 'A');
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(operator.ready()).toBe(false);
    answers.answer(1, 'B');
    answers.answer(2, 'C');
    expect(operator.ready()).toBe(true);
    expect(output.all.map((each) => (each as unknown[])[0])).toEqual(['A', 'B', 'C']);
  });

  it('state of another operator is refused', () => {
    expect(() => stage({}, { from: checkpoint, items: [7] })).toThrow(
      expect.objectContaining({ code: 'STATE_UNREADABLE' }),
    );
  });
});

describe('async I/O: error policy', () => {
  it('a record whose call fails for good, or has no answer in time, is left out', () => {
    const { answers, clock } = stage();
    const inner = new AsyncWaitOperator<string, string, string>({
      fn: { invoke: () => Promise.resolve('') },
      resultsOf: (result) => [result],
      ordered: true,
      timeoutMs: 100,
      capacity: 3,
      retry: null,
    });
    const operator = new GuardedOperator(inner as Operator, null, 'skip', () => undefined);
    const { output } = opened(operator, null, { clock, offload: answers.offload });
    for (const [at, value] of ['a', 'b', 'c'].entries()) operator.process(value, at);
    answers.reject(0, 'no such host');
    answers.answer(2, 'C');
    expect(output.all).toEqual([]);
    clock.pass(100);
    expect(output.all).toEqual([['C', 2]]);
    expect(operator.failedRecords).toBe(2);
  });
});
