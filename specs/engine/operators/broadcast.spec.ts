import { describe, expect, it } from 'vitest';
import { type BroadcastProcessFunction, BroadcastProcessOperator } from '../../../src/operators/broadcast-process.js';
import {
  type KeyedBroadcastProcessFunction,
  KeyedBroadcastProcessOperator,
} from '../../../src/operators/keyed-broadcast-process.js';
import type { Operator, RestoredOperatorState } from '../../../src/operators/operator.js';
import { mapState, valueState } from '../../../src/state/descriptors.js';
import type { MapState, ValueState } from '../../../src/state/keyed-state.js';
import { VirtualClock } from '../connectors/virtual-clock.js';
import { fresh, heapState, opened } from './operator-run.js';

interface Rule {
  readonly name: string;
  readonly limit: number | null;
}

const limits = mapState<string, number>('limits');
const pairs = mapState<readonly [string, number], string>('pairs');

const over: BroadcastProcessFunction<readonly [string, number], Rule, string> = {
  processElement: ([name, value], context) => {
    if (value > (context.broadcastState(limits).get(name) ?? 0)) context.emit(`${name} ${value}`);
  },
  processBroadcastElement: ({ name, limit }, context) => {
    const state = context.broadcastState(limits);
    if (limit === null) state.remove(name);
    else state.put(name, limit);
  },
};

function ruled(restored: RestoredOperatorState = fresh, fn = over) {
  const operator = new BroadcastProcessOperator(fn, [limits]);
  const { output } = opened(operator as Operator, null, { restored });
  const rule = (name: string, limit: number | null): void => operator.processSecond({ name, limit }, 0);
  return { operator, rule, all: output.all };
}

const id = { epoch: 1, n: 1 };

describe('broadcast state', () => {
  it('is written by the broadcast side and read by the other', () => {
    const { operator, rule, all } = ruled();
    rule('a', 10);
    operator.process(['a', 11], 1);
    operator.process(['a', 10], 2);
    rule('a', null);
    operator.process(['a', 1], 3);
    operator.watermark(3);
    expect(all).toEqual([['a 11', 1], ['a 1', 3], 'watermark 3']);
  });

  it('after a record of the broadcast side that failed, the other side may still not write', () => {
    const { operator, rule } = ruled(fresh, {
      processElement: ([name, value], context) =>
        (context.broadcastState(limits) as MapState<string, number>).put(name, value),
      processBroadcastElement: ({ name }) => {
        throw new Error(`no rule ${name}`);
      },
    });
    expect(() => rule('a', 1)).toThrow('no rule a');
    expect(() => operator.process(['a', 1], 0)).toThrow('broadcast');
    expect(operator.snapshot(id)).toEqual([]);
  });

  it('is in the snapshot as a copy, entry by entry, and outlives a failure', () => {
    const { operator, rule } = ruled();
    rule('a', 1);
    rule('b', 2);
    const items = operator.snapshot(id);
    expect(operator.copiesState).toBe(true);
    expect(items).toEqual([
      ['limits', 'a', 1],
      ['limits', 'b', 2],
    ]);
    const after = ruled({ from: id, items });
    after.operator.process(['b', 3], 1);
    expect(after.all).toEqual([['b 3', 1]]);
    expect(after.operator.snapshot(id)).toEqual(items);
  });

  it('keeps what a descriptor wrote that the job has no more', () => {
    const items = [['former', 1, 'x']];
    expect(ruled({ from: id, items }).operator.snapshot(id)).toEqual(items);
  });

  it('refuses a write from the side that is not broadcast, also through a handle of the other', () => {
    let kept: MapState<string, number> | null = null;
    const sly: BroadcastProcessFunction<string, string, never> = {
      processElement: (name) => kept?.put(name, 1),
      processBroadcastElement: (_name, context) => {
        kept = context.broadcastState(limits);
      },
    };
    const operator = new BroadcastProcessOperator(sly, [limits]);
    opened(operator as Operator, null);
    operator.processSecond('a', 0);
    expect(() => operator.process('a', 0)).toThrow(
      /operator 'orders' writes broadcast state 'limits' outside of processBroadcastElement.*every subtask does the same/,
    );
  });

  it('refuses a descriptor that broadcast() was not given, and what cannot be stored', () => {
    const { operator } = ruled(fresh, {
      processElement: (_value, context) => context.broadcastState(pairs).isEmpty(),
      processBroadcastElement: (_rule, context) => context.broadcastState(limits).put('a', new Date(0) as never),
    } as typeof over);
    expect(() => operator.process(['a', 1], 0)).toThrow(/has no broadcast state 'pairs'; give its descriptor/);
    expect(() => operator.processSecond({ name: 'a', limit: 1 }, 0)).toThrow(/state 'limits' of operator 'orders'/);
  });

  it('has keys of any kind, equal when their fields are; values are frozen', () => {
    const seen: unknown[] = [];
    const operator = new BroadcastProcessOperator<number, number, never>(
      {
        processElement: (_value, context) => {
          seen.push(context.broadcastState(pairs).get(['a', 1]), [...context.broadcastState(pairs).entries()]);
        },
        processBroadcastElement: (value, context) => context.broadcastState(pairs).put(['a', 1], `${value}`),
      },
      [pairs],
    );
    opened(operator as Operator, null);
    operator.processSecond(1, 0);
    operator.processSecond(2, 0);
    operator.process(0, 0);
    expect(seen).toEqual(['2', [[['a', 1], '2']]]);
  });
});

/** Counts by key how often the limit of its name was passed. */
class Counted implements KeyedBroadcastProcessFunction<string, number, Rule, string> {
  private count!: ValueState<number>;

  open({ state }: Parameters<NonNullable<KeyedBroadcastProcessFunction<string, number, Rule, string>['open']>>[0]) {
    this.count = state(valueState<number>('count'));
  }
  processElement(
    ...[value, context]: Parameters<KeyedBroadcastProcessFunction<string, number, Rule, string>['processElement']>
  ) {
    if (value <= (context.broadcastState(limits).get(context.currentKey) ?? 0)) return;
    this.count.update((this.count.value() ?? 0) + 1);
    context.timers.setEventTime(context.timestamp + 10);
  }
  processBroadcastElement(...[rule, context]: Parameters<(typeof over)['processBroadcastElement']>) {
    if (rule.limit === null) this.count.clear();
    else context.broadcastState(limits).put(rule.name, rule.limit);
  }
  onTimer(
    ...[, context]: Parameters<NonNullable<KeyedBroadcastProcessFunction<string, number, Rule, string>['onTimer']>>
  ) {
    context.emit(
      `${context.currentKey} ${this.count.value()} over ${context.broadcastState(limits).get(context.currentKey)}`,
    );
  }
}

describe('broadcast state beside a keyed stream', () => {
  it('is read with state and timers of a key; the broadcast side has no key', () => {
    const keyed = heapState();
    const operator = new KeyedBroadcastProcessOperator<string, number, Rule, string>(new Counted(), [limits]);
    const { output } = opened(operator as Operator, keyed, { clock: new VirtualClock() });
    keyed.clearCurrentKey();
    operator.processSecond({ name: 'a', limit: 5 }, 0);
    for (const value of [5, 6, 7]) {
      keyed.setCurrentKey('a');
      operator.process(value, 1);
    }
    operator.watermark(11);
    expect(output.all).toEqual([['a 2 over 5', 11], 'watermark 11']);
    expect(() => operator.processSecond({ name: 'a', limit: null }, 0)).toThrow(/key/);
  });
});
