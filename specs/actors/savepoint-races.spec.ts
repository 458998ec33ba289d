import { describe, expect, it } from 'vitest';
import { restorePlans } from '../../actors/job-master/restore.js';
import type { AnyMessage, AskRef } from '../../actors/kernel/message.js';
import { base, Checkpoints, checkpoint, countingJob, everyone, part, run, triggerOf } from './checkpoints.js';

const client: AskRef = { id: 'saving', from: { process: 'cli', incarnation: 'c1', actor: 'client' } };
const stop = { name: 'last', request: 'r1', drain: false };
const wants = {
  type: 'checkpointCoordinator.savepoint',
  ask: client,
  wish: { name: 'kept', request: 'r2' },
  stopping: false,
} as const;
const manifestKey = 'savepoints/last/manifest';
const markIn = (coordinator: Checkpoints, n: number): unknown => coordinator.openAsk(triggerOf('read#0', n)).message;

describe('race 13: a savepoint that one subtask declines', () => {
  it('of a job that ends with it: everybody is told to forget it, and it is taken again', () => {
    // Whoever has taken its part waits at the barrier; left there, the others would wait for ever.
    const coordinator = new Checkpoints({ stop }, { tolerableFailedCheckpoints: 1 });
    coordinator.begins(1);
    coordinator.acknowledges('read#1', 1);
    coordinator.declines('read#0', 1);
    expect(coordinator.waitingFor).toEqual(everyone);
    coordinator.abortAll(1);
    expect(coordinator.value).toBe('idle');
    coordinator.begins(2);
    expect(markIn(coordinator, 2)).toMatchObject({ savepoint: { name: 'last', suspends: true } });
  });

  it('of a job that goes on: the next periodic checkpoint comes in its time, and is none', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    coordinator.begins(1);
    coordinator.declines('read#0', 1);
    coordinator.abortAll(1);
    expect([coordinator.value, coordinator.running]).toEqual(['idle', { 'checkpoint.due': 10_000 }]);
    coordinator.begins(2);
    expect(markIn(coordinator, 2)).not.toHaveProperty('savepoint');
  });

  it('it times out while valves are closing: the same', () => {
    const coordinator = new Checkpoints({ stop }, { tolerableFailedCheckpoints: 1 });
    coordinator.due();
    coordinator.timesOut();
    expect(coordinator.value).toBe('aborting');
    coordinator.abortAll(1);
    coordinator.begins(2);
    expect(markIn(coordinator, 2)).toMatchObject({ savepoint: { name: 'last', suspends: true } });
  });
});

describe('race 14: a savepoint is complete, and then a subtask fails to commit', () => {
  it('nothing goes back to before it: the next run has only to commit, and to show it', () => {
    const coordinator = new Checkpoints({ stop });
    coordinator.begins(1);
    coordinator.acknowledgeAll(1);
    coordinator.created();
    expect(coordinator.value).toBe('notifying');
    const { checkpoint: latest } = coordinator.entry;
    const plans = restorePlans(countingJob(2, {}), latest);
    expect(Object.values(plans).every(({ finished }) => finished)).toBe(true);
    const next = new Checkpoints({ stop, latest, finished: everyone });
    next.due();
    expect(next.waitingFor).toEqual([manifestKey]);
    expect(next.of('ask')).toEqual([]);
  });
});

describe('race 14: the input ends while a job is to end with a savepoint', () => {
  const drain = { ...stop, drain: true };

  it('a checkpoint that began before the wish and finds everything drained is given up, and counts for nothing', () => {
    // It would be the last one of the job, which would end without the savepoint that was promised.
    const coordinator = new Checkpoints();
    coordinator.due();
    coordinator.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: drain });
    for (const each of everyone) coordinator.drains(each);
    coordinator.sourceClosed(1);
    coordinator.acknowledgeAll(1, { drained: true });
    expect([coordinator.value, coordinator.of('record.create')]).toEqual(['aborting', []]);
    coordinator.abortAll(1);
    expect([coordinator.value, coordinator.running]).toEqual(['idle', { 'checkpoint.due': 0 }]);
    coordinator.begins(2);
    expect(markIn(coordinator, 2)).toMatchObject({ savepoint: { name: 'last', suspends: true } });
  });

  it('one that somebody took part in before the input had ended is none to fear', () => {
    const coordinator = new Checkpoints();
    coordinator.begins(1);
    coordinator.acknowledges('read#0', 1);
    coordinator.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: drain });
    for (const each of everyone.slice(1)) coordinator.acknowledges(each, 1, { drained: true });
    expect(coordinator.value).toBe('writingManifest');
  });

  it('the one that was to cover another savepoint: that one is refused, and names the one that comes', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    coordinator.begins(1);
    coordinator.acknowledgeAll(1);
    coordinator.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: drain });
    for (const each of everyone) coordinator.drains(each);
    coordinator.sourceClosed(2);
    coordinator.acknowledgeAll(2, { drained: true });
    coordinator.abortAll(2);
    const rejected = coordinator.of('answer').find(({ ask }) => ask.id === 'saving')?.message as AnyMessage;
    expect(rejected).toMatchObject({ type: 'job.rejected', failure: { code: 'JOB_STOPPING' } });
    coordinator.begins(3);
    expect(markIn(coordinator, 3)).toMatchObject({ savepoint: { name: 'last', suspends: true } });
  });
});

describe('race 14: a stop of the job overtakes a savepoint', () => {
  const stopped = { drained: true, stopped: true } as const;
  const rejections = (coordinator: Checkpoints) =>
    coordinator.of('answer').flatMap(({ ask, message }) => (ask.id === 'saving' ? [message] : []));
  const why = {
    type: 'job.rejected',
    failure: { code: 'JOB_STOPPING', message: expect.stringContaining('--savepoint') },
  };

  it('a reader has ended in it: it is given up at once, and leaves nothing', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    coordinator.begins(1);
    coordinator.acknowledges('read#0', 1, stopped);
    expect(coordinator.value).toBe('aborting');
    coordinator.abortAll(1);
    expect([coordinator.value, rejections(coordinator)]).toMatchObject(['idle', [why]]);
    expect(coordinator.of('blobs.delete').flatMap(({ names }) => [...names])).toContain('savepoints/kept/owner');
  });

  it('all its parts were taken before: the checkpoint that covers it may have a reader that has ended', () => {
    const coordinator = new Checkpoints();
    coordinator.hears(wants);
    coordinator.begins(1);
    coordinator.acknowledgeAll(1);
    coordinator.sourceClosed(2);
    coordinator.acknowledgeAll(2, stopped);
    expect([coordinator.value, rejections(coordinator)]).toEqual(['writingManifest', []]);
    expect(coordinator.of('record.create').at(-1)).toMatchObject({ record: { checkpoint: { inputStopped: true } } });
    coordinator.hears({ ...wants, stopping: true });
    expect(rejections(coordinator)).toEqual([]);
  });

  it('one that is asked for afterwards is refused', () => {
    const coordinator = new Checkpoints();
    coordinator.hears({ ...wants, stopping: true });
    expect([coordinator.value, rejections(coordinator)]).toMatchObject(['idle', [why]]);
  });
});

describe('a vertex of which one subtask had drained when the savepoint was taken', () => {
  const parts = (...drained: readonly string[]) => {
    const subtasks = ['read#0', 'read#1', 'count#0', 'count#1'].map((key) =>
      part(key, { drained: drained.includes(key) }),
    );
    return { ...base(checkpoint(-5)), id: { epoch: 0, n: 0 }, run: run - 1, subtasks };
  };
  const over = (plans: ReturnType<typeof restorePlans>): readonly string[] =>
    Object.keys(plans).filter((key) => plans[key]?.finished);

  it('that one stays over where nothing can come to it, and does not finish twice', () => {
    expect(over(restorePlans(countingJob(2, {}), parts('read#0')))).toEqual(['read#0']);
    const drained = parts('read#0', 'read#1', 'count#1');
    expect(over(restorePlans(countingJob(2, {}), drained))).toEqual(['read#0', 'read#1', 'count#1']);
  });

  it('it runs again where a source goes on that may send to it, or at another parallelism', () => {
    expect(over(restorePlans(countingJob(2, {}), parts('read#1', 'count#0')))).toEqual(['read#1']);
    expect(over(restorePlans(countingJob(3, {}), parts('read#0')))).toEqual([]);
  });
});
