import { describe, expect, it } from 'vitest';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  type DataStream,
  deltaTrigger,
  endOfStreamTrigger,
  eventTimeTrigger,
  globalWindows,
  neverTrigger,
  processingTimeoutTrigger,
  processingTimeTrigger,
  purgingTrigger,
  sessionEventTimeWindows,
  type Trigger,
  tumblingEventTimeWindows,
  type Window,
  type WindowAssigner,
} from 'weirflow';
import { openHarness } from 'weirflow/testing';
import { type Event, event, keyOf, listed, shown } from './events.js';

const tumbling = tumblingEventTimeWindows({ sizeMs: 10 });

/** Windows of key a, fed with times; numbers count the records from 1. */
async function open(trigger: Trigger<Event, Window>, assigner: unknown = tumbling) {
  const harness = await openHarness({
    build: (events: DataStream<Event>) =>
      events
        .keyBy(keyOf)
        .window(assigner as WindowAssigner<Event, Window>)
        .trigger(trigger)
        .process(listed),
  });
  let count = 0;
  const push = (...times: readonly number[]): void => {
    for (const time of times) harness.push(event('a', ++count), time);
  };
  const out = (): readonly string[] => shown(harness.output());
  return { harness, push, out };
}

/** Fires, purges or does neither as the number of a record says, and counts the elements that it has seen. */
const asTold = (results: readonly ReturnType<Trigger<Event, Window>['onElement']>[]): Trigger<Event, Window> => ({
  canMerge: false,
  onElement: (_value, _timestamp, _window, context) => {
    const seen = context.state<number>('seen');
    const before = seen.value() ?? 0;
    seen.update(before + 1);
    return results[before] ?? 'continue';
  },
  onEventTime: () => 'continue',
  onProcessingTime: () => 'continue',
  clear: () => undefined,
});

describe('Triggers: results', () => {
  it('CONTINUE, FIRE, PURGE and FIRE_AND_PURGE: firing keeps the contents, purging clears them', async () => {
    const { push, out } = await open(asTold(['continue', 'fire', 'purge', 'fire', 'fireAndPurge', 'fire']));
    const each: (readonly string[])[] = [];
    for (const time of [1, 2, 3, 4, 5, 6]) {
      push(time);
      each.push(out());
    }
    expect(each).toEqual([[], ['a: 1 2 @9'], [], ['a: 4 @9'], ['a: 4 5 @9'], ['a: 6 @9']]);
  });

  it('purge keeps the metadata of window and trigger: the trigger goes on counting', async () => {
    const { push, out } = await open(asTold(['purge', 'purge', 'fire']));
    push(1, 2, 3);
    expect(out()).toEqual(['a: 3 @9']);
  });

  it('an empty window does not emit', async () => {
    const { harness, push, out } = await open(purgingTrigger(eventTimeTrigger()), tumbling);
    push(1);
    harness.watermark(9);
    expect(out()).toEqual(['a: 1 @9']);
    harness.endInput();
    expect(out()).toEqual([]);
  });
});

describe('Triggers: built in', () => {
  it('EventTime fires once the watermark passes the end of the window', async () => {
    const { harness, push, out } = await open(eventTimeTrigger());
    push(1);
    harness.watermark(8);
    expect(out()).toEqual([]);
    harness.watermark(9);
    expect(out()).toEqual(['a: 1 @9']);
  });

  it('ProcessingTime fires once the clock passes the end of the window', async () => {
    const { harness, push, out } = await open(processingTimeTrigger());
    push(1);
    harness.advanceProcessingTime(9);
    expect(out()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(out()).toEqual(['a: 1 @9']);
  });

  it('Count fires every n elements and keeps them', async () => {
    const { push, out } = await open(countTrigger(2));
    push(1, 2, 3, 4);
    expect(out()).toEqual(['a: 1 2 @9', 'a: 1 2 3 4 @9']);
  });

  it('Purging(t) turns FIRE into FIRE_AND_PURGE', async () => {
    const { push, out } = await open(purgingTrigger(countTrigger(2)));
    push(1, 2, 3, 4);
    expect(out()).toEqual(['a: 1 2 @9', 'a: 3 4 @9']);
  });

  it('Delta fires when the delta to the element that fired last is above the threshold, not at it', async () => {
    const { push, out } = await open(deltaTrigger({ threshold: 2, delta: (from: Event, to: Event) => to.n - from.n }));
    push(1, 1, 1);
    expect(out()).toEqual([]);
    push(1);
    expect(out()).toEqual(['a: 1 2 3 4 @9']);
    push(1, 1);
    expect(out()).toEqual([]);
    push(1);
    expect(out()).toEqual(['a: 1 2 3 4 5 6 7 @9']);
  });

  it('ContinuousEventTime fires every interval; unlike in Flink from the start of the window, offset and negative time included', async () => {
    const assigner = tumblingEventTimeWindows({ sizeMs: 20, offsetMs: 3 });
    const { harness, push, out } = await open(continuousEventTimeTrigger(8), assigner);
    push(-16);
    harness.watermark(-10);
    expect(out()).toEqual([]);
    harness.watermark(-9);
    expect(out()).toEqual(['a: 1 @2']);
    harness.watermark(-1);
    harness.watermark(2);
    expect(out()).toEqual(['a: 1 @2', 'a: 1 @2']);
  });

  it('ContinuousEventTime fires once for a watermark that passes several intervals: nothing changes in between', async () => {
    const { harness, push, out } = await open(continuousEventTimeTrigger(3), tumblingEventTimeWindows({ sizeMs: 20 }));
    push(1);
    harness.watermark(13);
    expect(out()).toEqual(['a: 1 @19']);
    harness.watermark(15);
    expect(out()).toEqual(['a: 1 @19']);
  });

  it('ContinuousProcessingTime fires every interval of the clock', async () => {
    const { harness, push, out } = await open(continuousProcessingTimeTrigger(5), globalWindows());
    harness.advanceProcessingTime(2);
    push(1);
    harness.advanceProcessingTime(4);
    push(2);
    harness.advanceProcessingTime(5);
    expect(out().map((text) => text.split(' @')[0])).toEqual(['a: 1', 'a: 1 2']);
  });

  it('ProcessingTimeout(t) fires what t leaves waiting for so long', async () => {
    const { harness, push, out } = await open(processingTimeoutTrigger(countTrigger(2), { timeoutMs: 50 }));
    push(1);
    harness.advanceProcessingTime(50);
    expect(out()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(out()).toEqual(['a: 1 @9']);
  });

  it('Never does not fire, EndOfStream at the end of the input', async () => {
    const never = await open(neverTrigger());
    never.push(1);
    never.harness.endInput();
    expect(never.out()).toEqual([]);
    const end = await open(endOfStreamTrigger(), globalWindows());
    end.push(1, 2);
    end.harness.watermark(1_000_000);
    expect(end.out()).toEqual([]);
    end.harness.endInput();
    expect(end.out()).toHaveLength(1);
  });

  it('windows that merge need a trigger that can', async () => {
    await expect(
      open(deltaTrigger({ threshold: 1, delta: () => 0 }), sessionEventTimeWindows({ gapMs: 5 })),
    ).rejects.toThrow('Sessions merge, and the trigger given to trigger() cannot');
  });
});
