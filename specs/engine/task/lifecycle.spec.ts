import { describe, expect, it } from 'vitest';
import { failure } from '../../../actors/kernel/failure.js';
import type { Operator } from '../../../src/operators/operator.js';
import type { Source } from '../../../src/operators/source.js';
import { Driver, type DriverOptions } from './driver.js';
import { Script, ScriptedOperator } from './scripted-operator.js';
import { operator, RangeSource, ranges, testJob } from './test-jobs.js';
import { World } from './world.js';

const scripted = (name: string, script: Script, ...atEnd: readonly unknown[]) =>
  operator(name, () => new ScriptedOperator(name, script, atEnd) as Operator<never, never>);

/** One task: a source, then operators `a` and `b`. */
function oneTask(script: Script, options: DriverOptions = {}, source: Source = new RangeSource()) {
  const world = new World();
  const job = testJob(
    [{ id: 'task', source, stages: [scripted('a', script, 'a-end'), scripted('b', script, 'b-end')] }],
    [],
  );
  const driver = new Driver(world, job, { splits: ranges(5), ...options });
  return { world, driver, script };
}

const id = (n: number) => ({ epoch: 1, n });

describe('lifecycle: opening', () => {
  it('opens operators from the last to the first, and only then is the task restored', () => {
    const { world, driver, script } = oneTask(new Script().slowDown('b', 'open'));
    driver.load();
    driver.restore('task#0');
    world.runFor(100);
    expect(script.calls()).toEqual(['b.open']);
    expect(driver.tasklet('task#0').pending).toEqual(['b']);
    script.settle('b', 'open');
    driver.awaitAll('task.restored');
    expect(script.calls()).toEqual(['b.open', 'a.open']);
  });

  it('fails with LIFECYCLE_TIMEOUT, naming operator and call, when a pending call does not settle', () => {
    const { world, driver } = oneTask(new Script().slowDown('a', 'open'), { options: { lifecycleTimeoutMs: 5_000 } });
    driver.load();
    driver.restore('task#0');
    world.runFor(4_900);
    expect(driver.failures()).toEqual([]);
    world.runFor(200);
    expect(driver.messages('task.failed')).toMatchObject([
      {
        failure: { code: 'LIFECYCLE_TIMEOUT', message: expect.stringMatching(/operator 'a' \(uid a\).*open.*5000 ms/) },
      },
    ]);
  });

  it('fails with what a pending call settles with, and closes every operator', () => {
    const { world, driver, script } = oneTask(new Script().slowDown('a', 'open'));
    driver.load();
    driver.restore('task#0');
    world.runFor(50);
    script.settle('a', 'open', failure('SINK_GONE', 'infrastructure', 'it is gone'));
    world.runFor(50);
    expect(driver.failures()).toEqual(['SINK_GONE']);
    expect(script.calls().slice(-2)).toEqual(['a.close', 'b.close']);
  });
});

describe('lifecycle: checkpoints', () => {
  it('prepares upstream to downstream, then sends the barrier, then takes all snapshots', () => {
    const { driver, script } = oneTask(new Script(), { bounded: false });
    driver.deploy();
    driver.snapshot(1);
    expect(script.calls().slice(2)).toEqual(['a.prepare', 'b.prepare', 'a.snapshot', 'b.snapshot']);
    expect(driver.messages('task.barrierInjected')).toHaveLength(1);
  });

  it('takes no records while a call is pending, and commits what comes behind it afterwards', () => {
    const { world, driver, script } = oneTask(new Script().slowDown('b', 'prepare'), {
      bounded: false,
      splits: ranges(400),
    });
    world.turnRecordsMax = 10;
    driver.deploy();
    world.runUntil(() => script.log.length > 50);
    driver.trigger(id(1));
    world.runUntil(() => script.pending.size > 0);
    driver.perform('task#0', { kind: 'task.complete', checkpoint: id(1) });
    const { length } = script.log;
    world.runFor(1_000);
    expect(script.log).toHaveLength(length);
    expect(driver.messages('task.barrierInjected')).toEqual([]);
    expect(driver.tasklet('task#0').commands).toEqual(['complete']);
    script.settle('b', 'prepare');
    driver.awaitAll('task.committed');
    expect(driver.messages('task.barrierInjected')).toHaveLength(1);
    world.runUntil(() => driver.tasklet('task#0').recordsIn === 400);
  });

  it('aborts once what was taken, and takes back a trigger whose time had not come', () => {
    const { world, driver, script } = oneTask(new Script(), { bounded: false });
    driver.deploy();
    driver.snapshot(1);
    driver.abort(id(1));
    driver.abort(id(1));
    driver.trigger(id(2));
    driver.abort(id(2));
    world.runFor(100);
    expect(script.calls().slice(6)).toEqual(['a.aborted', 'b.aborted']);
    expect(driver.messages('task.barrierInjected')).toHaveLength(1);
  });

  it('forgets what is older than a complete checkpoint: aborting it then reaches nobody', () => {
    const { world, driver, script } = oneTask(new Script(), { bounded: false });
    driver.deploy();
    for (const n of [1, 2, 3]) driver.checkpoint(n);
    driver.abort(id(1));
    world.runFor(100);
    expect(script.calls()).not.toContain('a.aborted');
  });

  it('ignores a trigger that is not newer than every one before', () => {
    const { world, driver, script } = oneTask(new Script(), { bounded: false });
    driver.deploy();
    driver.snapshot(3);
    const { length } = script.log;
    driver.trigger(id(3));
    driver.trigger(id(2));
    world.runFor(100);
    expect(script.log).toHaveLength(length);
  });
});

describe('lifecycle: the end of the input', () => {
  it('finishes operators one after the other, and what one emits goes through the next one first', () => {
    const { driver, script } = oneTask(new Script());
    driver.deploy();
    driver.awaitAll('task.drained');
    const end = script.log.slice(script.log.indexOf('a.finish') - 1);
    expect(end).toEqual(['b(a-end)', 'a.finish', 'b.finish']);
    expect(
      driver
        .eventsOf('task#0')
        .map(({ type }) => type)
        .slice(-2),
    ).toEqual(['task.inputEnded', 'task.drained']);
  });

  it('waits for a pending finish before the next one', () => {
    const { world, driver, script } = oneTask(new Script().slowDown('a', 'finish'));
    driver.deploy();
    driver.awaitAll('task.inputEnded');
    world.runFor(100);
    expect(script.calls().at(-1)).toBe('a.finish');
    expect(driver.messages('task.drained')).toEqual([]);
    script.settle('a', 'finish');
    driver.awaitAll('task.drained');
  });

  it('is finished when a checkpoint taken after the last record is committed', () => {
    const { driver, script } = oneTask(new Script());
    driver.deploy();
    driver.awaitAll('task.drained');
    driver.checkpoint(1);
    expect(driver.messages('task.committed')).toMatchObject([{ finished: true }]);
    expect(driver.tasklet('task#0').phase).toBe('finished');
    expect(script.calls().slice(-4)).toEqual(['a.completed', 'b.completed', 'a.close', 'b.close']);
  });
});

describe('lifecycle: the last checkpoint', () => {
  it('is none that was taken before the last record, however late it is committed', () => {
    const { driver } = oneTask(new Script(), { bounded: false });
    driver.deploy();
    const early = driver.snapshot(1);
    driver.perform('task#0', { kind: 'task.assign', splits: [], noMore: true });
    driver.awaitAll('task.drained');
    driver.complete(early);
    expect(driver.messages('task.committed')).toMatchObject([{ finished: false }]);
    expect(driver.tasklet('task#0').phase).toBe('drained');
    driver.checkpoint(2);
    expect(driver.tasklet('task#0').phase).toBe('finished');
  });
});

describe('lifecycle: what arrives for operators', () => {
  it('delivers timers between records, to the operator that set them, and none after the end', () => {
    const script = new Script();
    const { world, driver } = oneTask(script, { bounded: false });
    driver.deploy();
    world.runFor(100);
    const { clock, output } = script.contexts.get('a') as NonNullable<ReturnType<typeof script.contexts.get>>;
    clock.setTimer(10, () => output.emit('timer', 0));
    clock.setTimer(10, () => script.log.push('canceled timer')).cancel();
    world.runFor(20);
    expect(script.log.at(-1)).toBe('b(timer)');
    clock.setTimer(10, () => script.log.push('late timer'));
    driver.perform('task#0', { kind: 'task.cancel' });
    world.runFor(100);
    expect(script.log.slice(-2)).toEqual(['a.close', 'b.close']);
    expect(driver.messages('task.canceled')).toHaveLength(1);
  });

  it('holds back a timer between the pre-barrier phase of its operator and the barrier, and not one of a pending operator', () => {
    // What `a` emitted now would reach `b` after b's pre-barrier phase: it would be in no snapshot and before the barrier.
    const script = new Script().slowDown('b', 'prepare');
    const { world, driver } = oneTask(script, { bounded: false });
    driver.deploy();
    world.runFor(100);
    driver.trigger(id(1));
    world.runUntil(() => script.pending.size > 0);
    script.contexts.get('a')?.clock.setTimer(1, () => script.contexts.get('a')?.output.emit('held', 0));
    script.contexts.get('b')?.clock.setTimer(1, () => script.log.push('b.retry'));
    world.runFor(50);
    expect(script.log.at(-1)).toBe('b.retry');
    script.settle('b', 'prepare');
    world.runFor(50);
    expect(script.log.slice(-3)).toEqual(['a.snapshot', 'b.snapshot', 'b(held)']);
  });

  it('ends the attempt with the failure an operator reports, and closes it only when its call has returned', () => {
    const script = new Script();
    class Failing extends ScriptedOperator {
      override process(value: unknown, timestamp: number): void {
        this.context.fail(failure('DEVICE_GONE', 'infrastructure', 'no device'));
        super.process(value, timestamp);
        script.log.push('returned');
      }
    }
    const world = new World();
    const stage = operator('f', () => new Failing('f', script) as Operator<never, never>);
    const driver = new Driver(world, testJob([{ id: 'task', source: new RangeSource(), stages: [stage] }], []), {
      splits: ranges(5),
    });
    driver.deploy();
    world.runFor(100);
    expect(driver.failures()).toEqual(['DEVICE_GONE']);
    expect(script.log.slice(-3)).toEqual(['f(0)', 'returned', 'f.close']);
  });

  it('can be canceled while a call is pending', () => {
    const { world, driver, script } = oneTask(new Script().slowDown('a', 'open'));
    driver.load();
    driver.restore('task#0');
    world.runFor(50);
    driver.perform('task#0', { kind: 'task.cancel' });
    expect(driver.messages('task.canceled')).toHaveLength(1);
    script.settle('a', 'open');
    world.runFor(120_000);
    expect(driver.messages('task.restored')).toEqual([]);
    expect(driver.failures()).toEqual([]);
  });
});
