import { describe, expect, it } from 'vitest';
import { buildJob, defineJob, EngineError, type StreamEnvironment } from 'weirflow';
import type { Instance } from '../../../src/operators/function-operator.js';
import { GuardedOperator } from '../../../src/operators/guarded-operator.js';
import type { KeyedInstance } from '../../../src/operators/keyed-process.js';
import type { Operator } from '../../../src/operators/operator.js';
import { ReduceOperator } from '../../../src/operators/reduce.js';
import { RichFilterOperator, RichFlatMapOperator, RichMapOperator } from '../../../src/operators/rich-functions.js';
import { valueState } from '../../../src/state/descriptors.js';
import type { ValueState } from '../../../src/state/keyed-state.js';
import { heapState, opened } from './operator-run.js';

const values = (all: readonly unknown[]): unknown[] => all.map((each) => (Array.isArray(each) ? each[0] : each));

describe('rich functions', () => {
  it('are opened with who they are, before the first record, and closed at the end', () => {
    const log: unknown[] = [];
    const operator = new RichMapOperator<number, string, Instance>({
      open: ({ job, operator: uid, subtaskIndex, parallelism, run, metrics }) => {
        log.push({ job, uid, subtaskIndex, parallelism, run });
        metrics.counter('opened').inc();
      },
      map: (value) => `${value}!`,
      close: () => log.push('closed'),
    });
    const { output } = opened(operator as Operator, null);
    operator.process(1, 5);
    operator.watermark(6);
    operator.close();
    expect(output.all).toEqual([['1!', 5], 'watermark 6']);
    expect(log).toEqual([{ job: 'shop', uid: 'orders', subtaskIndex: 1, parallelism: 2, run: 1 }, 'closed']);
  });

  it('a filter passes records on as they are', () => {
    let least = 0;
    const operator = new RichFilterOperator<number, Instance>({
      open: ({ subtaskIndex }) => {
        least = subtaskIndex + 1;
      },
      filter: (value) => value >= least,
    });
    const { output } = opened(operator as Operator, null);
    for (const value of [1, 2, 3]) operator.process(value, value);
    expect(output.all).toEqual([
      [2, 2],
      [3, 3],
    ]);
  });

  it('what a flatMap returns is pulled as there is room, with the key of its record', () => {
    const keyed = heapState();
    let count!: ValueState<number>;
    const pulled: number[] = [];
    const operator = new RichFlatMapOperator<number, string, KeyedInstance>({
      open: ({ state }) => {
        count = state(valueState<number>('count'));
      },
      *flatMap(value) {
        for (let n = 0; n < value; n += 1) {
          pulled.push(n);
          count.update((count.value() ?? 0) + 1);
          yield `${n}: ${count.value()}`;
        }
      },
    });
    const run = opened(operator as Operator, keyed);
    run.output.takes = 2;
    keyed.setCurrentKey('a');
    operator.process(3, 0);
    expect(run.held).toBe(true);
    expect(pulled).toEqual([0, 1]);
    keyed.setCurrentKey('b');
    run.output.isBlocked = false;
    run.output.takes = 5;
    expect(operator.resume()).toBe(true);
    expect(values(run.output.all)).toEqual(['0: 1', '1: 2', '2: 3']);
    keyed.setCurrentKey('b');
    expect(count.value()).toBeUndefined();
  });

  it('close ends an iterable that was not pulled to its end, and is called although that throws', () => {
    let closed = 0;
    const operator = new RichFlatMapOperator<number, number, Instance>({
      *flatMap(value) {
        try {
          for (;;) yield value;
        } finally {
          closed += 1;
          // biome-ignore lint/correctness/noUnsafeFinally: it is what a careless function does.
          throw new Error('while it ends');
        }
      },
      close: () => {
        closed += 1;
      },
    });
    const run = opened(operator as Operator, null);
    run.output.takes = 1;
    operator.process(1, 0);
    expect(() => operator.close()).toThrow('while it ends');
    expect(closed).toBe(2);
  });

  it('a reducer with a life', () => {
    const log: string[] = [];
    const keyed = heapState();
    const operator = new ReduceOperator<number>({
      open: ({ operator: uid }) => log.push(`open ${uid}`),
      reduce: (a, b) => a + b,
      close: () => log.push('close'),
    });
    const { output } = opened(operator as Operator, keyed);
    keyed.setCurrentKey('a');
    for (const value of [1, 2]) operator.process(value, value);
    operator.close();
    expect(values(output.all)).toEqual([1, 3]);
    expect(log).toEqual(['open orders', 'close']);
  });

  it('an error policy holds for them', () => {
    const keyed = heapState();
    let sum!: ValueState<number>;
    const inner = new RichMapOperator<number, number, KeyedInstance>({
      open: ({ state }) => {
        sum = state(valueState<number>('sum'));
      },
      map(value) {
        sum.update((sum.value() ?? 0) + value);
        if (value < 0) throw new Error('negative');
        return sum.value() ?? 0;
      },
    });
    const operator = new GuardedOperator(inner as Operator, keyed, 'skip', () => undefined);
    const { output } = opened(operator, keyed);
    for (const value of [1, -5, 2]) {
      keyed.setCurrentKey('a');
      operator.process(value, 0);
    }
    expect(values(output.all)).toEqual([1, 3]);
  });
});

describe('rich functions in a job', () => {
  const built = (write: (env: StreamEnvironment) => void) => {
    try {
      return buildJob(defineJob('job', write), []).program;
    } catch (thrown) {
      if (thrown instanceof EngineError) return thrown.failure;
      throw thrown;
    }
  };
  const rich = { map: (value: number) => value };

  it('a plain function stays a function that is fused with others; an object is an operator', () => {
    const program = built((env) =>
      env
        .fromCollection([1], { uid: 'in' })
        .map((value) => value)
        .map(rich)
        .filter({ filter: (value) => value > 0 })
        .flatMap({ flatMap: (value) => [value] })
        .print(),
    );
    const [vertex] = 'vertices' in program ? [...program.vertices.values()] : [];
    expect(vertex?.stages.map(({ kind }) => kind).slice(0, 4)).toEqual(['map', 'operator', 'operator', 'operator']);
  });

  it('on a keyed stream it has state, and so needs a uid; elsewhere it does not', () => {
    const keyed = built((env) =>
      env
        .fromCollection([1], { uid: 'in' })
        .keyBy((value) => value)
        .map(rich)
        .print(),
    );
    expect(keyed).toMatchObject({ code: 'UID_MISSING' });
    const plain = built((env) => env.fromCollection([1], { uid: 'in' }).map(rich).print());
    expect(plain).toHaveProperty('graph');
  });
});
