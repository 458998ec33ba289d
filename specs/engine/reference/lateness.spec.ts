import { describe, expect, it } from 'vitest';
import { type DataStream, outputTag, tumblingEventTimeWindows } from 'weirflow';
import { openHarness } from 'weirflow/testing';
import { type Event, event, keyOf, listed, shown } from './events.js';

const late = outputTag<Event>('late');

const open = (latenessMs: number, keepsLate = false) =>
  openHarness({
    build: (events: DataStream<Event>) => {
      const windows = events
        .keyBy(keyOf)
        .window(tumblingEventTimeWindows({ sizeMs: 10 }))
        .allowedLateness(latenessMs);
      return (keepsLate ? windows.sideOutputLateData(late) : windows).process(listed);
    },
    sideOutputs: [late],
  });

describe('Lateness', () => {
  it('a record is late iff maxTimestamp + allowed lateness <= watermark; the default is 0', async () => {
    const harness = await open(0);
    harness.watermark(8);
    harness.push(event('a', 1), 0);
    harness.watermark(9);
    harness.push(event('a', 2), 0);
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
    expect(harness.lateRecordsDropped).toBe(1);
  });

  it('a record behind the watermark whose window is open is not late', async () => {
    const harness = await open(0);
    harness.watermark(5);
    harness.push(event('a', 1), 2);
    harness.endInput();
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
  });

  it('late but allowed elements refire the window, each of them', async () => {
    const harness = await open(5);
    harness.push(event('a', 1), 1);
    harness.watermark(13);
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
    harness.push(event('a', 2), 2);
    harness.push(event('a', 3), 3);
    expect(shown(harness.output())).toEqual(['a: 1 2 @9', 'a: 1 2 3 @9']);
  });

  it('the window is cleaned up at maxTimestamp + lateness', async () => {
    const harness = await open(5);
    harness.push(event('a', 1), 1);
    harness.watermark(13);
    expect(harness.timers()).toHaveLength(1);
    harness.watermark(14);
    expect(harness.timers()).toEqual([]);
    harness.push(event('a', 2), 2);
    expect(harness.lateRecordsDropped).toBe(1);
  });

  it('a cleanup time that overflows is never: the window takes records even after the last watermark', async () => {
    const harness = await open(Number.MAX_SAFE_INTEGER);
    harness.push(event('a', 1), 1);
    harness.watermark(1_000_000);
    expect(shown(harness.output())).toEqual(['a: 1 @9']);
    harness.push(event('a', 2), 2);
    expect(shown(harness.output())).toEqual(['a: 1 2 @9']);
    expect(harness.timers()).toEqual([]);
  });

  it('dropped elements go to the side output, else they are counted: never both', async () => {
    const kept = await open(0, true);
    kept.watermark(9);
    kept.push(event('a', 1), 4);
    expect(kept.sideOutput(late)).toEqual([{ value: event('a', 1), timestamp: 4 }]);
    expect(kept.lateRecordsDropped).toBe(0);
    const counted = await open(0);
    counted.watermark(9);
    counted.push(event('a', 1), 4);
    expect(counted.sideOutput(late)).toEqual([]);
    expect(counted.lateRecordsDropped).toBe(1);
  });
});
