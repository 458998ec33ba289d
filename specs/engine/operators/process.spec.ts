import { describe, expect, it } from 'vitest';
import type { Instance, ProcessContext } from '../../../src/operators/function-operator.js';
import {
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  KeyedProcessOperator,
} from '../../../src/operators/keyed-process.js';
import { noTimestamp } from '../../../src/operators/operator.js';
import { ProcessOperator } from '../../../src/operators/process.js';
import { listState, mapState, valueState } from '../../../src/state/descriptors.js';
import type { ListState, MapState, ValueState } from '../../../src/state/keyed-state.js';
import { heapState, opened, restoredFrom } from './operator-run.js';

const never = (): never => {
  throw new Error('settled what was not pending');
};

describe('process', () => {
  it('hands over each record with its timestamp and the watermark before it', () => {
    const seen: unknown[] = [];
    const operator = new ProcessOperator<string, unknown>({
      processElement: (value, { timestamp, watermark }) => seen.push([value, timestamp, watermark]),
    });
    const { output } = opened(operator, null);
    operator.process('a', 5);
    operator.watermark(4);
    operator.process('b', noTimestamp);
    expect(seen).toEqual([
      ['a', 5, noTimestamp],
      ['b', noTimestamp, 4],
    ]);
    expect(output.all).toEqual(['watermark 4']);
  });

  it('emits any number of times, with the timestamp of the record or with another', () => {
    const operator = new ProcessOperator<number, number>({
      processElement(value, context) {
        for (let each = 0; each < value; each++) context.emit(each);
        context.emit(value, 100);
      },
    });
    const { output } = opened(operator, null);
    operator.process(0, 1);
    operator.process(2, 2);
    expect(output.all).toEqual([
      [0, 100],
      [0, 2],
      [1, 2],
      [2, 100],
    ]);
  });

  it('opens before the first record, emits at the end of the input, and closes', () => {
    const calls: unknown[] = [];
    const operator = new ProcessOperator<number, number>({
      open: (instance: Instance) => calls.push(instance),
      processElement: () => calls.push('element'),
      finish: ({ timestamp, emit }: ProcessContext<number>) => {
        calls.push(['finish', timestamp]);
        emit(7, 3);
      },
      close: () => calls.push('close'),
    });
    const { output } = opened(operator, null);
    operator.process(1, 9);
    expect(operator.finish(never)).toBe('done');
    operator.close();
    expect(calls).toEqual([
      expect.objectContaining({ job: 'shop', operator: 'orders', subtaskIndex: 1, parallelism: 2, run: 1 }),
      'element',
      ['finish', noTimestamp],
      'close',
    ]);
    expect(output.all).toEqual([[7, 3]]);
  });
});

/** Remembers everything it ever saw of a key, in one state of each kind. */
class Remember implements KeyedProcessFunction<string, number, unknown> {
  private count!: ValueState<number>;
  private all!: ListState<number>;
  private seen!: MapState<number, boolean>;

  open(instance: KeyedInstance): void {
    this.count = instance.state(valueState<number>('count'));
    this.all = instance.state(listState<number>('all'));
    this.seen = instance.state(mapState<number, boolean>('seen'));
  }

  processElement(value: number, context: KeyedProcessContext<string, unknown>): void {
    this.count.update((this.count.value() ?? 0) + 1);
    this.all.add(value);
    this.seen.put(value, true);
    context.emit([context.currentKey, this.count.value(), this.all.get(), [...this.seen.entries()].length]);
  }
}

describe('keyed process', () => {
  it('has state of each kind for the key of the record, and goes on from a checkpoint', () => {
    const before = heapState();
    const first = new KeyedProcessOperator(new Remember());
    const run = opened(first, before);
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ] as const) {
      before.setCurrentKey(key);
      first.process(value, 1);
    }
    expect(run.output.all).toEqual([
      [['a', 1, [1], 1], 1],
      [['b', 1, [2], 1], 1],
      [['a', 2, [1, 1], 1], 1],
    ]);
    const after = restoredFrom(before);
    const second = new KeyedProcessOperator(new Remember());
    const restored = opened(second, after);
    after.setCurrentKey('a');
    second.process(3, 2);
    expect(restored.output.all).toEqual([[['a', 3, [1, 1, 3], 2], 2]]);
  });

  it('gives the state that the context is asked for', () => {
    const keyed = heapState();
    const operator = new KeyedProcessOperator<string, number, unknown>({
      processElement(value, context) {
        const max = context.state(valueState<number>('max'));
        max.update(Math.max(max.value() ?? 0, value));
        context.emit(max.value());
      },
    });
    const { output } = opened(operator, keyed);
    keyed.setCurrentKey('a');
    for (const value of [1, 5, 3]) operator.process(value, 0);
    expect(output.all).toEqual([
      [1, 0],
      [5, 0],
      [5, 0],
    ]);
  });

  it('has no current key at the end: a state handle speaks of no key rather than of the last', () => {
    const keyed = heapState();
    let count: ValueState<number> | null = null;
    const operator = new KeyedProcessOperator<string, number, unknown>({
      open: ({ state }) => {
        count = state(valueState<number>('count'));
      },
      processElement: () => count?.update(1),
      finish: () => count?.update(2),
    });
    opened(operator, keyed);
    keyed.setCurrentKey('a');
    operator.process(1, 1);
    expect(() => operator.finish(never)).toThrow(expect.objectContaining({ code: 'STATE_WITHOUT_KEY' }));
    keyed.setCurrentKey('a');
    expect(keyed.value(valueState<number>('count')).value()).toBe(1);
  });

  it('needs keyed input', () => {
    const operator = new KeyedProcessOperator({ processElement: () => undefined });
    expect(() => opened(operator, null)).toThrow(expect.objectContaining({ code: 'INPUT_NOT_KEYED' }));
    operator.close();
  });
});
