import { describe, expect, it } from 'vitest';
import {
  aggregatingState,
  type CoProcessFunction,
  type DataStream,
  type KeyedInstance,
  type KeyedProcessContext,
  type KeyedProcessFunction,
  type ListState,
  listState,
  mapState,
  type OperatorStateAccess,
  type ProcessContext,
  type ProcessFunction,
  reducingState,
  type StateOptions,
  type ValueState,
  valueState,
} from 'weirflow';
import { checkOperator, openHarness, openTwoInputHarness, processingTime, record } from 'weirflow/testing';
import { type Event, event, keyOf, values } from './events.js';

describe('State: keyed', () => {
  /** Keeps each number in state of every kind, and tells what that has of its key. */
  const kept: KeyedProcessFunction<string, Event, string> = {
    processElement({ n }, { state, currentKey, emit }) {
      const value = state(valueState<number>('value'));
      const list = state(listState<number>('list'));
      const map = state(mapState<number, string>('map'));
      const reducing = state(reducingState<number>('reducing', (a, b) => a + b));
      const mean = {
        createAccumulator: () => [0, 0],
        add: (each: number, [sum = 0, count = 0]: readonly number[]) => [sum + each, count + 1],
        getResult: ([sum = 0, count = 0]: readonly number[]) => sum / count,
      };
      const aggregating = state(aggregatingState('aggregating', mean));
      const before = value.value();
      value.update(n);
      list.add(n);
      map.put(n % 2, `last ${n}`);
      reducing.add(n);
      aggregating.add(n);
      emit(
        `${currentKey}: ${before}→${n}, ${list.get().join(' ')}, ${[...map.entries()].join(' ')}, ${reducing.get()}, ${aggregating.get()}`,
      );
    },
  };

  it('value, list, map, reducing and aggregating state belong to the current key, and outlive failures and rescales', {
    timeout: 60_000,
  }, async () => {
    await checkOperator({
      build: (events: DataStream<Event>) => events.keyBy(keyOf).process(kept),
      input: [record(event('a', 1)), record(event('b', 7)), record(event('a', 2)), record(event('a', 3))],
      runs: 5,
      expect: [
        'a: undefined→1, 1, 1,last 1, 1, 1',
        'b: undefined→7, 7, 1,last 7, 7, 7',
        'a: 1→2, 1 2, 1,last 1 0,last 2, 3, 1.5',
        'a: 2→3, 1 2 3, 1,last 3 0,last 2, 6, 2',
      ],
    });
  });
});

describe('State: operator', () => {
  /** Keeps numbers in operator state, as a list or as a union list, and tells at the end how many each instance has. */
  class Kept implements ProcessFunction<number, string> {
    private numbers!: ListState<number>;
    constructor(private readonly kind: 'listState' | 'unionListState') {}
    initializeState(access: OperatorStateAccess): void {
      this.numbers = access[this.kind]<number>('numbers');
    }
    processElement(n: number): void {
      this.numbers.add(n);
    }
    finish({ emit }: ProcessContext<string>): void {
      emit(this.numbers.get().join(' '));
    }
  }

  const afterRescale = async (kind: 'listState' | 'unionListState', from: number, to: number) => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) => numbers.rebalance().process(new Kept(kind)),
      parallelism: from,
    });
    for (let n = 0; n < 6; n++) harness.push(n);
    harness.restore(harness.snapshot(), { parallelism: to });
    harness.endInput();
    return [...values(harness.output())].sort();
  };

  it('list state is even split: concatenated and cut into equal parts', async () => {
    expect((await afterRescale('listState', 2, 3)).map((text) => text.split(' ').length)).toEqual([2, 2, 2]);
    expect(await afterRescale('listState', 3, 1)).toEqual(['0 3 1 4 2 5']);
  });

  /** The numbers of an instance, whatever their key, and the sum of each key beside them. */
  class KeptBeside implements KeyedProcessFunction<number, number, string> {
    private numbers!: ListState<number>;
    private newest: number[] = [];
    initializeState({ listState }: OperatorStateAccess): void {
      this.numbers = listState<number>('numbers');
      this.newest.push(...this.numbers.get());
    }
    snapshotState(): void {
      this.numbers.update(this.newest);
    }
    processElement(n: number, { state }: KeyedProcessContext<number, string>): void {
      this.newest.push(n);
      const sum = state(valueState<number>('sum'));
      sum.update((sum.value() ?? 0) + n);
      if (n < 0) this.newest.push(sum.value() ?? 0);
    }
    finish({ emit }: ProcessContext<string>): void {
      emit(this.newest.join(' '));
    }
  }

  it('a function with keys may have it too, beside the state of its keys', async () => {
    const harness = await openHarness({
      build: (numbers: DataStream<number>) => numbers.keyBy((n) => Math.abs(n) % 3).process(new KeptBeside()),
      parallelism: 2,
    });
    for (const n of [1, 2, 3, 4]) harness.push(n);
    harness.restore(harness.snapshot(), { parallelism: 1 });
    harness.push(-4);
    harness.endInput();
    const [all = ''] = values(harness.output());
    expect(all.split(' ').sort()).toEqual(['-4', '1', '1', '2', '3', '4']);
  });

  it('and so may one with two inputs', async () => {
    const seen: string[] = [];
    const both = (kept: ListState<string>[]): CoProcessFunction<number, number, string> => ({
      initializeState: ({ unionListState }) => kept.push(unionListState<string>('both')),
      processElement1: (n) => kept.at(-1)?.add(`first ${n}`),
      processElement2: (n) => kept.at(-1)?.add(`second ${n}`),
      finish: () => seen.push(...(kept.at(-1)?.get() ?? [])),
    });
    const harness = await openTwoInputHarness({
      build: (first: DataStream<number>, second: DataStream<number>) => first.connect(second).process(both([])),
    });
    harness.pushFirst(1);
    harness.pushSecond(2);
    harness.restore(harness.snapshot());
    harness.pushFirst(3);
    harness.endFirst();
    harness.endSecond();
    expect(seen).toEqual(['first 1', 'second 2', 'first 3']);
  });

  it('union list state: everyone gets all', async () => {
    const all = await afterRescale('unionListState', 2, 3);
    expect(all).toHaveLength(3);
    for (const text of all) expect(text.split(' ').sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

describe('State: TTL', () => {
  /** Counts the records of a key, for as long as the state lives; n = 0 only reads. */
  class Counting implements KeyedProcessFunction<string, Event, number> {
    private count!: ValueState<number>;
    constructor(private readonly options: StateOptions<number>) {}
    open({ state }: KeyedInstance): void {
      this.count = state(valueState<number>('count', this.options));
    }
    processElement({ n }: Event, { emit }: KeyedProcessContext<string, number>): void {
      const count = this.count.value() ?? 0;
      if (n > 0) this.count.update(count + n);
      emit(count);
    }
  }

  /** What a key finds: it writes at 0 ms, reads at 60, and reads again at 120. */
  const found = async (ttl: NonNullable<StateOptions['ttl']>) => {
    const harness = await openHarness({
      build: (events: DataStream<Event>) => events.keyBy(keyOf).process(new Counting({ ttl })),
    });
    for (const n of [1, 0, 0, 0]) {
      harness.push(event('a', n));
      harness.advanceProcessingTime(60);
    }
    return values(harness.output());
  };

  it('OnCreateAndWrite, the default: reading does not make it live longer, and what has expired is never returned', async () => {
    expect(await found({ ttlMs: 100 })).toEqual([0, 1, 0, 0]);
  });

  it('OnReadAndWrite: reading makes it live longer', async () => {
    expect(await found({ ttlMs: 100, update: 'onReadAndWrite' })).toEqual([0, 1, 1, 1]);
  });

  it('ReturnExpiredIfNotCleanedUp: what has expired is returned until something cleans it up', async () => {
    const visible = { ttlMs: 100, visibility: 'returnExpiredIfNotCleanedUp' } as const;
    expect(await found({ ...visible, cleanup: { incrementalKeys: 0 } })).toEqual([0, 1, 1, 0]);
  });

  it('it is processing time, which goes on over a restore', { timeout: 60_000 }, async () => {
    await checkOperator({
      build: (events: DataStream<Event>) => events.keyBy(keyOf).process(new Counting({ ttl: { ttlMs: 100 } })),
      input: [
        record(event('a', 1)),
        processingTime(60),
        record(event('a', 0)),
        processingTime(60),
        record(event('a', 0)),
      ],
      runs: 5,
      expect: [0, 1, 0],
    });
  });

  it('turning it on or off for state that is there is refused', async () => {
    let options: StateOptions<number> = { ttl: { ttlMs: 100 } };
    const harness = await openHarness({
      build: (events: DataStream<Event>) => events.keyBy(keyOf).process(new Counting(options)),
    });
    harness.push(event('a', 1));
    const snapshot = harness.snapshot();
    options = {};
    expect(() => harness.restore(snapshot)).toThrow(/used without one/);
  });
});
