import { describe, expect, it } from 'vitest';
import { type KeyedProcessFunction, KeyedProcessOperator } from '../../../src/operators/keyed-process.js';
import type { Operator } from '../../../src/operators/operator.js';
import type { KeyedStateBackend } from '../../../src/state/keyed-state.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { heapState, opened, restoredFrom } from '../operators/operator-run.js';

type Command = { readonly event?: number; readonly processing?: number; readonly undo?: number };

/** Sets and deletes timers as its records say, and emits what fires. */
const timed = (onFire: (time: number) => void = () => undefined): KeyedProcessFunction<string, Command, string> => ({
  processElement({ event, processing, undo }, { timers }) {
    if (event !== undefined) timers.setEventTime(event);
    if (processing !== undefined) timers.setProcessingTime(processing);
    if (undo !== undefined) timers.deleteEventTime(undo);
  },
  onTimer(timestamp, { currentKey, timeDomain, emit }) {
    onFire(timestamp);
    emit(`${currentKey} ${timeDomain} ${timestamp}`);
  },
});

function run(keyed: KeyedStateBackend = heapState(), fn = timed()) {
  const clock = new VirtualClock();
  const operator = new KeyedProcessOperator(fn);
  const opening = opened(operator as Operator, keyed, { clock });
  const say = (key: string, command: Command): void => {
    keyed.setCurrentKey(key);
    operator.process(command, 0);
  };
  return { clock, operator, keyed, run: opening, all: opening.output.all, say };
}

describe('timers in event time', () => {
  it('fire with the watermark at or after their time, by time, before the watermark is passed on', () => {
    const { operator, all, say } = run();
    say('a', { event: 20 });
    say('b', { event: 10 });
    operator.watermark(9);
    operator.watermark(20);
    expect(all).toEqual(['watermark 9', ['b eventTime 10', 10], ['a eventTime 20', 20], 'watermark 20']);
  });

  it('one in the past fires with the next watermark', () => {
    const { operator, all, say } = run();
    operator.watermark(100);
    say('a', { event: 5 });
    expect(all).toEqual(['watermark 100']);
    operator.watermark(101);
    expect(all.slice(1)).toEqual([['a eventTime 5', 5], 'watermark 101']);
  });

  it('set twice it fires once; deleted it does not fire', () => {
    const { operator, all, say } = run();
    say('a', { event: 5 });
    say('a', { event: 5 });
    say('b', { event: 5 });
    say('b', { undo: 5 });
    operator.watermark(5);
    expect(all).toEqual([['a eventTime 5', 5], 'watermark 5']);
  });

  it('outlive a failure', () => {
    const before = run();
    before.say('a', { event: 5 });
    const after = run(restoredFrom(before.keyed));
    after.operator.watermark(7);
    expect(after.all).toEqual([['a eventTime 5', 5], 'watermark 7']);
  });

  it('stop while receivers have no room, and go on where they stopped; the watermark waits for them', () => {
    const keyed = heapState();
    let fired = 0;
    const timers = run(
      keyed,
      timed(() => {
        fired += 1;
        timers.run.output.isBlocked = fired === 1;
      }),
    );
    timers.say('a', { event: 1 });
    timers.say('b', { event: 2 });
    timers.operator.watermark(2);
    expect(timers.all).toEqual([['a eventTime 1', 1]]);
    expect(timers.run.held).toBe(true);
    timers.run.output.isBlocked = false;
    expect(timers.operator.resume()).toBe(true);
    expect(timers.all.slice(1)).toEqual([['b eventTime 2', 2], 'watermark 2']);
  });
});

describe('timers in processing time', () => {
  it('fire when the clock has passed their time, in order', () => {
    const { clock, all, say } = run();
    say('a', { processing: 30 });
    say('b', { processing: 10 });
    clock.pass(10);
    expect(all).toEqual([]);
    clock.pass(1);
    expect(all).toEqual([['b processingTime 10', 10]]);
    clock.pass(20);
    expect(all.slice(1)).toEqual([['a processingTime 30', 30]]);
  });

  it('stop while receivers have no room, without ringing on and on, and go on where they stopped', () => {
    const { clock, operator, run: opening, all, say } = run();
    say('a', { processing: 5 });
    say('b', { processing: 5 });
    say('a', { processing: 20 });
    opening.output.isBlocked = true;
    clock.pass(10);
    expect(all).toEqual([]);
    expect(opening.held).toBe(true);
    opening.output.isBlocked = false;
    expect(operator.resume()).toBe(true);
    expect(all).toEqual([
      ['a processingTime 5', 5],
      ['b processingTime 5', 5],
    ]);
    clock.pass(11);
    expect(all.slice(2)).toEqual([['a processingTime 20', 20]]);
  });

  it('overdue ones fire at once after a restore', () => {
    const before = run();
    before.say('a', { processing: -50 });
    const after = run(restoredFrom(before.keyed));
    after.clock.pass(0);
    expect(after.all).toEqual([['a processingTime -50', -50]]);
  });
});

describe('timers: mistakes', () => {
  it('a function without onTimer cannot set one', () => {
    const { say } = run(heapState(), { processElement: (_value, { timers }) => timers.setEventTime(1) });
    expect(() => say('a', {})).toThrow("operator 'orders' uses timers, and its function has no onTimer");
  });
});
