import { describe, expect, it } from 'vitest';
import type { CheckpointCoordinatorMessage } from '../../actors/checkpoint-coordinator/messages.js';
import { restorePlans } from '../../actors/job-master/restore.js';
import type { AskRef } from '../../actors/kernel/message.js';
import { checkpointText } from '../../actors/protocol/ids.js';
import type { OperatorStateKind, SubtaskSnapshot } from '../../actors/protocol/manifest.js';
import { Checkpoints, checkpoint, countingJob, everyone, part, run } from './checkpoints.js';

/** Everyone but `count#0`, which had finished. */
const others = everyone.filter((key) => key !== 'count#0' && !key.startsWith('read'));

function listed(subtask: string, kind: OperatorStateKind, drained: boolean): SubtaskSnapshot {
  const blob = { name: `${kind} of ${subtask}`, bytes: 1, checksum: '00000000' };
  const state = { state: 'items', kind, serializer: 'value', version: 1 };
  const operator = { uid: 'count', serializers: [state], keyGroups: [], operatorState: { blob, offset: 0, bytes: 1 } };
  return { subtask, drained, operators: [operator] };
}

/** At checkpoint 1 all readers and `count#0` have drained, and then they finish. */
function afterOneHasFinished(kind: OperatorStateKind): Checkpoints {
  const job = new Checkpoints({}, { tolerableFailedCheckpoints: 5 });
  job.begins(1);
  for (const key of everyone) {
    const snapshot = key === 'count#0' ? listed(key, kind, true) : part(key, { drained: key.startsWith('read') });
    const message: CheckpointCoordinatorMessage = {
      type: 'subtask.snapshotted',
      run,
      checkpoint: checkpoint(1),
      snapshot,
    };
    job.ask(message);
  }
  job.created();
  for (const key of everyone) job.commits(key, 1, key === 'count#0' || key.startsWith('read'));
  return job;
}

function next(job: Checkpoints, n: number, drained = false): void {
  job.begins(n);
  for (const key of others) job.acknowledges(key, n, { drained: drained && key.startsWith('count') });
}

const statesFor = (job: Checkpoints, subtask: string, parallelism = 2): readonly (string | undefined)[] =>
  (restorePlans(countingJob(parallelism, {}), job.entry.checkpoint)[subtask]?.operators ?? [])
    .filter(({ uid }) => uid === 'count')
    .map(({ operatorState }) => operatorState?.blob.name)
    .filter((name) => name !== undefined);

describe('race 15: list state of a vertex of which some subtasks have finished', () => {
  it('union: the others are restored with the entries of those that have finished, at every later checkpoint', () => {
    const job = afterOneHasFinished('operatorUnion');
    for (const n of [2, 3]) {
      next(job, n);
      expect(statesFor(job, 'count#1')).toEqual(['operatorUnion of count#0']);
      job.created();
      for (const key of others) job.commits(key, n);
    }
    expect(job.of('blobs.delete').flatMap(({ names }) => names)).toEqual([]);
  });

  it('split: it stays with its subtask, and at another parallelism everybody is dealt a part', () => {
    const job = afterOneHasFinished('operatorSplit');
    next(job, 2);
    expect(statesFor(job, 'count#1')).toEqual([]);
    for (const key of ['count#0', 'count#1', 'count#2']) {
      expect(statesFor(job, key, 3)).toEqual(['operatorSplit of count#0']);
    }
  });

  it('the event time of one that has finished is not carried on: a savepoint of then is no worse for it', () => {
    const job = afterOneHasFinished('operatorTime');
    next(job, 2);
    expect(statesFor(job, 'count#0', 3)).toEqual([]);
  });

  it('it is restored as one that has finished, and a run that goes on from there carries it on', () => {
    const first = afterOneHasFinished('operatorUnion');
    next(first, 2);
    const latest = first.entry.checkpoint;
    expect(restorePlans(countingJob(2, {}), latest)['count#0']).toMatchObject({ finished: true });
    const second = new Checkpoints({ latest, finished: ['read#0', 'read#1', 'count#0'] });
    next(second, 3);
    expect(statesFor(second, 'count#1')).toEqual(['operatorUnion of count#0']);
  });

  it('a subtask of its name in a run of another parallelism is not it', () => {
    const first = afterOneHasFinished('operatorUnion');
    next(first, 2);
    const taken = first.entry.checkpoint;
    const latest = { ...taken, subtasks: [...taken.subtasks, part('count#2', {})] };
    const second = new Checkpoints({ latest, finished: ['read#0', 'read#1', 'count#0'] });
    next(second, 3);
    expect(second.entry.checkpoint.finished).toContain('count#0');
  });

  it('it goes with the last subtask of the vertex; committables and positions of one that has finished are not kept', () => {
    const ended = afterOneHasFinished('operatorUnion');
    next(ended, 2, true);
    expect(ended.entry.checkpoint.finished).toContain('count#0');
    const plain = afterOneHasFinished('operatorList');
    next(plain, 2);
    expect(plain.entry.checkpoint.finished).toEqual(['read#0', 'read#1', 'count#0']);
  });

  it('a savepoint of then gets copies of what they have left: one of a job that goes on, and one with which it ends', () => {
    const job = afterOneHasFinished('operatorUnion');
    const client: AskRef = { id: 'saving', from: { process: 'cli', incarnation: 'c1', actor: 'client' } };
    const wish = { name: 'kept', request: 'r2' };
    job.hears({ type: 'checkpointCoordinator.savepoint', ask: client, wish, stopping: false });
    next(job, 2);
    expect(job.value).toBe('copying');
    const [copy] = job.of('blobs.copy');
    const to = `savepoints/kept/${run}/${checkpointText(checkpoint(2))}/count-0-left-0`;
    expect(copy?.copies).toEqual([{ from: { name: 'operatorUnion of count#0', bytes: 1, checksum: '00000000' }, to }]);
    job.hears({ type: 'record.created', request: copy?.request ?? '' });
    expect(job.value).toBe('triggering');
    expect(JSON.stringify(job.context)).toContain(to);

    const ending = afterOneHasFinished('operatorSplit');
    ending.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: { ...wish, drain: false } });
    next(ending, 2);
    ending.hears({ type: 'record.created', request: ending.of('blobs.copy')[0]?.request ?? '' });
    expect(ending.value).toBe('writingManifest');
    expect(statesFor(ending, 'count#0', 3)).toEqual([to]);
  });

  it('a job that begins with such a savepoint has them in its first checkpoint, in files of its own', () => {
    const saved = afterOneHasFinished('operatorUnion');
    next(saved, 2);
    const origin = saved.entry.checkpoint;
    const job = new Checkpoints({ origin, finished: ['read#0', 'read#1', 'count#0'] });
    next(job, 1);
    const [copy] = job.of('blobs.copy');
    const to = `jobs/flights/state/${run}/${checkpointText(checkpoint(1))}/count-0-left-0`;
    expect(copy?.copies.map((each) => [each.from.name, each.to])).toEqual([['operatorUnion of count#0', to]]);
    job.hears({ type: 'record.created', request: copy?.request ?? '' });
    expect(statesFor(job, 'count#1')).toEqual([to]);
  });

  it('the store does not copy them: the savepoint is given up, and no copy is left', () => {
    const job = afterOneHasFinished('operatorUnion');
    job.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: { name: 'kept', request: 'r2', drain: false } });
    next(job, 2);
    const [copy] = job.of('blobs.copy');
    job.hears({ type: 'record.unknown', request: copy?.request ?? '' });
    expect(job.value).toBe('aborting');
    expect(job.context).toMatchObject({ cause: { code: 'STATE_NOT_COPIED' } });
    expect(job.of('blobs.delete').flatMap(({ names }) => names)).toEqual(copy?.copies.map(({ to }) => to));
  });
});
