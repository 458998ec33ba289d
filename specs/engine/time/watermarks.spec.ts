import { describe, expect, it } from 'vitest';
import { WatermarkStrategy } from '../../../src/api/watermark-strategy.js';
import { maxWatermark } from '../../../src/operators/operator.js';
import { WatermarkOperator } from '../../../src/operators/watermarks.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { opened, type RunSetting } from '../operators/operator-run.js';

const intervalMs = 200;

/** An operator of a strategy over numbers that are their own time, and what it puts out. */
function run(strategy: WatermarkStrategy<number>, setting: RunSetting = {}) {
  const clock = new VirtualClock();
  const operator = new WatermarkOperator(
    strategy.withTimestampAssigner<number>((value) => value),
    intervalMs,
  );
  const { output } = opened(operator, null, { clock, ...setting });
  const records = (...values: readonly number[]): void => {
    for (const value of values) operator.process(value, Number.NEGATIVE_INFINITY);
  };
  /** The watermarks and changes between idle and active, without the records. */
  const said = (): readonly unknown[] => output.all.splice(0).filter((each) => typeof each === 'string');
  return { clock, operator, output, records, said };
}

describe('watermarks: bounded out-of-orderness', () => {
  it('is the greatest timestamp less the bound less 1 ms: a record of that very time would be late', () => {
    const { clock, records, said } = run(WatermarkStrategy.forBoundedOutOfOrderness(10));
    records(100, 90, 120, 115);
    clock.pass(intervalMs);
    expect(said()).toEqual(['watermark 109']);
  });

  it('is put out every interval, and only when it is a new one', () => {
    const { clock, records, said } = run(WatermarkStrategy.forBoundedOutOfOrderness(10));
    records(100);
    expect(said()).toEqual([]);
    clock.pass(intervalMs);
    clock.pass(intervalMs);
    records(99);
    clock.pass(intervalMs);
    expect(said()).toEqual(['watermark 89']);
  });

  it('before the first record there is none', () => {
    const { clock, said } = run(WatermarkStrategy.forBoundedOutOfOrderness(10));
    clock.pass(5 * intervalMs);
    expect(said()).toEqual([]);
  });

  it('monotonous timestamps are a bound of 0; negative times are times', () => {
    const { clock, records, said } = run(WatermarkStrategy.forMonotonousTimestamps());
    records(-5);
    clock.pass(intervalMs);
    expect(said()).toEqual(['watermark -6']);
  });
});

describe('watermarks: timestamps with a fraction', () => {
  it('count to the millisecond they lie in: a window is complete with its last one, and neither before nor after it', () => {
    const { clock, output, records, said } = run(WatermarkStrategy.forMonotonousTimestamps());
    records(29.2, 29.9, -0.5);
    expect(output.all.splice(0)).toEqual([
      [29.2, 29],
      [29.9, 29],
      [-0.5, -1],
    ]);
    clock.pass(intervalMs);
    expect(said()).toEqual(['watermark 28']);
  });
});

describe('watermarks: punctuated', () => {
  it('a generator may put one out with a record, behind which it comes', () => {
    const strategy = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent: (value, timestamp, output) => {
        if (value % 2 === 0) output.watermark(timestamp);
      },
      onPeriodic: () => undefined,
    }));
    const { output, records } = run(strategy);
    records(1, 2, 3);
    expect(output.all).toEqual([[1, 1], [2, 2], 'watermark 2', [3, 3]]);
  });

  it('never falls, whatever the generator says', () => {
    const strategy = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent: (_value, timestamp, output) => output.watermark(timestamp),
      onPeriodic: () => undefined,
    }));
    const { records, said } = run(strategy);
    records(5, 3, 7);
    expect(said()).toEqual(['watermark 5', 'watermark 7']);
  });
});

describe('watermarks: idleness', () => {
  it('begins to count at the first probe without a record, so it is up to one interval longer', () => {
    const { clock, records, said } = run(WatermarkStrategy.forBoundedOutOfOrderness<number>(0).withIdleness(500));
    records(10);
    clock.pass(intervalMs);
    expect(said()).toEqual(['watermark 9']);
    clock.pass(3 * intervalMs + 1);
    expect(said()).toEqual([]);
    clock.pass(intervalMs);
    expect(said()).toEqual(['idle']);
  });

  it('ends with the next record, also when that brings no new watermark', () => {
    const { clock, output, records, said } = run(
      WatermarkStrategy.forBoundedOutOfOrderness<number>(0).withIdleness(100),
    );
    records(10);
    clock.pass(5 * intervalMs);
    expect(said()).toEqual(['watermark 9', 'idle']);
    records(4);
    expect(output.all).toEqual(['active', [4, 4]]);
  });

  it('has a timeout above 0', () => {
    expect(() => WatermarkStrategy.forMonotonousTimestamps().withIdleness(0)).toThrow('above 0');
  });
});

describe('watermarks: where they come from', () => {
  it('those from upstream end at a new strategy, but for the last one', () => {
    const { operator, said } = run(WatermarkStrategy.noWatermarks<number>());
    operator.watermark(500);
    operator.watermark(maxWatermark);
    expect(said()).toEqual([`watermark ${maxWatermark}`]);
  });

  it('a timestamp that is no number is refused, and the operator named', () => {
    const { records } = run(WatermarkStrategy.forMonotonousTimestamps<number>());
    expect(() => records(Number.NaN)).toThrow("operator 'orders' took NaN out of a record as its event time");
  });
});

describe('watermarks: after a restore', () => {
  it('event time goes on from the least of the former subtasks', () => {
    const before = run(WatermarkStrategy.forBoundedOutOfOrderness(10));
    before.records(100);
    before.clock.pass(intervalMs);
    const items = before.operator.snapshot({ epoch: 1, n: 1 });
    expect(items).toEqual([89]);
    const after = run(WatermarkStrategy.forBoundedOutOfOrderness(10), {
      restored: { from: null, items: [...items, 70] },
    });
    after.records(60);
    after.clock.pass(intervalMs);
    expect(after.said()).toEqual(['watermark 49', 'watermark 70']);
  });

  it('one of the former subtasks that had none holds it back', () => {
    const { operator } = run(WatermarkStrategy.forBoundedOutOfOrderness(10));
    const items = operator.snapshot({ epoch: 1, n: 1 });
    const after = run(WatermarkStrategy.forBoundedOutOfOrderness(10), {
      restored: { from: null, items: [...items, 70] },
    });
    after.clock.pass(intervalMs);
    expect(after.said()).toEqual([]);
  });
});
