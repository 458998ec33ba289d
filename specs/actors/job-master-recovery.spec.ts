import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/protocol/failure.js';
import type { CheckpointManifest, LogEntry } from '../../actors/protocol/manifest.js';
import {
  checkpointed,
  damage,
  epoch,
  graphWith,
  JobStage,
  manifest,
  recovered,
  run1,
  run2,
  snapshot,
  userFailure,
} from './job-master-stage.js';

const c11 = manifest({ epoch: 1, n: 1 });
const c12 = manifest({ epoch: 1, n: 2 });
const c13 = manifest({ epoch: 1, n: 3 });
const rollback = graphWith({ allowRollback: true });

/** Our own entry, as the store holds it in the end. */
function claim(stage: JobStage): LogEntry | undefined {
  return stage.log.filter((entry) => (entry as LogEntry).epoch === epoch).at(-1) as LogEntry | undefined;
}

function failedWith(stage: JobStage): string | undefined {
  return (stage.result as { failure: { message: string } } | null)?.failure.message;
}

describe('job-master: what the log says', () => {
  it('an empty log: claims entry 0 and waits for slots, without a delay', () => {
    const stage = new JobStage().until('retrievingCheckpoint').stores();
    expect(stage.asked('record.create')).toMatchObject({
      key: 'jobs/flights/log/00000000',
      record: { kind: 'recovered', run: run1, from: null, epoch, nonce: `jm-1/${epoch}/r1`, index: 0 },
    });
    expect(stage.at).toBe('retrievingCheckpoint');
    expect(stage.stores().at).toBe('awaitingSlots');
    expect(stage.context).toMatchObject({ nextIndex: 1, latest: null });
  });

  it.each([
    ['a checkpoint is the newest entry', [recovered(1, null), checkpointed(c11), checkpointed(c12)], c12],
    ['a leader recovered and made no checkpoint', [recovered(1, null), checkpointed(c11), recovered(2, c11.id)], c11],
    ['several leaders did', [checkpointed(c11), recovered(2, c11.id), recovered(3, c11.id), recovered(4, c11.id)], c11],
    ['nothing was ever complete', [recovered(1, null), recovered(2, null)], null],
    ['a leader was allowed to go back', [checkpointed(c11), checkpointed(c12), recovered(2, c11.id)], c11],
    ['it went back to the beginning', [checkpointed(c11), recovered(2, null)], null],
    [
      'others followed it',
      [checkpointed(c11), checkpointed(c12), checkpointed(c13), recovered(2, c11.id), recovered(3, c11.id)],
      c11,
    ],
  ] as const)('%s', (_, log, latest) => {
    const stage = new JobStage({ log }).until('backingOff');
    expect(stage.context.latest).toEqual(latest as CheckpointManifest | null);
    expect(claim(stage)).toMatchObject({ index: log.length, from: latest === null ? null : latest.id });
    expect(stage.context.nextIndex).toBe(log.length + 1);
  });

  it('a later round reads only what its own run has added', () => {
    const stage = new JobStage({ log: [checkpointed(c11), recovered(2, c11.id)] }).until('running');
    stage.fails(userFailure).until('retrievingCheckpoint').stores();
    // The newest entry is its own claim of round 1; nothing below has to be read again.
    expect(stage.asked('record.create').key).toBe('jobs/flights/log/00000003');
    expect(stage.stores().context).toMatchObject({ latest: c11, nextIndex: 4, round: 2 });
    expect(claim(stage)).toMatchObject({ run: run2, nonce: `jm-1/${epoch}/r2` });
  });
});

describe('job-master: other writers of the log', () => {
  it('a checkpoint of the last run lands late, before the claim', () => {
    // Race 8: its outcome was unknown when its coordinator was stopped. It took the index, so it is complete and counts.
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores().stores();
    expect(stage.asked('record.create').key).toBe('jobs/flights/log/00000001');
    stage.log.push({ ...checkpointed(c12), index: 1 });
    stage.stores();
    expect(stage.at).toBe('retrievingCheckpoint');
    expect(stage.asked('record.create')).toMatchObject({ key: 'jobs/flights/log/00000002', record: { from: c12.id } });
    expect(stage.stores().context).toMatchObject({ latest: c12, nextIndex: 3 });
  });

  it('an old leader claims first', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores().stores();
    stage.log.push({ ...recovered(2, c11.id), index: 1 });
    stage.stores();
    expect(stage.asked('record.create')).toMatchObject({ key: 'jobs/flights/log/00000002', record: { from: c11.id } });
    expect(stage.stores().at).toBe('backingOff');
  });

  it('the claim took place, and its answer was lost', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores().stores();
    const first = stage.asked('record.create').record;
    stage.loses();
    expect(stage.asked('record.create').record).toEqual(first);
    expect(stage.stores().at).toBe('backingOff');
    expect(stage.log).toHaveLength(2);
    expect(stage.context.nextIndex).toBe(2);
  });

  it('the claim took place, and the store refused to say so', () => {
    // Begun again from the list, the newest entry is its own: no second claim.
    const stage = new JobStage().until('retrievingCheckpoint').stores();
    stage.log.push(stage.asked('record.create').record);
    stage.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'EIO') });
    expect(stage.at).toBe('retrievingCheckpoint');
    expect(stage.context.history).toMatchObject([{ where: 'store', failure: { code: 'STORE_FAILED' } }]);
    stage.elapse('storeSilence').storesAll();
    expect(stage.at).toBe('awaitingSlots');
    expect(stage.log).toHaveLength(1);
    expect(stage.context.nextIndex).toBe(1);
  });

  it('the claim took place unseen, and an older leader wrote after it', () => {
    const stage = new JobStage().until('retrievingCheckpoint').stores();
    stage.log.push(stage.asked('record.create').record, { ...recovered(2, null), index: 1 });
    stage.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'EIO') }).elapse('storeSilence');
    stage.storesAll();
    expect(stage.context.nextIndex).toBe(3);
    expect(stage.log).toHaveLength(3);
  });

  it.each(['found while reading', 'found in the way of the claim'])('a newer leader has written: %s', (how) => {
    // The job has not ended: no result, nobody is told, and the log is left to the other.
    const newer = { ...recovered(epoch + 1, null), index: 1 };
    const stage = new JobStage({ log: [recovered(1, null)] }).until('retrievingCheckpoint');
    if (how === 'found while reading') stage.log.push(newer);
    stage.stores().stores();
    if (how === 'found in the way of the claim') {
      expect(stage.asked('record.create').key).toBe('jobs/flights/log/00000001');
      stage.log.push(newer);
      stage.stores();
    }
    expect(stage.at).toBe('superseded');
    expect(stage.context.cause).toMatchObject({ code: 'SUPERSEDED' });
    expect(stage.result).toBeNull();
    expect(stage.log).toHaveLength(2);
    expect(stage.told('dispatcher')).toEqual([]);
  });

  it('a list that is older than what is known', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('running');
    stage.fails(userFailure).until('retrievingCheckpoint').says('record.listed', { keys: [] });
    expect(stage.asked('record.create').key).toBe('jobs/flights/log/00000002');
    expect(stage.stores().context.latest).toEqual(c11);
  });
});

describe('job-master: a log that is damaged', () => {
  it('the newest entry: the job fails loudly, says where, and deletes nothing', () => {
    const stage = new JobStage({ log: [checkpointed(c11), damage] }).until('failed');
    expect(failedWith(stage)).toMatch(/log\/00000001 cannot be read: bad checksum.*allowRollback/);
    expect(stage.result).toMatchObject({ outcome: 'failed', failure: { code: 'CHECKPOINT_DAMAGED', retry: 'never' } });
    expect(stage.every('blobs.sweep')).toEqual([]);
    expect(stage.log).toHaveLength(2);
    expect(stage.told('dispatcher')).toMatchObject([{ type: 'jobMaster.ended', result: { outcome: 'failed' } }]);
  });

  it.each([
    ['is damaged', damage, /00000000 cannot be read/],
    ['is of another format', { ...checkpointed(c11), format: 2 }, /its format is 2/],
    ['is of another kind', { ...checkpointed(c11), kind: 'savepoint' }, /of kind savepoint/],
    ['is no entry', { note: 'written by hand' }, /it is no log entry/],
    ['belongs elsewhere', { ...checkpointed(c11), job: 'trains' }, /another place/],
  ])('the checkpoint that a recovered entry names %s', (_, kept, text) => {
    const stage = new JobStage({ log: [damage, recovered(2, c11.id)] });
    stage.log[0] = kept === damage ? damage : { ...kept, index: 0 };
    expect(failedWith(stage.until('failed'))).toMatch(text);
  });

  it('a listed entry is missing', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores();
    expect(failedWith(stage.says('record.missing').until('failed'))).toMatch(/listed, but missing/);
  });

  it('no entry holds what the newest one names', () => {
    const stage = new JobStage({ log: [recovered(1, null), recovered(2, c12.id)] });
    expect(failedWith(stage.until('failed'))).toMatch(/no entry under jobs\/flights\/log\/ holds checkpoint 1-2/);
  });

  it('an entry that a leader passed over: it does not matter', () => {
    const stage = new JobStage({ log: [checkpointed(c11), damage, recovered(2, c11.id)] }).until('backingOff');
    expect(stage.context.latest).toEqual(c11);
  });

  it.each([
    ['the newest', [checkpointed(c11), checkpointed(c12), damage], c12],
    ['the newest two', [checkpointed(c11), damage, damage], c11],
    ['all', [damage, damage], null],
    ['the one that is named', [checkpointed(c11), damage, recovered(2, c12.id)], c11],
    ['the first, which is named', [damage, recovered(2, c11.id)], null],
    [
      'the one that is named, above a recovered entry',
      [checkpointed(c11), recovered(2, c11.id), damage, recovered(3, { epoch: 2, n: 1 })],
      c11,
    ],
  ] as const)('with allowRollback an older checkpoint is taken: %s', (_, log, latest) => {
    const stage = new JobStage({ log, graph: rollback }).until('backingOff');
    expect(stage.context.latest).toEqual(latest as CheckpointManifest | null);
    expect(claim(stage)).toMatchObject({ index: log.length, from: latest === null ? null : latest.id });
  });

  it('a store in trouble is no damage', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores();
    stage.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'EIO') });
    expect(stage.at).toBe('retrievingCheckpoint');
    expect(stage.elapse('storeSilence').until('backingOff').context.latest).toEqual(c11);
  });
});

describe('job-master: the store while the log is read', () => {
  it.each(['record.list', 'record.read', 'record.create'] as const)('%s: an unknown outcome is asked again', (kind) => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint');
    const kinds = ['record.list', 'record.read', 'record.create'];
    for (let n = 0; n < kinds.indexOf(kind); n += 1) stage.stores();
    const before = stage.asked(kind);
    stage.says('record.unknown');
    expect(stage.asked(kind)).toEqual({ ...before, request: expect.not.stringMatching(before.request) });
    expect(stage.until('backingOff').context.latest).toEqual(c11);
  });

  it('an answer to a request of before is not taken for another', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint');
    const { request } = stage.asked('record.list');
    stage.says('record.unknown');
    stage.tell({ type: 'record.listed', request, keys: [] });
    expect(stage.verdict).toMatchObject({ kind: 'ignored' });
    expect(stage.asked('record.list').request).not.toBe(request);
  });

  it('silence: begins again with the list', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] }).until('retrievingCheckpoint').stores();
    stage.asked('record.read');
    stage.elapse('storeSilence').asked('record.list');
    expect(stage.until('backingOff').context.latest).toEqual(c11);
    expect(stage.waitingFor).toEqual(['restart delay of 1000 ms']);
  });

  it('says which place of the log it waits for', () => {
    const stage = new JobStage({ log: [checkpointed(c11)] });
    expect(stage.waitingFor).toEqual(['jobs/flights/result']);
    expect(stage.until('retrievingCheckpoint').waitingFor).toEqual(['jobs/flights/log/']);
    expect(stage.stores().waitingFor).toEqual(['jobs/flights/log/00000000']);
    expect(stage.stores().waitingFor).toEqual(['jobs/flights/log/00000001']);
  });
});

describe('job-master: a checkpoint that does not fit the graph', () => {
  const stateless = { uid: 'gone', serializers: [], keyGroups: [], operatorState: null };

  it.each([
    ['keyed state', { 'v9#0': [snapshot('gone', { keyGroups: [3] })] }, {}],
    ['operator state', { 'v9#0': [snapshot('gone', { list: 'x' })] }, {}],
    ['splits', {}, { enumerators: [{ uid: 'gone', discovered: true, unassigned: [{ id: 's', data: null }] }] }],
  ])('an operator that had %s is missing: the job fails and names it', (_, parts, more) => {
    const latest = manifest({ epoch: 1, n: 1 }, parts, more);
    const stage = new JobStage({ log: [checkpointed(latest)] }).until('failed');
    expect(stage.result).toMatchObject({
      failure: { code: 'STATE_UNMATCHED', message: expect.stringMatching("'gone'") },
    });
    // The checkpoint stays: whoever gives the operator its uid again finds its state.
    expect(stage.every('ask')).toEqual([]);
  });

  it('an operator that had none may go, and a new one starts empty', () => {
    const latest = manifest(
      { epoch: 1, n: 1 },
      { 'v9#0': [stateless], 'v2#0': [snapshot('count', { keyGroups: [1] })] },
    );
    const stage = new JobStage({ log: [checkpointed(latest)] }).until('restoringState');
    const plans = stage
      .wanted('ask')
      .map(({ message }) => (message as unknown as { plan: { operators: unknown[] } }).plan);
    expect(plans.map(({ operators }) => operators.length)).toEqual([0, 0, 1, 0]);
  });
});
