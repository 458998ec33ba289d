import { describe, expect, it } from 'vitest';
import type { CheckpointCoordinatorMessage } from '../../actors/checkpoint-coordinator/messages.js';
import { restorePlans } from '../../actors/job-master/restore.js';
import type { AskRef } from '../../actors/kernel/message.js';
import { failure } from '../../actors/protocol/failure.js';
import { checkpointText } from '../../actors/protocol/ids.js';
import type { CheckpointManifest, OperatorStateKind, SubtaskSnapshot } from '../../actors/protocol/manifest.js';
import type { SavepointManifest } from '../../actors/protocol/savepoint.js';
import { abortOf, Checkpoints, checkpoint, countingJob, everyone, part, run } from './checkpoints.js';

/** Everyone but `count#0`, which had finished. */
const others = everyone.filter((key) => key !== 'count#0' && !key.startsWith('read'));

/** Where the last snapshot of a subtask has its list state. */
const leftBy = (subtask: string, kind: OperatorStateKind): string => `jobs/flights/state/1/${kind}-of-${subtask}`;

function listed(subtask: string, kind: OperatorStateKind, drained: boolean): SubtaskSnapshot {
  const blob = { name: leftBy(subtask, kind), bytes: 1, checksum: '00000000' };
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
      expect(statesFor(job, 'count#1')).toEqual([leftBy('count#0', 'operatorUnion')]);
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
      expect(statesFor(job, key, 3)).toEqual([leftBy('count#0', 'operatorSplit')]);
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
    expect(statesFor(second, 'count#1')).toEqual([leftBy('count#0', 'operatorUnion')]);
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
});

const client: AskRef = { id: 'saving', from: { process: 'cli', incarnation: 'c1', actor: 'client' } };
const wish = { name: 'kept', request: 'r2' };
const origin = { name: leftBy('count#0', 'operatorUnion'), bytes: 1, checksum: '00000000' };
const copyOf = (n: number) => `savepoints/kept/${run}/${checkpointText(checkpoint(n))}/count-0`;
const copied = (n: number): CheckpointCoordinatorMessage => ({
  type: 'blobs.copied',
  request: `copy/${run}/${checkpointText(checkpoint(n))}`,
});
const carriedIn = ({ subtasks }: CheckpointManifest) =>
  subtasks.find(({ subtask }) => subtask === 'count#0')?.operators[0]?.operatorState?.blob.name;

const shownBy = (job: Checkpoints) => job.of('record.create').at(-1)?.record as unknown as SavepointManifest;

/** Every part of a savepoint is durable but what `count#0` has left. */
function saving(): Checkpoints {
  const job = afterOneHasFinished('operatorUnion');
  job.hears({ type: 'checkpointCoordinator.savepoint', ask: client, wish, stopping: false });
  next(job, 2);
  return job;
}

describe('race 15: a savepoint while subtasks with list state have finished', () => {
  it('of a job that goes on: what they have left is copied into its folder, and then it is covered and shown', () => {
    const job = saving();
    expect(job.value).toBe('copying');
    expect(job.waitingFor).toEqual([origin.name]);
    expect(job.of('blobs.copy').map(({ blobs }) => blobs)).toEqual([[{ from: origin, to: copyOf(2) }]]);
    job.hears(copied(2));
    expect(job.value).toBe('triggering');
    job.sourceClosed(3);
    for (const key of others) job.acknowledges(key, 3);
    // The checkpoint that covers it refers to what lies in the job's own files.
    expect(carriedIn(job.entry.checkpoint)).toBe(origin.name);
    job.created();
    for (const key of others) job.commits(key, 3);
    expect(job.value).toBe('publishing');
    expect(carriedIn(shownBy(job).checkpoint)).toBe(copyOf(2));
    expect(job.of('blobs.delete').flatMap(({ names }) => names)).toEqual([]);
  });

  it('with which the job ends: the last entry refers to the copy', () => {
    const job = afterOneHasFinished('operatorSplit');
    job.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: { ...wish, drain: false } });
    next(job, 2);
    job.hears(copied(2));
    expect(job.value).toBe('writingManifest');
    expect(job.entry.checkpoint.stops).toMatchObject(wish);
    expect(carriedIn(job.entry.checkpoint)).toBe(copyOf(2));
  });

  it('whether it is copied is unknown: once more, under the same name', () => {
    const job = saving();
    const [first] = job.of('blobs.copy');
    job.hears({ type: 'record.unknown', request: first?.request ?? '' });
    expect(job.value).toBe('copying');
    expect(job.of('blobs.copy')).toEqual([first, first]);
  });

  it('what they have left is damaged: it is given up, says which file, and the copies are deleted', () => {
    const job = saving();
    const why = failure('CHECKPOINT_DAMAGED', 'infrastructure', 'of count#0 it is missing', 'never');
    job.hears({ type: 'record.failed', request: job.of('blobs.copy')[0]?.request ?? '', failure: why });
    expect(job.value).toBe('aborting');
    expect(job.of('blobs.delete').map(({ names }) => names)).toEqual([[copyOf(2)]]);
    for (const key of others) job.answer(abortOf(key, 2), job.fromRun(run, 'subtask.aborted', key, 2));
    const text = expect.stringMatching(/'kept'.*list state of subtasks that have finished.*it is missing/);
    const rejected = job.of('answer').map(({ message }) => message);
    expect(rejected).toContainEqual({
      type: 'job.rejected',
      job: 'flights',
      failure: { ...why, code: 'SAVEPOINT_FAILED', message: text },
    });
  });

  it('the time is over: a copy that lands later completes nothing, and the next try has a name of its own', () => {
    const job = afterOneHasFinished('operatorUnion');
    job.hears({ type: 'checkpointCoordinator.stopWithSavepoint', stop: { ...wish, drain: false } });
    next(job, 2);
    job.timesOut();
    expect(job.of('blobs.delete').map(({ names }) => names)).toEqual([[copyOf(2)]]);
    for (const key of others) job.answer(abortOf(key, 2), job.fromRun(run, 'subtask.aborted', key, 2));
    next(job, 3);
    expect(job.hears(copied(2))).toMatchObject({ kind: 'ignored' });
    expect(job.value).toBe('copying');
    job.hears(copied(3));
    expect(carriedIn(job.entry.checkpoint)).toBe(copyOf(3));
  });
});

describe('race 15: a job that begins with a savepoint in which subtasks with list state had finished', () => {
  /** As such a savepoint has it. */
  function begun(): Checkpoints {
    const job = saving();
    job.hears(copied(2));
    job.sourceClosed(3);
    for (const key of others) job.acknowledges(key, 3);
    job.created();
    for (const key of others) job.commits(key, 3);
    return new Checkpoints({ origin: shownBy(job).checkpoint, finished: ['read#0', 'read#1', 'count#0'] });
  }

  it('its first checkpoint has a copy of what they have left, in files of its own; later ones refer to that', () => {
    const job = begun();
    next(job, 1);
    const to = `jobs/flights/state/${run}/${checkpointText(checkpoint(1))}/count-0`;
    const from = { ...origin, name: copyOf(2) };
    expect(job.of('blobs.copy').map(({ blobs }) => blobs)).toEqual([[{ from, to }]]);
    job.hears(copied(1));
    expect(carriedIn(job.entry.checkpoint)).toBe(to);
    expect(statesFor(job, 'count#1')).toEqual([to]);
    job.created();
    for (const key of others) job.commits(key, 1);
    next(job, 2);
    expect(job.value).toBe('writingManifest');
    expect(carriedIn(job.entry.checkpoint)).toBe(to);
    expect(job.of('blobs.delete')).toEqual([]);
  });

  it('its first checkpoint is a savepoint: that has a copy of the copy', () => {
    const job = begun();
    job.hears({
      type: 'checkpointCoordinator.savepoint',
      ask: client,
      wish: { ...wish, name: 'next' },
      stopping: false,
    });
    next(job, 1);
    const to = `savepoints/next/${run}/${checkpointText(checkpoint(1))}/count-0`;
    expect(job.of('blobs.copy').map(({ blobs }) => blobs)).toEqual([[{ from: { ...origin, name: copyOf(2) }, to }]]);
  });
});
