import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/protocol/failure.js';
import type { JobOptions } from '../../actors/protocol/job-graph.js';
import { base, Checkpoints, everyone } from './checkpoints.js';
import {
  checkpointed,
  damage,
  fatalFailure,
  graphWith,
  JobStage,
  manifest,
  recovered,
  run1,
  snapshot,
  userFailure,
} from './job-master-stage.js';

/** Of each checkpoint, in order, the blobs that its parts refer to; what is deleted after each. */
function deletions(retainedCheckpoints: number, checkpoints: readonly (readonly string[])[], before = {}): string[][] {
  const job = new Checkpoints(before, { retainedCheckpoints });
  return checkpoints.map((blobs, index) => {
    job.begins(index + 1);
    job.acknowledgeAll(index + 1, { blobs });
    job.created();
    job.take();
    for (const key of everyone) job.commits(key, index + 1);
    return job.of('blobs.delete').flatMap(({ names }) => names);
  });
}

describe('race 23: what is deleted while the job runs, with retained checkpoints', () => {
  it('with one, what only the one before refers to', () => {
    expect(deletions(1, [['a'], ['a', 'b'], ['c'], ['d']])).toEqual([[], [], ['a', 'b'], ['c']]);
  });

  it('with two, what only the one before that refers to', () => {
    expect(deletions(2, [['a'], ['b'], ['c'], ['d']])).toEqual([[], [], ['a'], ['b']]);
  });

  it('a chain of deltas keeps its beginning for as long as one that is kept refers to it', () => {
    const chain = [['full'], ['full', 'd1'], ['full', 'd1', 'd2'], ['new'], ['new', 'd4'], ['new', 'd4', 'd5']];
    expect(deletions(3, chain)).toEqual([[], [], [], [], [], ['full', 'd1', 'd2']]);
  });

  it('those that a run before has left are counted too', () => {
    const before = {
      latest: base({ epoch: 2, n: 5 }, ['base', 'shared']),
      retained: [{ id: { epoch: 2, n: 4 }, blobs: ['old', 'shared'] }],
    };
    expect(deletions(2, [['shared', 'x'], ['y'], ['z']], before)).toEqual([['old'], ['base'], ['shared', 'x']]);
  });
});

const at = (n: number) => manifest({ epoch: 1, n }, { 'v2#0': [snapshot('count', { list: `blob-${n}` })] });
const log = [recovered(1, null), checkpointed(at(1)), checkpointed(at(2)), checkpointed(at(3))];
const retaining = (retainedCheckpoints: number, more: Partial<JobOptions> = {}) =>
  graphWith({ retainedCheckpoints, ...more });
const retainedBy = (stage: JobStage) => stage.context.retained.map(({ id, blobs }) => [id.n, ...blobs]);
const damaged = failure('CHECKPOINT_DAMAGED', 'infrastructure', 'blob-3 is not what the checkpoint wrote', 'never');

describe('retained checkpoints: a new run finds them in the log', () => {
  it.each([
    [1, []],
    [2, [[2, 'blob-2']]],
    [
      3,
      [
        [1, 'blob-1'],
        [2, 'blob-2'],
      ],
    ],
    [
      9,
      [
        [1, 'blob-1'],
        [2, 'blob-2'],
      ],
    ],
  ] as const)('%i of them', (retained, found) => {
    const stage = new JobStage({ log, graph: retaining(retained) }).until('backingOff');
    expect(stage.context.latest?.id.n).toBe(3);
    expect(retainedBy(stage)).toEqual(found);
  });

  it('tells the checkpoint-coordinator', () => {
    const stage = new JobStage({ log, graph: retaining(2) }).until('running');
    const start = stage.every('actor.start').find(({ role }) => role === 'checkpoint-coordinator');
    expect(start?.input).toMatchObject({ latest: at(3), retained: [{ id: at(2).id, blobs: ['blob-2'] }] });
  });

  it('a later run of the same leader finds them again', () => {
    const stage = new JobStage({ log, graph: retaining(3) }).until('running').fails(userFailure).until('backingOff');
    expect(retainedBy(stage)).toEqual([
      [1, 'blob-1'],
      [2, 'blob-2'],
    ]);
  });

  it('what a rollback has passed over is none of them', () => {
    const rolled = [...log.slice(0, 3), recovered(2, at(1).id), checkpointed(at(4))];
    expect(retainedBy(new JobStage({ log: rolled, graph: retaining(3) }).until('backingOff'))).toEqual([[1, 'blob-1']]);
  });

  it('one that cannot be read ends the search, and fails nothing', () => {
    const holed = [...log];
    holed[1] = damage as never;
    const stage = new JobStage({ log: holed, graph: retaining(3) }).until('backingOff');
    expect(retainedBy(stage)).toEqual([[2, 'blob-2']]);
  });

  it('a store that refuses for now is asked again from the list on', () => {
    const stage = new JobStage({ log, graph: retaining(2) }).until('retrievingCheckpoint').stores().stores().stores();
    expect(stage.asked('record.read').key).toBe('jobs/flights/log/00000002');
    stage.says('record.failed', { failure: failure('STORE_FAILED', 'infrastructure', 'busy') });
    expect(stage.elapse('storeSilence').asked('record.list').prefix).toBe('jobs/flights/log/');
    expect(retainedBy(stage.until('backingOff'))).toEqual([[2, 'blob-2']]);
  });
});

describe('retained checkpoints: the newest is damaged', () => {
  const rollback = (retained: number) =>
    new JobStage({ log, graph: retaining(retained, { allowRollback: true }) }).until('restoringState');

  it('with allowRollback the next run goes on from the one before, and says so in the log', () => {
    const stage = rollback(3).fails(damaged);
    expect(stage.until('backingOff').context).toMatchObject({ latest: at(2), passedOver: [at(3).id] });
    expect(retainedBy(stage)).toEqual([[1, 'blob-1']]);
    expect(stage.log.at(-1)).toMatchObject({ kind: 'recovered', from: at(2).id });
    expect(stage.context.history.at(-1)).toMatchObject({ class: 'corruption' });
  });

  it('a leader that reads the log after that takes the same one', () => {
    const before = rollback(3).fails(damaged).until('backingOff');
    const later = new JobStage({ log: before.log as never, graph: retaining(3, { allowRollback: true }) });
    expect(later.until('backingOff').context.latest).toEqual(at(2));
  });

  it('it tries as many as are kept, and then the job fails', () => {
    const stage = rollback(2).fails(damaged).until('restoringState');
    expect(stage.context.latest).toEqual(at(2));
    expect(stage.fails(damaged).until('failed').result).toMatchObject({ failure: { code: 'CHECKPOINT_DAMAGED' } });
  });

  it.each([
    ['it may not go back', { retainedCheckpoints: 3 }],
    ['only one is kept', { allowRollback: true }],
  ])('the job fails when %s', (_, options) => {
    const stage = new JobStage({ log, graph: graphWith(options) }).until('restoringState').fails(damaged);
    expect(stage.until('failed').result).toMatchObject({ failure: { code: 'CHECKPOINT_DAMAGED' } });
  });
});

describe('retained checkpoints: what is left of a job that has ended', () => {
  const ends = {
    finished: (stage: JobStage) => {
      stage.until('running').starts();
      return stage.tell({ type: 'checkpointCoordinator.allFinished', run: run1 });
    },
    canceled: (stage: JobStage) => stage.until('running').tell({ type: 'jobMaster.cancel' }),
    failed: (stage: JobStage) => stage.until('running').fails(fatalFailure),
    damaged: (stage: JobStage) => stage.until('restoringState').fails(damaged),
  };
  const both = ['blob-3', 'blob-2'];

  it.each([
    ['none', 'finished', []],
    ['none', 'canceled', []],
    ['none', 'failed', []],
    ['none', 'damaged', both],
    ['deleteOnCancellation', 'finished', []],
    ['deleteOnCancellation', 'canceled', []],
    ['deleteOnCancellation', 'failed', both],
    ['retainOnCancellation', 'finished', []],
    ['retainOnCancellation', 'canceled', both],
    ['retainOnCancellation', 'failed', both],
  ] as const)('%s, %s: %j', (externalizedCheckpoints, end, keep) => {
    const stage = ends[end](new JobStage({ log, graph: retaining(2, { externalizedCheckpoints }) }));
    stage.until(end === 'damaged' ? 'failed' : end);
    expect(stage.every('blobs.sweep').at(-1)?.keep).toEqual(keep);
  });

  /** Canceled while an entry was being created; the log has been read to its end, and ours is about to be created. */
  function closing(): JobStage {
    const options = { externalizedCheckpoints: 'retainOnCancellation' } as const;
    const stage = ends.canceled(new JobStage({ log, graph: retaining(2, options) })).until('canceling');
    while (stage.every('record.create').filter(({ key }) => key.includes('/log/')).length < 2) stage.stores();
    return stage;
  }

  it('before anything is swept an entry of ours closes the log: one that lands later finds its place taken', () => {
    const stage = closing();
    expect(stage.every('blobs.sweep')).toEqual([]);
    expect(stage.until('canceled').log.at(-1)).toMatchObject({ kind: 'recovered', index: 5, from: at(3).id });
    const rounds = stage.log.slice(-2).map((entry) => (entry as { run: number }).run);
    expect(rounds).toEqual([run1, run1 + 1]);
  });

  it('an entry that lands just before is the newest of those that are left', () => {
    const stage = closing();
    const late = manifest({ epoch: 7, n: 1_000_001 }, { 'v2#0': [snapshot('count', { list: 'blob-late' })] });
    stage.log[5] = { ...checkpointed(late), index: 5 };
    stage.until('canceled');
    expect(stage.every('blobs.sweep').at(-1)?.keep).toEqual(['blob-late', 'blob-3']);
    expect(stage.log.at(-1)).toMatchObject({ kind: 'recovered', index: 6, from: late.id });
  });

  it('whether ours was created is unknown: it is created again, and nothing is swept before that is known', () => {
    const stage = closing().loses();
    expect(stage.every('blobs.sweep')).toEqual([]);
    expect(stage.until('canceled').log).toHaveLength(6);
    expect(stage.every('blobs.sweep')).toHaveLength(1);
  });

  it('a log that cannot be closed is left as it is, with all files', () => {
    const stage = closing().says('record.failed', { failure: failure('STORE_FULL', 'infrastructure', 'no space') });
    expect(stage.until('canceled').every('blobs.sweep')).toEqual([]);
  });
});
