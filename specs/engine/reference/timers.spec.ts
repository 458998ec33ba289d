import { describe, expect, it } from 'vitest';
import type { DataStream, KeyedProcessContext, KeyedProcessFunction, OnTimerContext } from 'weirflow';
import { checkOperator, openHarness, processingTime, record, watermark } from 'weirflow/testing';
import { type Event, event, keyOf, shown, values } from './events.js';

type Command = 'event' | 'processing' | 'deleteEvent' | 'deleteProcessing';

interface Order extends Event {
  readonly command: Command;
}

/** Sets or deletes a timer of its key for the time that a record names, and says what fires. */
class Alarms implements KeyedProcessFunction<string, Order, string> {
  processElement({ n, command }: Order, { timers, emit }: KeyedProcessContext<string, string>): void {
    if (command === 'event') timers.setEventTime(n);
    else if (command === 'processing') timers.setProcessingTime(n);
    else if (command === 'deleteEvent') timers.deleteEventTime(n);
    else timers.deleteProcessingTime(n);
    emit(`done ${command} ${n}`);
  }
  onTimer(time: number, { currentKey, timeDomain, emit }: OnTimerContext<string, string>): void {
    emit(`${currentKey} ${timeDomain} ${time}`);
  }
}

const order = (key: string, command: Command, n: number): Order => ({ ...event(key, n), command });
const build = (orders: DataStream<Order>) => orders.keyBy(keyOf).process(new Alarms());

async function open(now = 0) {
  const harness = await openHarness({ build, processingTime: now });
  const say = (key: string, command: Command, time: number): void => harness.push(order(key, command, time));
  /** What fired, without what records put out. */
  const fired = (): readonly string[] => values(harness.output()).filter((text) => !text.startsWith('done'));
  return { harness, say, fired };
}

describe('Timers: event time', () => {
  it('there is one for each key and time, however often it is set', async () => {
    const { harness, say, fired } = await open();
    for (const key of ['a', 'a', 'b']) say(key, 'event', 5);
    expect(harness.timers()).toHaveLength(2);
    harness.watermark(5);
    expect([...fired()].sort()).toEqual(['a eventTime 5', 'b eventTime 5']);
  });

  it('they fire with the watermark at or after their time, ordered by time, each with its key as the current one', async () => {
    const { harness, say, fired } = await open();
    say('a', 'event', 20);
    say('b', 'event', 10);
    harness.watermark(9);
    expect(fired()).toEqual([]);
    harness.watermark(20);
    expect(fired()).toEqual(['b eventTime 10', 'a eventTime 20']);
  });

  it('one set in the past fires at the next watermark', async () => {
    const { harness, say, fired } = await open();
    harness.watermark(100);
    say('a', 'event', 5);
    expect(fired()).toEqual([]);
    harness.watermark(101);
    expect(fired()).toEqual(['a eventTime 5']);
  });

  it('one set in the past waits for that watermark, whatever the clock makes due meanwhile', async () => {
    const { harness, say, fired } = await open();
    harness.watermark(100);
    say('a', 'event', 5);
    say('a', 'processing', 5);
    harness.advanceProcessingTime(10);
    expect(fired()).toEqual(['a processingTime 5']);
    harness.restore(harness.snapshot());
    harness.watermark(101);
    expect(fired()).toEqual(['a eventTime 5']);
  });

  it('negative times are times', async () => {
    const { harness, say, fired } = await open();
    say('a', 'event', -5);
    harness.watermark(-6);
    expect(fired()).toEqual([]);
    harness.watermark(-5);
    expect(fired()).toEqual(['a eventTime -5']);
  });

  it('deleting one that is missing is no mistake', async () => {
    const { harness, say, fired } = await open();
    say('a', 'deleteEvent', 5);
    say('a', 'deleteProcessing', 5);
    say('a', 'event', 7);
    say('b', 'deleteEvent', 7);
    say('a', 'deleteEvent', 7);
    harness.endInput();
    expect(fired()).toEqual([]);
  });
});

describe('Timers: processing time', () => {
  it('they fire when the clock has passed their time: a millisecond after it, as a watermark passes', async () => {
    const { harness, say, fired } = await open(100);
    say('a', 'processing', 110);
    harness.advanceProcessingTime(10);
    expect(fired()).toEqual([]);
    harness.advanceProcessingTime(1);
    expect(fired()).toEqual(['a processingTime 110']);
  });

  it('one for a time that has passed fires at once; one for this very moment a millisecond later', async () => {
    const { harness, say, fired } = await open(100);
    say('a', 'processing', 40);
    say('a', 'processing', 100);
    expect(fired()).toEqual(['a processingTime 40']);
    harness.advanceProcessingTime(1);
    expect(fired()).toEqual(['a processingTime 100']);
  });

  it('a timer never fires while a record is processed', async () => {
    const { harness, say } = await open(100);
    say('a', 'processing', 40);
    expect(values(harness.output())).toEqual(['done processing 40', 'a processingTime 40']);
  });

  it('every process function knows the clock, with and without keys or timers', async () => {
    const told = {
      processElement: (n: unknown, context: { currentProcessingTime(): number; emit(n: number): void }) => {
        context.emit(context.currentProcessingTime() + Number(n));
      },
    };
    const harness = await openHarness({
      build: (numbers: DataStream<number>) => {
        const plain = numbers.process<number>(told);
        return plain
          .keyBy((n) => n)
          .process<number>({
            processElement: (n, { timers, emit }) => emit(n + timers.currentProcessingTime()),
          });
      },
      processingTime: 100,
    });
    harness.push(1);
    expect(values(harness.output())).toEqual([201]);
  });

  it('overdue ones fire at once after a restore', async () => {
    const { harness, say, fired } = await open(100);
    say('a', 'processing', 110);
    say('b', 'processing', 150);
    const snapshot = harness.snapshot();
    harness.advanceProcessingTime(30);
    expect(fired()).toEqual(['a processingTime 110']);
    harness.restore(snapshot);
    expect(fired()).toEqual(['a processingTime 110']);
    harness.advanceProcessingTime(21);
    expect(fired()).toEqual(['b processingTime 150']);
  });

  it('the end of the input fires those in event time, and not those in processing time', async () => {
    const { harness, say, fired } = await open(100);
    say('a', 'processing', 110);
    say('a', 'event', 110);
    harness.endInput();
    expect(fired()).toEqual(['a eventTime 110']);
  });
});

describe('Timers: the end of the input', () => {
  /** A timer in event time that sets one in processing time, for long ago. */
  const chained: KeyedProcessFunction<string, Order, string> = {
    processElement: ({ n }, { timers }) => timers.setProcessingTime(n),
    onTimer: (time, { timers, timeDomain, emit }) => {
      emit(`${timeDomain} ${time}`);
      if (timeDomain === 'processingTime') timers.setEventTime(time + 1_000);
      else timers.setProcessingTime(40);
    },
  };

  it('one in processing time that is set then does not fire any more, whatever has fired before', async () => {
    const harness = await openHarness({
      build: (orders: DataStream<Order>) => orders.keyBy(keyOf).process(chained),
      processingTime: 100,
    });
    harness.push(order('a', 'processing', 50));
    harness.endInput();
    expect(values(harness.output())).toEqual(['processingTime 50', 'eventTime 1050']);
  });
});

describe('Timers: snapshot and restore', () => {
  it('they are part of the state of their key, wherever that goes', { timeout: 60_000 }, async () => {
    await checkOperator({
      build,
      input: [
        ...[...'abcd'].map((key, n) => record(order(key, 'event', 10 - n))),
        ...[...'abcd'].map((key, n) => record(order(key, 'processing', n * 10))),
        record(order('c', 'deleteEvent', 8)),
        processingTime(15),
        watermark(8),
        processingTime(40),
      ],
      runs: 5,
      expect: (output) => expect(shown(output).filter((text) => !text.startsWith('done'))).toHaveLength(7),
    });
  });
});
