import { describe, expect, it } from 'vitest';
import { buildJob, type DataStream, defineJob, outputTag } from '../../../src/index.js';
import { IntervalJoinOperator, type JoinInterval } from '../../../src/operators/interval-join.js';
import { lateRecordsOf, noTimestamp, type Operator } from '../../../src/operators/operator.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { checkTwoInputOperator, first, record, second, watermark } from '../../../src/testing.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { written } from '../state/written.js';
import { heapState, opened, restoredFrom } from './operator-run.js';

interface Setting extends Partial<JoinInterval> {
  readonly lateLeft?: string;
  readonly lateRight?: string;
}

const tag = (name: string | undefined) => (name === undefined ? null : { name });

/** A join of [at − 5, at + 10] unless told otherwise; records are told apart by their text. */
function joined(setting: Setting = {}, keyed: KeyedStateBackend = heapState()) {
  const { lowerMs = -5, upperMs = 10, isLowerExclusive = false, isUpperExclusive = false } = setting;
  const operator = new IntervalJoinOperator<string, string, string, string>({
    interval: { lowerMs, upperMs, isLowerExclusive, isUpperExclusive },
    fn: {
      processElement: (left, right, { emit, leftTimestamp, rightTimestamp }) =>
        emit(`${left}@${leftTimestamp} ${right}@${rightTimestamp}`),
    },
    lateLeft: tag(setting.lateLeft),
    lateRight: tag(setting.lateRight),
  });
  const { output } = opened(operator as Operator, keyed, { clock: new VirtualClock() });
  const left = (value: string, at: number, key = 'k'): void => {
    keyed.setCurrentKey(key);
    operator.process(value, at);
  };
  const right = (value: string, at: number, key = 'k'): void => {
    keyed.setCurrentKey(key);
    operator.processSecond(value, at);
  };
  const pairs = (): readonly unknown[] => output.all.flatMap((each) => (Array.isArray(each) ? [each[0]] : []));
  return { operator, keyed, all: output.all, pairs, left, right };
}

describe('interval join', () => {
  it('pairs records of one key, whichever comes first, with the later timestamp of both', () => {
    const { all, left, right } = joined();
    left('l', 100);
    right('r', 95);
    right('other key', 100, 'x');
    right('s', 110);
    left('m', 108);
    expect(all).toEqual([
      ['l@100 r@95', 100],
      ['l@100 s@110', 110],
      ['m@108 s@110', 110],
    ]);
  });

  it('bounds are inclusive', () => {
    const { pairs, left, right } = joined();
    left('l', 100);
    for (const at of [94, 95, 110, 111]) right('r', at);
    expect(pairs()).toEqual(['l@100 r@95', 'l@100 r@110']);
  });

  it('bounds are exclusive when told to be', () => {
    const { pairs, left, right } = joined({ isLowerExclusive: true, isUpperExclusive: true });
    left('l', 100);
    for (const at of [95, 95.5, 109.5, 110]) right('r', at);
    expect(pairs()).toEqual(['l@100 r@95.5', 'l@100 r@109.5']);
  });

  it('joins each of several records of the same time', () => {
    const { pairs, left, right } = joined();
    left('l', 1);
    left('m', 1);
    right('r', 1);
    right('r', 1);
    expect(pairs()).toEqual(['l@1 r@1', 'm@1 r@1', 'l@1 r@1', 'm@1 r@1']);
  });

  it('what has no pair is put out by nobody', () => {
    const { operator, all, left } = joined();
    left('l', 1);
    operator.watermark(1_000);
    expect(all).toEqual(['watermark 1000']);
  });
});

describe('interval join: late records', () => {
  it('are behind the watermark; one at the watermark still joins', () => {
    const { operator, pairs, left, right } = joined();
    left('l', 100);
    operator.watermark(105);
    right('late', 104);
    right('r', 105);
    left('late', 90);
    expect(pairs()).toEqual(['l@100 r@105']);
    expect(lateRecordsOf(operator as Operator)).toBe(2);
  });

  it('go to the side output of their side, and are not counted then', () => {
    const { operator, all, left, right } = joined({ lateLeft: 'late-left', lateRight: 'late-right' });
    operator.watermark(50);
    left('l', 49);
    right('r', 0);
    expect(all.slice(1)).toEqual([
      ['late-left', 'l', 49],
      ['late-right', 'r', 0],
    ]);
    expect(operator.numLateRecordsDropped).toBe(0);
  });

  it('of one side only, those of the other are dropped and counted', () => {
    const { operator, all, left, right } = joined({ lateRight: 'late-right' });
    operator.watermark(50);
    left('l', 49);
    right('r', 0);
    expect(all.slice(1)).toEqual([['late-right', 'r', 0]]);
    expect(operator.numLateRecordsDropped).toBe(1);
  });
});

describe('interval join: state', () => {
  const groups = (keyed: KeyedStateBackend): number => written(keyed.snapshot({ epoch: 1, n: 1 }, null)).changed.length;

  it('is kept until no record that is not late can be a pair, and is gone then', () => {
    const { operator, keyed, pairs, left, right } = joined();
    left('l', 100);
    operator.watermark(110);
    right('r', 110);
    expect(pairs()).toEqual(['l@100 r@110']);
    // l waited for what comes up to 110, r for what comes up to 115.
    operator.watermark(111);
    left('late', 105);
    expect(groups(keyed)).toBe(1);
    operator.watermark(115);
    left('m', 115);
    expect(pairs()).toEqual(['l@100 r@110', 'm@115 r@110']);
    operator.watermark(126);
    expect(groups(keyed)).toBe(0);
  });

  it('is not made for a record whose pairs would all be late', () => {
    const { operator, keyed, left } = joined({ lowerMs: -20, upperMs: -10 });
    operator.watermark(95);
    left('l', 100);
    expect(groups(keyed)).toBe(0);
  });

  it('outlives a failure, with its cleaning up', () => {
    const before = joined();
    before.left('l', 100);
    const after = joined({}, restoredFrom(before.keyed));
    after.right('r', 101);
    expect(after.pairs()).toEqual(['l@100 r@101']);
    after.operator.watermark(1_000);
    expect(groups(after.keyed)).toBe(0);
  });

  it('what was late before a failure is late after it, although event time has to begin again', () => {
    const before = joined();
    before.left('l', 100);
    before.operator.watermark(104);
    before.keyed.currentWatermark(104);
    const after = joined({}, restoredFrom(before.keyed));
    after.right('late', 103);
    after.right('r', 104);
    expect(after.pairs()).toEqual(['l@100 r@104']);
    expect(after.operator.numLateRecordsDropped).toBe(1);
  });

  it('refuses records without event time', () => {
    const { left } = joined();
    expect(() => left('l', noTimestamp)).toThrow(/without a timestamp; put assignTimestampsAndWatermarks/);
  });
});

describe('interval join: the API', () => {
  it('refuses bounds in the wrong order', () => {
    const job = defineJob('bounds', (env) => {
      const numbers = env.fromCollection([1]).keyBy((n) => n);
      numbers.intervalJoin(numbers).between(5, -5);
    });
    expect(() => buildJob(job, [])).toThrow(
      /between got 5 and -5\. Give it two numbers of milliseconds, the lower one first/,
    );
  });

  it('keys both sides and names what needs a uid', () => {
    const job = defineJob('joined', (env) => {
      const numbers = env.fromCollection([1], { uid: 'numbers' }).keyBy((n) => n);
      numbers
        .intervalJoin(numbers)
        .between(0, 5)
        .lowerBoundExclusive()
        .process<number>({ processElement: (left, right, { emit }) => emit(left + right) })
        .print();
    });
    expect(() => buildJob(job, [])).toThrow(/Operator intervalJoin at .* keeps state but has no uid/);
  });
});

describe('interval join, restored', () => {
  it('what was late before a restore or a rescale is late after it, also for keys of which nothing is kept', {
    timeout: 60_000,
  }, async () => {
    const late = outputTag<Visit>('late');
    await checkTwoInputOperator({
      build: (views: DataStream<Visit>, clicks: DataStream<Visit>) =>
        views
          .keyBy(({ who }) => who)
          .intervalJoin(clicks.keyBy(({ who }) => who))
          .between(-5, 10)
          .sideOutputLeftLateData(late)
          .process<string>({ processElement: ({ who }, { at }, { emit }) => emit(`${who} ${at}`) }),
      sideOutputs: [late],
      input: [
        first(watermark(20)),
        second(watermark(20)),
        ...[...'abcd'].map((who) => first(record({ who, at: 19 }, 19))),
        ...[...'abcd'].map((who) => second(record({ who, at: 21 }, 21))),
        first(record({ who: 'a', at: 20 }, 20)),
      ],
      expect: ['a 21'],
    });
  });
});

interface Visit {
  readonly who: string;
  readonly at: number;
}
