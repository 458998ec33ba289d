import { describe, expect, it } from 'vitest';
import {
  type KeyedBroadcastProcessFunction,
  KeyedBroadcastProcessOperator,
} from '../../../src/operators/keyed-broadcast-process.js';
import type { KeyedInstance } from '../../../src/operators/keyed-process.js';
import type { TwoInputOperator } from '../../../src/operators/operator.js';
import { mapState, valueState } from '../../../src/state/descriptors.js';
import type { ValueState } from '../../../src/state/keyed-state.js';
import { Driver } from './driver.js';
import { Outside, RangeSource, type TestJob, testJob, transactionalSink } from './test-jobs.js';
import { World } from './world.js';

const rules = mapState<number, number>('rules');
const lastDigit = (value: number): number => value % 10;

type Fn = KeyedBroadcastProcessFunction<number, number, number, string>;

/** Puts each record out with how many of its key came, and how many rules there are. */
class Ruled implements Fn {
  private count!: ValueState<number>;

  open({ state }: KeyedInstance): void {
    this.count = state(valueState<number>('count'));
  }
  processElement(...[, context]: Parameters<Fn['processElement']>): void {
    const count = (this.count.value() ?? 0) + 1;
    this.count.update(count);
    context.emit(`${context.currentKey}:${count} ${[...context.broadcastState(rules).entries()].length}`);
  }
  processBroadcastElement(...[rule, context]: Parameters<Fn['processBroadcastElement']>): void {
    context.broadcastState(rules).put(rule, rule * 2);
  }
}

function ruledJob(outside: Outside, parallelism: number): TestJob {
  const create = (): TwoInputOperator =>
    new KeyedBroadcastProcessOperator(new Ruled(), [rules]) as unknown as TwoInputOperator;
  return testJob(
    [
      { id: 'records', source: new RangeSource(7), stages: [] },
      { id: 'rules', source: new RangeSource(3), stages: [] },
      {
        id: 'apply',
        parallelism,
        stages: [
          { kind: 'twoInputs', uid: 'apply', name: 'apply', create, keys: [lastDigit as never, null] },
          transactionalSink('sink', outside),
        ],
      },
    ],
    [
      { from: 'records', to: 'apply', partitioner: 'hash', key: lastDigit as never },
      { from: 'rules', to: 'apply', partitioner: 'broadcast', input: 1 },
    ],
  );
}

function give(driver: Driver, source: string, next: number, end: number): void {
  driver.perform(`${source}#0`, {
    kind: 'task.assign',
    splits: [{ id: `${source}${next}`, data: { next, end } }],
    noMore: false,
  });
}

describe('broadcast state: checkpoint', () => {
  it('every subtask writes its copy, marked as one, and has it again after a crash, beside the state of its keys', () => {
    const outside = new Outside();
    const world = new World();
    const job = ruledJob(outside, 2);
    const first = new Driver(world, job, { slots: 2, bounded: false }).deploy();
    give(first, 'rules', 0, 25);
    world.runFor(200);
    give(first, 'records', 0, 40);
    world.runFor(200);
    const manifest = first.checkpoint(1);
    const copies = ['apply#0', 'apply#1'].map((subtask) => manifest.snapshots.get(subtask)?.operators[0]);
    for (const copy of copies) {
      expect(copy?.operatorState).not.toBeNull();
      expect(copy?.serializers.map(({ kind }) => kind)).toContain('operatorCopy');
      expect(copy?.keyGroups.length).toBeGreaterThan(0);
    }
    give(first, 'rules', 100, 200);
    world.runFor(2);
    first.crash();
    const second = new Driver(world, job, { slots: 2, run: 2, from: manifest, bounded: false }).deploy();
    give(second, 'records', 40, 80);
    world.runFor(200);
    second.checkpoint(2);
    const expected = Array.from({ length: 80 }, (_, index) => `${index % 10}:${Math.floor(index / 10) + 1} 25`);
    expect([...outside.committed].sort()).toEqual(expected.sort());
    expect(second.failures()).toEqual([]);
  });
});
