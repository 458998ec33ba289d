import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../../actors/kernel/invariant.js';
import type { DeadLetter } from '../../../src/operators/error-policy.js';
import { FunctionStage } from '../../../src/operators/function-stage.js';
import { GuardedOperator } from '../../../src/operators/guarded-operator.js';
import { KeyedProcessOperator } from '../../../src/operators/keyed-process.js';
import { BasicOperator, noTimestamp, type Operator, type TwoInputOperator } from '../../../src/operators/operator.js';
import type { Sink } from '../../../src/operators/sink.js';
import { listState, mapState, valueState } from '../../../src/state/descriptors.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { fresh, heapState, opened } from './operator-run.js';

const checkpoint = { epoch: 1, n: 1 };
const never = (): never => {
  throw new Error('settled what was not pending');
};

const told = (): { readonly errors: string[]; readonly tell: (error: DeadLetter['error']) => void } => {
  const errors: string[] = [];
  return { errors, tell: ({ message }) => errors.push(message) };
};

const stage = (kind: 'map' | 'filter' | 'flatMap', fn: (value: never) => unknown): Operator =>
  new FunctionStage({ kind, fn } as never) as Operator;

/** Commits letters, each transaction once, into an array. */
function letterBox(): { readonly sink: Sink<DeadLetter, readonly DeadLetter[]>; readonly committed: DeadLetter[] } {
  const committed: DeadLetter[] = [];
  let written: DeadLetter[] = [];
  const sink: Sink<DeadLetter, readonly DeadLetter[]> = {
    name: 'letters',
    createWriter: () => ({
      write: (letter) => {
        written.push(letter);
      },
      ready: () => written.length < 2,
      prepare: () => 'done',
      take: () => {
        const taken = written.length === 0 ? [] : [written];
        written = [];
        return taken;
      },
      commit: (committables) => {
        committed.push(...committables.flat());
        return 'done';
      },
      abortOthers: () => 'done',
      close: () => undefined,
    }),
  };
  return { sink, committed };
}

describe('error policy: skip', () => {
  it('a record that fails is left out and counted, and the first one is told', () => {
    const { errors, tell } = told();
    const parse = (text: string): unknown => JSON.parse(text);
    const operator = new GuardedOperator(stage('map', parse as never), null, 'skip', tell);
    const { output } = opened(operator, null);
    for (const [at, text] of ['1', '{', '2', 'x'].entries()) operator.process(text, at);
    expect(output.all).toEqual([
      [1, 0],
      [2, 2],
    ]);
    expect(operator.failedRecords).toBe(2);
    expect(errors).toHaveLength(1);
  });

  it('nothing comes out of a record that fails after it has put something out', () => {
    function* halves(value: number): Generator<number> {
      yield value;
      if (value === 2) throw new Error('two');
      yield value;
    }
    const operator = new GuardedOperator(stage('flatMap', halves as never), null, 'skip', () => undefined);
    const { output } = opened(operator, null);
    for (const value of [1, 2, 3]) operator.process(value, value);
    expect(output.all.map((each) => (each as unknown[])[0])).toEqual([1, 1, 3, 3]);
  });

  it('a filter that fails drops the record', () => {
    const isLong = (text: string | null): boolean => (text as string).length > 1;
    const operator = new GuardedOperator(stage('filter', isLong as never), null, 'skip', () => undefined);
    const { output } = opened(operator, null);
    for (const value of ['ab', null, 'c']) operator.process(value, 1);
    expect(output.all).toEqual([['ab', 1]]);
    expect(operator.failedRecords).toBe(1);
  });

  it('state and timers of the key are what they were before the record', () => {
    const keyed = heapState();
    const inner = new KeyedProcessOperator<string, number, unknown>({
      processElement(value, { state, timers, emit }) {
        const count = state(valueState<number>('count'));
        count.update((count.value() ?? 0) + 1);
        state(listState<number>('list')).add(value);
        state(mapState<string, number>('map')).put('last', value);
        timers.setEventTime(value);
        emit([count.value(), state(listState<number>('list')).get()]);
        if (value < 0) throw new Error('negative');
      },
      onTimer: (timestamp, { emit }) => emit(`timer ${timestamp}`),
    });
    const operator = new GuardedOperator(inner as Operator, keyed, 'skip', () => undefined);
    const { output } = opened(operator, keyed, { clock: new VirtualClock() });
    for (const [key, value] of [
      ['a', 5],
      ['a', -1],
      ['new', -2],
      ['a', 6],
    ] as const) {
      keyed.setCurrentKey(key);
      operator.process(value, 0);
    }
    keyed.setCurrentKey('a');
    expect([...keyed.map(mapState<string, number>('map')).entries()]).toEqual([['last', 6]]);
    operator.watermark(10);
    expect(output.all).toEqual([[[1, [5]], 0], [[2, [5, 6]], 0], ['timer 5', 5], ['timer 6', 6], 'watermark 10']);
    keyed.setCurrentKey('new');
    expect(keyed.value(valueState<number>('count')).value()).toBeUndefined();
  });

  it('a defect of the engine is never left out', () => {
    const broken = (): never => {
      throw new InvariantViolation('broken', {});
    };
    const operator = new GuardedOperator(stage('map', broken), null, 'skip', () => undefined);
    opened(operator, null);
    expect(() => operator.process(1, 1)).toThrow(InvariantViolation);
  });
});

class Pairs extends BasicOperator<string, string> implements TwoInputOperator<string, string, string> {
  constructor(private readonly seen: readonly string[] = ['bad']) {
    super();
  }
  process(value: string, timestamp: number): void {
    this.put('first', value, timestamp);
  }
  processSecond(value: string, timestamp: number): void {
    this.put('second', value, timestamp);
  }
  private put(side: string, value: string, timestamp: number): void {
    this.context.output.side('seen', side, timestamp);
    if (this.seen.includes(value)) throw new Error(value);
    this.context.output.emit(`${side} ${value}`, timestamp);
  }
}

describe('error policy: two inputs and side outputs', () => {
  it('guards both inputs, and holds side outputs back too; letters may be one of them', () => {
    const operator = new GuardedOperator(new Pairs() as never, null, 'sideOutput', () => undefined);
    const { output } = opened(operator, null);
    operator.process('bad', 1);
    operator.process('a', 2);
    operator.processSecond('b', 3);
    operator.processSecond('bad', 4);
    expect(output.all).toMatchObject([
      ['$dead-letters', { record: 'bad', key: null, error: { message: 'bad' } }, 1],
      ['seen', 'first', 2],
      ['first a', 2],
      ['seen', 'second', 3],
      ['second b', 3],
      ['$dead-letters', { record: 'bad', timestamp: 4 }, 4],
    ]);
    expect(operator.failedRecords).toBe(2);
  });

  it('an input without a key has letters without one, although the operator has keyed state', () => {
    const keyed = heapState();
    const operator = new GuardedOperator(new Pairs() as never, keyed, 'sideOutput', () => undefined);
    const { output } = opened(operator, keyed);
    keyed.setCurrentKey('a');
    operator.process('bad', 1);
    keyed.clearCurrentKey();
    operator.processSecond('bad', 2);
    expect(output.all).toMatchObject([
      ['$dead-letters', { key: 'a' }, 1],
      ['$dead-letters', { key: null }, 2],
    ]);
  });

  it('copies of broadcast state and a sink of letters do not go together', () => {
    class Copies extends Pairs {
      override readonly copiesState = true;
    }
    expect(
      () => new GuardedOperator(new Copies() as never, null, { deadLetters: letterBox().sink }, () => undefined),
    ).toThrow(expect.objectContaining({ code: 'DEAD_LETTERS_BROADCAST' }));
  });
});

describe('error policy: dead letters', () => {
  const failing = (value: string): string => {
    if (value.startsWith('bad')) throw new TypeError(`${value} is not good`);
    return value;
  };

  it('carry the record, where it failed and why, and are committed with the checkpoint', () => {
    const { sink, committed } = letterBox();
    const operator = new GuardedOperator(stage('map', failing as never), null, { deadLetters: sink }, () => undefined);
    const { output } = opened(operator, null);
    operator.process('good', 1);
    operator.process('bad 1', noTimestamp);
    operator.process('bad 2', 3);
    // Its sink takes no more.
    expect(operator.ready()).toBe(false);
    expect(output.all).toEqual([['good', 1]]);
    expect(operator.prepareCheckpoint(checkpoint, never)).toBe('done');
    expect(committed).toEqual([]);
    const items = operator.snapshot(checkpoint);
    operator.checkpointCompleted(checkpoint, never);
    expect(committed).toMatchObject([
      {
        record: 'bad 1',
        timestamp: null,
        key: null,
        origin: { job: 'shop', operator: 'orders', subtask: 1, run: 1, event: 'record' },
        error: { name: 'TypeError', message: 'bad 1 is not good', stack: expect.stringContaining('guarded-operator') },
      },
      { record: 'bad 2', timestamp: 3 },
    ]);
    expect(items).toHaveLength(1);
  });

  it('have the key of a keyed record', () => {
    const { sink, committed } = letterBox();
    const keyed = heapState();
    const inner = new KeyedProcessOperator<unknown, string, string>({ processElement: (value) => void failing(value) });
    const operator = new GuardedOperator(inner as Operator, keyed, { deadLetters: sink }, () => undefined);
    opened(operator, keyed);
    keyed.setCurrentKey(['a', 1]);
    operator.process('bad', 1);
    operator.prepareCheckpoint(checkpoint, never);
    operator.checkpointCompleted(checkpoint, never);
    expect(committed).toMatchObject([{ key: ['a', 1] }]);
  });

  it('what a checkpoint promised is committed after a restore, by the subtask whose it is', () => {
    const first = letterBox();
    const operator = new GuardedOperator(
      stage('map', failing as never),
      null,
      { deadLetters: first.sink },
      () => undefined,
    );
    opened(operator, null);
    operator.process('bad', 1);
    operator.prepareCheckpoint(checkpoint, never);
    const items = operator.snapshot(checkpoint);
    for (const [subtask, committed] of [
      [1, 1],
      [0, 0],
    ] as const) {
      const then = letterBox();
      const restored = new GuardedOperator(
        stage('map', failing as never),
        null,
        { deadLetters: then.sink },
        () => undefined,
      );
      opened(restored, null, {
        restored: { from: checkpoint, items: items.map((item) => ({ ...(item as object), subtask })) },
      });
      expect(then.committed).toHaveLength(committed);
    }
  });

  it('an operator without its sink refuses letters that are not committed', () => {
    const operator = new GuardedOperator(stage('map', failing as never), null, 'skip', () => undefined);
    const failures: unknown[] = [];
    const { context } = opened(stage('map', failing as never), null);
    operator.open(context, { from: checkpoint, items: [{ deadLetters: {}, subtask: 1 }] }, (failed) =>
      failures.push(failed),
    );
    expect(failures).toMatchObject([{ code: 'DEAD_LETTERS_WITHOUT_SINK' }]);
    expect(fresh.items).toEqual([]);
  });
});
