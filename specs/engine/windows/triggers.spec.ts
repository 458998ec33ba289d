import { describe, expect, it } from 'vitest';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countTrigger,
  deltaTrigger,
  endOfStreamTrigger,
  eventTimeTrigger,
  neverTrigger,
  processingTimeoutTrigger,
  processingTimeTrigger,
  purgingTrigger,
} from '../../../src/api/triggers.js';
import {
  globalWindows,
  sessionEventTimeWindows,
  slidingEventTimeWindows,
  tumblingEventTimeWindows,
  tumblingProcessingTimeWindows,
} from '../../../src/api/windows.js';
import { maxWatermark, noTimestamp } from '../../../src/time/timestamps.js';
import type { Trigger } from '../../../src/window/trigger.js';
import type { Window } from '../../../src/window/window.js';
import { listed, type Sale, WindowRun } from './window-run.js';

const tumbling = tumblingEventTimeWindows({ sizeMs: 10 });
const all = globalWindows();

describe('triggers: event time', () => {
  it('set for what is past, a timer fires with the next watermark, also for a window of long ago', () => {
    const trigger: Trigger<Sale, Window> = {
      canMerge: false,
      onElement: (_value, _timestamp, _window, context) => {
        context.setEventTime(3);
        return 'continue';
      },
      onEventTime: (time) => (time === 3 ? 'fire' : 'continue'),
      onProcessingTime: () => 'continue',
      clear: () => undefined,
    };
    const run = new WindowRun({ assigner: tumblingEventTimeWindows({ sizeMs: 100 }), trigger }).watermark(50);
    expect(run.a([60, 1]).out()).toEqual([]);
    expect(run.watermark(51).out()).toEqual([['1', 99]]);
  });

  it('given by hand it is what windows do anyway', () => {
    const run = new WindowRun({ assigner: tumbling, trigger: eventTimeTrigger() }).a([1, 1]);
    expect(run.watermark(9).out()).toEqual([['1', 9]]);
  });
});

describe('triggers: processing time', () => {
  it('a window in event time can fire by the clock; at its end in event time it is gone', () => {
    const run = new WindowRun({ assigner: tumbling, trigger: processingTimeTrigger() }).a([1, 1]).pass(9);
    expect(run.out()).toEqual([]);
    expect(run.pass(1).out()).toEqual([['1', 9]]);
    expect(run.watermark(9).out()).toEqual([]);
    expect(run.groupsWithState()).toBe(0);
  });
});

describe('triggers: count', () => {
  it('fires with every n-th record, and what it fires with stays', () => {
    const run = new WindowRun({ assigner: all, trigger: countTrigger(2) });
    expect(run.a([5, 1], [5, 2], [5, 3], [5, 4]).out()).toEqual([
      ['1 2', maxWatermark],
      ['1 2 3 4', maxWatermark],
    ]);
  });

  it('counts each window and each key for itself', () => {
    const assigner = slidingEventTimeWindows({ sizeMs: 10, slideMs: 5 });
    const run = new WindowRun({ assigner, trigger: countTrigger(2) }).a([1, 1], [6, 2]).of('b', [1, 3]);
    expect(run.out()).toEqual([['1 2', 9]]);
  });

  it('a window in time that it leaves waiting is dropped at its end', () => {
    const run = new WindowRun({ assigner: tumbling, trigger: countTrigger(2) }).a([1, 1]);
    expect(run.watermark(9).out()).toEqual([]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('goes on counting after a failure', () => {
    const run = new WindowRun({ assigner: all, trigger: countTrigger(3) }).a([0, 1], [0, 2]).restored();
    expect(run.a([0, 3]).out()).toEqual([['1 2 3', maxWatermark]]);
  });
});

describe('triggers: purge', () => {
  it('purging: what fires is emptied', () => {
    const run = new WindowRun({ assigner: all, trigger: purgingTrigger(countTrigger(2)) });
    expect(run.a([0, 1], [0, 2], [0, 3], [0, 4], [0, 5]).out()).toEqual([
      ['1 2', maxWatermark],
      ['3 4', maxWatermark],
    ]);
  });

  it('purge keeps what the trigger remembers and the end of the window', () => {
    const seen: unknown[] = [];
    const trigger: Trigger<Sale, Window> = {
      canMerge: false,
      onElement: (_value, _timestamp, _window, context) => {
        const count = context.state<number>('seen');
        count.update((count.value() ?? 0) + 1);
        seen.push(count.value());
        return 'purge';
      },
      onEventTime: () => 'fire',
      onProcessingTime: () => 'continue',
      clear: (_window, context) => seen.push(['clear', context.state('seen').value()]),
    };
    const run = new WindowRun({ assigner: tumbling, trigger }).a([1, 1], [2, 2]);
    expect(run.watermark(9).out()).toEqual([]);
    expect(seen).toEqual([1, 2, ['clear', 2]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('an empty window does not emit', () => {
    const trigger = purgingTrigger(countTrigger(1));
    const both: Trigger<Sale, Window> = {
      canMerge: false,
      onElement: (...given) => trigger.onElement(...given),
      onEventTime: () => 'fire',
      onProcessingTime: () => 'continue',
      clear: () => undefined,
    };
    const run = new WindowRun({ assigner: tumbling, trigger: both }).a([1, 1]);
    expect(run.out()).toEqual([['1', 9]]);
    expect(run.watermark(9).out()).toEqual([]);
  });

  it('purged after its end, a window in lateness holds only what comes later', () => {
    const trigger = purgingTrigger(eventTimeTrigger());
    const run = new WindowRun({ assigner: tumbling, trigger, allowedLatenessMs: 5 }).a([1, 1]).watermark(9);
    expect(run.a([2, 2], [3, 3]).out()).toEqual([
      ['1', 9],
      ['2', 9],
      ['3', 9],
    ]);
  });
});

describe('triggers: delta', () => {
  const delta = ({ n: from }: Sale, { n: to }: Sale): number => to - from;

  it('fires with a record further than the threshold from the one that fired last; as far is not further', () => {
    const run = new WindowRun({ assigner: all, trigger: deltaTrigger({ threshold: 5, delta }) });
    expect(run.a([0, 1], [0, 6], [0, 7], [0, 12], [0, 13]).out()).toEqual([
      ['1 6 7', maxWatermark],
      ['1 6 7 12 13', maxWatermark],
    ]);
  });
});

describe('triggers: continuous, event time', () => {
  it('fires every interval after the start of the window, and at its end', () => {
    const assigner = tumblingEventTimeWindows({ sizeMs: 100 });
    const run = new WindowRun({ assigner, trigger: continuousEventTimeTrigger(40) }).a([5, 1]);
    expect(run.watermark(39).out()).toEqual([]);
    expect(run.watermark(40).a([50, 2]).out()).toEqual([['1', 99]]);
    expect(run.watermark(80).out()).toEqual([['1 2', 99]]);
    expect(run.watermark(99).out()).toEqual([['1 2', 99]]);
    expect(run.groupsWithState()).toBe(0);
  });

  it('honours the offset of the window', () => {
    const assigner = tumblingEventTimeWindows({ sizeMs: 100, offsetMs: 7 });
    const run = new WindowRun({ assigner, trigger: continuousEventTimeTrigger(10) }).a([8, 1]);
    expect(run.watermark(16).out()).toEqual([]);
    expect(run.watermark(17).out()).toEqual([['1', 106]]);
  });

  it('honours negative time', () => {
    const assigner = tumblingEventTimeWindows({ sizeMs: 100 });
    const run = new WindowRun({ assigner, trigger: continuousEventTimeTrigger(10) }).a([-95, 1]);
    expect(run.watermark(-91).out()).toEqual([]);
    expect(run.watermark(-90).out()).toEqual([['1', -1]]);
  });

  it('a watermark that passes several intervals fires once, and the last one comes to an end', () => {
    const run = new WindowRun({ assigner: all, trigger: continuousEventTimeTrigger(10) }).a([5, 1]);
    expect(run.watermark(35).out()).toEqual([['1', maxWatermark]]);
    expect(run.watermark(40).out()).toEqual([['1', maxWatermark]]);
    expect(run.watermark(maxWatermark).out()).toHaveLength(2);
  });

  it('global windows count from 1970, before it too', () => {
    const run = new WindowRun({ assigner: all, trigger: continuousEventTimeTrigger(10) }).a([-5, 1]);
    expect(run.watermark(-1).out()).toEqual([]);
    expect(run.watermark(0).out()).toEqual([['1', maxWatermark]]);
  });

  it('sessions that merge keep the sooner of their times', () => {
    const assigner = sessionEventTimeWindows({ gapMs: 20 });
    const run = new WindowRun({ assigner, trigger: continuousEventTimeTrigger(15) }).a([30, 1], [0, 2], [15, 3]);
    expect(run.watermark(14).out()).toEqual([]);
    expect(run.watermark(15).out()).toEqual([['2 1 3', 49]]);
    expect(run.watermark(49).out()).toEqual([
      ['2 1 3', 49],
      ['2 1 3', 49],
    ]);
    expect(run.groupsWithState()).toBe(0);
  });
});

describe('triggers: continuous, processing time', () => {
  it('fires every interval of the clock from the first record on', () => {
    const run = new WindowRun({ assigner: all, trigger: continuousProcessingTimeTrigger(10) });
    expect(run.pass(15).a([0, 1]).pass(5).out()).toEqual([]);
    expect(run.pass(1).out()).toEqual([['1', maxWatermark]]);
    expect(run.a([0, 2]).pass(10).out()).toEqual([['1 2', maxWatermark]]);
  });

  it('a window in processing time fires at its end too, and leaves no timer behind', () => {
    const assigner = tumblingProcessingTimeWindows({ sizeMs: 25 });
    const run = new WindowRun({ assigner, trigger: continuousProcessingTimeTrigger(10) }).a([0, 1]);
    expect(run.pass(25).out()).toEqual([
      ['1', 24],
      ['1', 24],
      ['1', 24],
    ]);
    expect(run.groupsWithState()).toBe(0);
    expect(run.pass(100).out()).toEqual([]);
  });

  it('in a window of event time it fires until that is over', () => {
    const run = new WindowRun({ assigner: tumbling, trigger: continuousProcessingTimeTrigger(10) }).pass(100).a([1, 1]);
    expect(run.pass(25).out()).toEqual([
      ['1', 9],
      ['1', 9],
    ]);
    expect(run.watermark(9).pass(100).out()).toEqual([]);
  });
});

describe('triggers: processing timeout', () => {
  const counted = (others = {}) => processingTimeoutTrigger(countTrigger(3), { timeoutMs: 10, ...others });

  it('fires what the other trigger leaves waiting, once the clock has gone on from the first record', () => {
    const run = new WindowRun({ assigner: all, trigger: counted() }).a([0, 1]).pass(6).a([0, 2]).pass(4);
    expect(run.out()).toEqual([]);
    expect(run.pass(1).out()).toEqual([['1 2', maxWatermark]]);
    expect(run.pass(100).out()).toEqual([]);
  });

  it('the other trigger begins anew after a timeout, unless it shall not', () => {
    const anew = new WindowRun({ assigner: all, trigger: counted() }).a([0, 1], [0, 2]).pass(11);
    expect(anew.a([0, 3]).out()).toEqual([['1 2', maxWatermark]]);
    const on = new WindowRun({ assigner: all, trigger: counted({ clearsOnTimeout: false }) })
      .a([0, 1], [0, 2])
      .pass(11);
    expect(on.a([0, 3]).out()).toEqual([
      ['1 2', maxWatermark],
      ['1 2 3', maxWatermark],
    ]);
  });

  it('what fires by itself waits no longer', () => {
    const run = new WindowRun({ assigner: all, trigger: counted() }).a([0, 1], [0, 2], [0, 3]);
    expect(run.pass(100).out()).toEqual([['1 2 3', maxWatermark]]);
  });

  it('begins again with each record, if it shall', () => {
    const run = new WindowRun({ assigner: all, trigger: counted({ restartsWithRecords: true }) });
    expect(run.a([0, 1]).pass(8).a([0, 2]).pass(8).out()).toEqual([]);
    expect(run.pass(3).out()).toEqual([['1 2', maxWatermark]]);
  });

  it('a window that a timeout has cleared is still over at its end', () => {
    const trigger = processingTimeoutTrigger(eventTimeTrigger(), { timeoutMs: 10 });
    const run = new WindowRun({ assigner: tumbling, trigger: purgingTrigger(trigger) }).a([1, 1]).pass(11);
    expect(run.out()).toEqual([['1', 9]]);
    expect(run.watermark(9).out()).toEqual([]);
    expect(run.groupsWithState()).toBe(0);
  });
});

describe('triggers: never, and at the end', () => {
  it('global windows never fire by themselves', () => {
    const run = new WindowRun({ assigner: all }).a([0, 1]);
    expect(run.watermark(maxWatermark).out()).toEqual([]);
    const never = new WindowRun({ assigner: tumbling, trigger: neverTrigger() }).a([0, 1]);
    expect(never.watermark(maxWatermark).out()).toEqual([]);
  });

  it('global windows take records without a timestamp', () => {
    expect(new WindowRun({ assigner: all, trigger: countTrigger(1) }).a([noTimestamp, 1]).out()).toEqual([
      ['1', maxWatermark],
    ]);
  });

  it('end of stream: fires with the last watermark', () => {
    const run = new WindowRun({ assigner: all, trigger: endOfStreamTrigger(), computation: listed }).a([0, 1], [5, 2]);
    expect(run.watermark(maxWatermark - 1).out()).toEqual([]);
    expect(run.watermark(maxWatermark).out()).toEqual([['1 2', maxWatermark]]);
  });
});
