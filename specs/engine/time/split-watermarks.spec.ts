import { describe, expect, it } from 'vitest';
import { WatermarkStrategy } from '../../../src/api/watermark-strategy.js';
import type { SourceReader } from '../../../src/operators/source.js';
import { WatermarkOperator } from '../../../src/operators/watermarks.js';
import type { Clock } from '../../../src/ports/clock.js';
import { SourceWait } from '../../../src/task/source-wait.js';
import type { SplitWatermarks } from '../../../src/time/split-watermarks.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { opened } from '../operators/operator-run.js';

const intervalMs = 200;
/** Of a source whose batches the spec itself makes. */
const unread: SourceReader = {
  addSplits: () => undefined,
  noMoreSplits: () => undefined,
  poll: () => 'idle',
  snapshot: () => [],
  close: () => undefined,
  leaveOut: () => undefined,
};
const noTime = Number.NEGATIVE_INFINITY;

/** An operator right behind a source, whose splits give numbers that are their own time. */
function run(strategy: WatermarkStrategy<number> = WatermarkStrategy.forMonotonousTimestamps<number>()) {
  const clock = new VirtualClock();
  /** What timers of a task that is held up have to say waits, as in its mailbox. */
  const held = { up: false, arrivals: [] as (() => void)[] };
  const setTimer: Clock['setTimer'] = (delayMs, fire) =>
    clock.setTimer(delayMs, () => (held.up ? void held.arrivals.push(fire) : fire()));
  const operator = new WatermarkOperator(
    strategy.withTimestampAssigner<number>((value) => value),
    intervalMs,
  );
  const { splits } = operator;
  const { output } = opened(operator, null, {
    clock: { monotonicMs: () => clock.monotonicMs(), wallMs: () => clock.wallMs(), setTimer },
  });
  const batch = (split: string | undefined, ...values: readonly number[]): void => {
    splits.enter(split);
    for (const value of values) operator.process(value, noTime);
  };
  const said = (): readonly unknown[] => output.all.splice(0).filter((each) => typeof each === 'string');
  const probe = (): readonly unknown[] => {
    clock.pass(intervalMs);
    return said();
  };
  return { clock, held, operator, splits, batch, probe, said };
}

describe('Watermarks: of each split', () => {
  it('the least over the splits of a reader holds', () => {
    const { splits, batch, probe } = run();
    splits.add('a', null);
    splits.add('b', null);
    batch('a', 100);
    expect(probe()).toEqual([]);
    batch('b', 40);
    expect(probe()).toEqual(['watermark 39']);
    batch('b', 200);
    expect(probe()).toEqual(['watermark 99']);
  });

  it('a split that is assigned later and is behind holds back, and nothing falls', () => {
    const { splits, batch, probe } = run();
    splits.add('a', null);
    batch('a', 100);
    expect(probe()).toEqual(['watermark 99']);
    splits.add('b', null);
    batch('a', 300);
    batch('b', 50);
    expect(probe()).toEqual([]);
    batch('b', 150);
    expect(probe()).toEqual(['watermark 149']);
  });

  it('one that has been read to its end is waited for no more', () => {
    const { splits, batch, said } = run();
    splits.add('a', null);
    splits.add('b', null);
    batch('a', 100);
    batch('b', 10);
    splits.probe(0);
    splits.drop('b');
    expect(said()).toEqual(['watermark 9', 'watermark 99']);
    // The last one too: event time stays where it is until another split comes.
    splits.drop('a');
    expect(said()).toEqual([]);
  });

  it('a source that does not tell splits apart has one generator a reader', () => {
    const { splits, batch, probe } = run();
    splits.add('a', null);
    splits.add('b', null);
    batch(undefined, 100);
    expect(probe()).toEqual(['watermark 99']);
  });

  it('a punctuated generator is heard at once, and the others still hold back', () => {
    const { splits, batch, said } = run(
      WatermarkStrategy.forGenerator<number>(() => ({
        onEvent: (_value, timestamp, output) => output.watermark(timestamp),
        onPeriodic: () => undefined,
      })),
    );
    splits.add('a', null);
    splits.add('b', null);
    batch('a', 5, 6);
    batch('b', 4, 9);
    expect(said()).toEqual(['watermark 4', 'watermark 6']);
  });
});

describe('Watermarks: after a restore, of each split', () => {
  it('a split goes on where it stood, with whatever split it then shares a reader', () => {
    const [before, other] = [run(), run()];
    before.splits.add('a', null);
    before.batch('a', 100);
    before.probe();
    other.splits.add('b', null);
    other.batch('b', 500);
    const after = run();
    after.splits.add('a', before.splits.stateOf('a'));
    after.splits.add('b', other.splits.stateOf('b'));
    expect(after.said()).toEqual([]);
    // What b had seen, and not yet said, is what its generator keeps.
    expect(after.probe()).toEqual(['watermark 99']);
    after.batch('a', 400);
    expect(after.probe()).toEqual(['watermark 399']);
    after.batch('a', 900);
    expect(after.probe()).toEqual(['watermark 499']);
  });

  it('one without a record is unknown again, and not the latest', () => {
    const before = run();
    before.splits.add('a', null);
    expect(before.splits.stateOf('a')).toEqual({ watermark: null, generator: null });
    const after = run();
    after.splits.add('a', before.splits.stateOf('a'));
    after.splits.add('b', null);
    after.batch('b', 7);
    expect(after.probe()).toEqual([]);
  });
});

describe('Idleness: of each split', () => {
  const idling = (): WatermarkStrategy<number> =>
    WatermarkStrategy.forMonotonousTimestamps<number>().withIdleness(2 * intervalMs);

  it('a split that is idle is left out, and holds back again with its next record', () => {
    const { splits, batch, probe, said } = run(idling());
    splits.add('a', null);
    splits.add('b', null);
    batch('a', 10);
    batch('b', 50);
    expect(probe()).toEqual(['watermark 9']);
    for (let n = 0; n < 3; n += 1) {
      batch('b', 60);
      expect(probe()).toEqual([]);
    }
    batch('b', 60);
    expect(probe()).toEqual(['watermark 59']);
    batch('a', 20);
    batch('b', 100);
    expect(probe()).toEqual([]);
    expect(said()).toEqual([]);
  });

  it('when all are idle so is the source, and event time does not go on by that', () => {
    const { splits, batch, probe } = run(idling());
    splits.add('a', null);
    splits.add('b', null);
    batch('a', 10);
    batch('b', 50);
    const heard = Array.from({ length: 6 }, () => probe()).flat();
    expect(heard).toEqual(['watermark 9', 'idle']);
  });

  it('a reader without splits falls idle too, until it gets one', () => {
    const { splits, probe, said } = run(idling());
    expect(Array.from({ length: 5 }, () => probe()).flat()).toEqual(['idle']);
    splits.add('a', null);
    expect(said()).toEqual(['active']);
  });

  it('time in which receivers hold the task up does not count: probes wait as well', () => {
    const { clock, held, splits, batch, probe, said } = run(idling());
    splits.add('a', null);
    batch('a', 10);
    expect(probe()).toEqual(['watermark 9']);
    held.up = true;
    clock.pass(50 * intervalMs);
    held.up = false;
    for (const arrival of held.arrivals.splice(0)) arrival();
    expect(said()).toEqual([]);
    expect(probe()).toEqual([]);
    expect(Array.from({ length: 3 }, () => probe()).flat()).toEqual(['idle']);
  });

  it('nor does it where a batch is looked at before a probe: its records may all have been left out before their event time is taken', () => {
    const { clock, held, operator, splits, batch, probe, said } = run(idling());
    const wait = new SourceWait(unread, {
      alignment: { group: 'group', maxDriftMs: 0, updateIntervalMs: intervalMs },
      flowingMs: () => operator.flowingMs(),
      report: () => undefined,
      splits: splits as unknown as SplitWatermarks<unknown>,
      clock,
    });
    splits.add('a', null);
    batch('a', 10);
    expect([...probe(), ...probe()]).toEqual(['watermark 9']);
    held.up = true;
    clock.pass(50 * intervalMs);
    held.up = false;
    batch('a');
    wait.afterBatch();
    for (const arrival of held.arrivals.splice(0)) arrival();
    expect(said()).toEqual([]);
  });

  it('time in which a split is left out by its alignment group does not count', () => {
    const { clock, splits, batch, probe } = run(idling());
    splits.add('a', null);
    batch('a', 10);
    expect(probe()).toEqual(['watermark 9']);
    const time = splits.byId.get('a');
    time?.pause(true, clock.monotonicMs());
    for (let n = 0; n < 20; n += 1) expect(probe()).toEqual([]);
    time?.pause(false, clock.monotonicMs());
    expect(probe()).toEqual([]);
    expect(Array.from({ length: 3 }, () => probe()).flat()).toEqual(['idle']);
  });
});
