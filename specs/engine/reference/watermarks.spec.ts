import { describe, expect, it } from 'vitest';
import { type DataStream, tumblingEventTimeWindows, WatermarkStrategy } from 'weirflow';
import { openHarness, openTwoInputHarness } from 'weirflow/testing';
import { listed, shown } from './events.js';

const bounded = (boundMs: number) => WatermarkStrategy.forBoundedOutOfOrderness<number>(boundMs);
const timed = (strategy: WatermarkStrategy<number>) => (times: DataStream<number>) =>
  times.assignTimestampsAndWatermarks(strategy.withTimestampAssigner((time: number) => time));

describe('Watermarks: generators', () => {
  it('bounded out-of-orderness gives the greatest timestamp less the delay less 1', async () => {
    const harness = await openHarness({ build: timed(bounded(10)) });
    harness.push(100);
    harness.push(95);
    harness.advanceProcessingTime(200);
    expect(harness.outputWatermark).toBe(89);
  });

  it('a record at the watermark is late already: one within the delay never is', async () => {
    const harness = await openHarness({
      build: (times: DataStream<number>) =>
        timed(bounded(10))(times)
          .map((n) => ({ key: 'a', n }))
          .keyBy(({ key }) => key)
          .window(tumblingEventTimeWindows({ sizeMs: 1 }))
          .process(listed),
    });
    harness.push(100);
    harness.advanceProcessingTime(200);
    harness.push(90);
    harness.push(89);
    expect(harness.lateRecordsDropped).toBe(1);
    harness.endInput();
    expect(shown(harness.output())).toEqual(['a: 90 @90', 'a: 100 @100']);
  });

  it('monotonous timestamps are a delay of 0, and there is no watermark before the first record', async () => {
    const harness = await openHarness({ build: timed(WatermarkStrategy.forMonotonousTimestamps()) });
    harness.advanceProcessingTime(1_000);
    expect(harness.outputWatermark).toBeNull();
    harness.push(-7);
    harness.advanceProcessingTime(200);
    expect(harness.outputWatermark).toBe(-8);
  });

  it('periodic ones are emitted every 200 ms of processing time', async () => {
    const harness = await openHarness({ build: timed(bounded(0)) });
    harness.push(100);
    harness.advanceProcessingTime(199);
    expect(harness.outputWatermark).toBeNull();
    harness.advanceProcessingTime(1);
    expect(harness.outputWatermark).toBe(99);
  });

  it('punctuated ones are emitted with the record, and never regress', async () => {
    const punctuated = WatermarkStrategy.forGenerator<number>(() => ({
      onEvent: (_value, timestamp, output) => output.watermark(timestamp),
      onPeriodic: () => undefined,
    }));
    const harness = await openHarness({ build: timed(punctuated) });
    harness.push(5);
    expect(harness.outputWatermark).toBe(5);
    harness.push(3);
    expect(harness.outputWatermark).toBe(5);
  });

  it('the end of the input is the maximal watermark', async () => {
    const harness = await openHarness({ build: timed(WatermarkStrategy.noWatermarks()) });
    harness.push(5);
    harness.endInput();
    expect(harness.outputWatermark).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('Watermarks: idleness and the input valve', () => {
  /** Two streams with watermarks of their own in one operator; either falls idle after 500 ms. */
  const open = async () => {
    const idling = timed(bounded(0).withIdleness(500));
    const harness = await openTwoInputHarness({
      build: (one: DataStream<number>, other: DataStream<number>) =>
        idling(one)
          .union(idling(other))
          .map((time) => time),
    });
    const pass = (probes: number): number | null => {
      harness.advanceProcessingTime(200 * probes);
      return harness.outputWatermark;
    };
    return { harness, pass };
  };

  it('the watermark is the least of all channels', async () => {
    const { harness, pass } = await open();
    harness.pushFirst(100);
    expect(pass(1)).toBeNull();
    harness.pushSecond(50);
    expect(pass(1)).toBe(49);
  });

  it('an idle channel is excluded; its time begins at the first quiet probe', async () => {
    const { harness, pass } = await open();
    harness.pushFirst(100);
    harness.pushSecond(50);
    expect(pass(1)).toBe(49);
    for (const time of [101, 102, 103, 104]) {
      harness.pushFirst(time);
      // Quiet probes at 400, 600 and 800 ms: at the last of them 400 ms have been quiet.
      if (time < 104) expect(pass(1)).toBe(49);
    }
    expect(pass(1)).toBe(103);
  });

  it('when all channels fall idle the greatest watermark is flushed first', async () => {
    const { harness, pass } = await open();
    harness.pushFirst(100);
    harness.pushSecond(50);
    expect(pass(1)).toBe(49);
    expect(pass(4)).toBe(99);
  });

  it('a channel that resumes counts only once its watermark is at or above the last output', async () => {
    const { harness, pass } = await open();
    harness.pushFirst(100);
    harness.pushSecond(50);
    expect(pass(5)).toBe(99);
    harness.pushSecond(60);
    harness.pushFirst(200);
    expect(pass(1)).toBe(199);
    harness.pushSecond(201);
    expect(pass(1)).toBe(199);
    harness.pushFirst(300);
    expect(pass(1)).toBe(200);
  });

  it('a finished input neither counts nor makes event time maximal while the other is idle', async () => {
    const { harness, pass } = await open();
    harness.pushFirst(100);
    harness.pushSecond(50);
    expect(pass(1)).toBe(49);
    harness.endFirst();
    expect(pass(5)).toBe(49);
    harness.pushSecond(70);
    expect(pass(1)).toBe(69);
  });

  it('an idle timeout is above 0', () => {
    expect(() => bounded(0).withIdleness(0)).toThrow('above 0');
  });
});

describe('Watermarks: snapshot and restore', () => {
  it('unlike in Flink they are part of a snapshot: event time goes on where it was, in any parallelism', async () => {
    const harness = await openHarness({ build: timed(bounded(10)) });
    harness.push(100);
    harness.advanceProcessingTime(200);
    harness.restore(harness.snapshot(), { parallelism: 3 });
    expect(harness.outputWatermark).toBeNull();
    harness.advanceProcessingTime(200);
    expect(harness.outputWatermark).toBe(89);
  });
});
