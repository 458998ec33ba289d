import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/protocol/failure.js';
import type { LogEntry } from '../../actors/protocol/manifest.js';
import {
  brokenChannel,
  checkpointed,
  countPlace,
  damage,
  epoch,
  failedAt,
  fatalFailure,
  JobStage,
  manifest,
  run1,
  run2,
  slotA,
  slotB,
  snapshot,
} from './job-master-stage.js';

const cancel = { type: 'jobMaster.cancel' } as const;
const finished = { format: 1, job: 'flights', outcome: 'finished', failure: null } as const;
const canceled = { ...finished, outcome: 'canceled' } as const;
const latest = manifest(
  { epoch, n: 1_000_001 },
  { 'v2#0': [snapshot('count', { keyGroups: [1] }), snapshot('write', { list: 'list' })] },
);
const final = { ...checkpointed(latest), index: 1 } as LogEntry;
const names = (stage: JobStage): string[] =>
  stage.fresh.map(({ kind }) => kind).filter((kind) => !kind.startsWith('timer'));

/** What a result holds of one broken channel. */
const brokenThere = [
  {
    run: run1,
    atMs: 0,
    where: 'v2#0',
    vertex: 'count',
    process: 'tm-a',
    slot: 0,
    failure: failedAt(countPlace, brokenChannel),
    class: 'connection',
  },
];

/** Finishing, with the final checkpoint in the log. */
function finishing(): JobStage {
  const stage = new JobStage().until('running');
  stage.log.push(final);
  return stage.until('finishing');
}

describe('job-master: finishing', () => {
  it('the result, then the slots, then the files, then the word', () => {
    // Race 11: whatever is done before the result is durable would be done to a job that runs again.
    const stage = finishing();
    expect(names(stage)).toEqual(['actor.stop', 'actor.stop', 'record.create']);
    expect(stage.asked('record.create')).toMatchObject({ key: 'jobs/flights/result', record: finished });
    expect(stage.told('dispatcher')).toEqual([]);

    expect(names(stage.stores())).toEqual(['ask', 'ask']);
    expect(stage.waitingFor).toEqual(['tm-a@a1/0', 'tm-b@b1/0']);
    expect(names(stage.closes(slotA, slotB))).toEqual(['tell', 'record.list']);
    expect(stage.told('resource-manager')).toEqual([
      { type: 'resourceManager.releaseSlots', job: 'flights', throughRun: run1, closed: [slotA, slotB] },
    ]);

    stage.stores().stores();
    expect(stage.asked('blobs.sweep')).toMatchObject({ job: 'flights', keep: [], throughRun: run1 });
    // The keeper of the failures, and the dispatcher.
    expect(names(stage.stores())).toEqual(['tell', 'tell']);
    expect(stage.at).toBe('finished');
    expect(stage.told('dispatcher')).toEqual([{ type: 'jobMaster.ended', job: 'flights', result: finished }]);
  });

  it('the result took place and its answer was lost: created again, it is the same', () => {
    const stage = finishing().loses();
    expect(stage.asked('record.create').record).toEqual(finished);
    expect(stage.until('finished').result).toEqual(finished);
  });

  it('another leader has written a result: it wins', () => {
    const stage = finishing();
    stage.result = canceled;
    expect(stage.until('canceled').told('dispatcher')).toEqual([
      { type: 'jobMaster.ended', job: 'flights', result: canceled },
    ]);
    expect(stage.result).toEqual(canceled);
  });

  it('the store is in trouble: the job is not called finished before it is', () => {
    const stage = finishing().says('record.failed', { failure: failure('STORE_FULL', 'infrastructure', 'no space') });
    expect(stage.at).toBe('finishing');
    expect(stage.waitingFor).toEqual(['jobs/flights/result']);
    expect(stage.context.history.at(-1)).toMatchObject({ where: 'store' });
    const failures = [{ where: 'store', failure: { code: 'STORE_FULL' }, class: 'resources' }];
    expect(stage.elapse('endingDeadline').asked('record.create').record).toMatchObject({ ...finished, failures });
    expect(stage.until('finished').result).toMatchObject({ ...finished, failures });
  });

  it('a slot does not answer: it is not waited for beyond the deadline', () => {
    const stage = finishing().stores().closes(slotA);
    expect(Object.values(stage.driver.running)).toEqual([10_000]);
    stage.elapse('endingDeadline');
    expect(stage.open).toEqual([]);
    expect(stage.told('resource-manager')).toMatchObject([{ closed: [slotA] }]);
    expect(stage.until('finished').told('dispatcher')).toHaveLength(1);
  });

  it.each(['persisting', 'closing'])('a task manager is lost while %s', (step) => {
    const lost = {
      type: 'resourceManager.taskManagerLost',
      process: 'tm-b',
      incarnation: 'b1',
      reason: 'missed',
    } as const;
    const stage = step === 'persisting' ? finishing().tell(lost).stores() : finishing().stores().tell(lost);
    expect(stage.open).toEqual([stage.slotAsk('close', slotA)]);
    expect(stage.closes(slotA).until('finished').result).toEqual(finished);
  });

  it('what fails now fails no job', () => {
    const stage = finishing();
    const failed = { type: 'subtask.failed', run: run1, subtask: 'v1#0', failure: fatalFailure } as const;
    expect(stage.ask(failed)).toEqual({ type: 'jobMaster.noted', run: run1 });
    stage.tell({ type: 'checkpointCoordinator.failed', run: run1, failure: brokenChannel }).tell(cancel);
    expect(stage.until('finished').result).toEqual(finished);
  });

  it.each([
    ['the log cannot be listed', (stage: JobStage) => stage.says('record.failed', { failure: brokenChannel })],
    ['its newest entry is damaged', (stage: JobStage) => stage.stores()],
    ['the store is silent', (stage: JobStage) => stage.elapse('endingDeadline')],
  ])('nothing is deleted when the newest checkpoint is not known: %s', (_, happen) => {
    const stage = finishing().stores().closes(slotA, slotB);
    stage.log[1] = damage;
    expect(happen(stage).until('finished').at).toBe('finished');
    expect(stage.every('blobs.sweep')).toEqual([]);
    expect(stage.told('dispatcher')).toHaveLength(1);
  });

  it('an unknown list of the log is asked again; a sweep that never ends is not waited for', () => {
    const stage = finishing().stores().closes(slotA, slotB).loses().stores().loses().stores();
    stage.asked('blobs.sweep');
    expect(stage.elapse('endingDeadline').at).toBe('finished');
  });
});

describe('job-master: cancel', () => {
  const states = ['retrievingCheckpoint', 'awaitingSlots', 'deploying', 'running', 'backingOff', 'redistributing'];
  it.each([...states, 'restoringState', 'rewindingSources'])('%s: ends through pausing, with a result', (state) => {
    const stage = new JobStage();
    if (states.indexOf(state) < 0 || states.indexOf(state) > 3) stage.until('running').fails(brokenChannel);
    expect(stage.until(state).tell(cancel).at).toBe('pausing');
    const result = stage.context.history.length === 0 ? canceled : { ...canceled, failures: brokenThere };
    expect(stage.until('canceled').result).toEqual(result);
    expect(stage.open).toEqual([]);
    expect(stage.told('resource-manager').at(-1)).toMatchObject({
      throughRun: stage.context.round === 1 ? run1 : run2,
    });
    expect(stage.told('dispatcher')).toEqual([{ type: 'jobMaster.ended', job: 'flights', result }]);
  });

  it('created: only when the store has said that there is no result', () => {
    const stage = new JobStage().tell(cancel);
    expect(stage.at).toBe('created');
    expect(stage.says('record.missing').at).toBe('pausing');
    expect(stage.until('canceled').result).toEqual(canceled);
    expect(new JobStage({ result: finished }).tell(cancel).stores().at).toBe('finished');
  });

  it('promised by an earlier leader: nothing is begun', () => {
    const stage = new JobStage({ canceled: true }).says('record.missing');
    expect(stage.at).toBe('pausing');
    expect(stage.until('canceled').result).toEqual(canceled);
  });

  it('while a failure is being recovered from', () => {
    const stage = new JobStage().until('running').fails(brokenChannel).tell(cancel).closes(slotA, slotB);
    expect(stage.at).toBe('canceling');
    expect(stage.until('canceled').result).toEqual({ ...canceled, failures: brokenThere });
  });

  it('twice', () => {
    const stage = new JobStage().until('running').tell(cancel).tell(cancel).until('canceling').tell(cancel);
    expect(stage.verdict.kind).toBe('ignored');
    expect(stage.until('canceled').result).toEqual(canceled);
  });

  it('a job that fails for good says why instead', () => {
    const stage = new JobStage().until('running').fails(fatalFailure).tell(cancel).until('failed');
    expect(stage.result).toMatchObject({ outcome: 'failed', failure: failedAt(countPlace, fatalFailure) });
  });

  it('a failure that comes too late does not change it', () => {
    const stage = new JobStage().until('running').tell(cancel).fails(fatalFailure).until('canceled');
    expect(stage.result).toEqual({ ...canceled, failures: [expect.objectContaining({ where: 'v2#0' })] });
  });
});

describe('job-master: a job that had ended before', () => {
  it.each(['finished', 'failed', 'canceled'])('%s: it never runs again', (outcome) => {
    // Race 11: an old leader's result landed after the dispatcher had looked.
    const result = { ...finished, outcome };
    const stage = new JobStage({ result }).stores();
    expect(stage.at).toBe(outcome);
    expect(stage.every('record.create')).toEqual([]);
    expect(stage.told('dispatcher')).toEqual([{ type: 'jobMaster.ended', job: 'flights', result }]);
  });

  it('a result that cannot be read: neither started nor called ended', () => {
    const stage = new JobStage({ result: damage }).stores();
    expect(stage.at).toBe('created');
    expect(stage.context.history).toMatchObject([{ where: 'store', failure: { code: 'RECORD_DAMAGED' } }]);
    expect(stage.elapse('storeSilence').asked('record.read').key).toBe('jobs/flights/result');
    expect(stage.says('record.read', { record: 'nonsense' }).at).toBe('created');
  });

  it('an unknown outcome is asked again', () => {
    expect(new JobStage().says('record.unknown').until('retrievingCheckpoint').at).toBe('retrievingCheckpoint');
  });
});
