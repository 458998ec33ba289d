import { describe, expect, it } from 'vitest';
import { defaultJobOptions } from '../../actors/protocol/job-graph.js';
import {
  abortOf,
  base,
  Checkpoints,
  checkpoint,
  commitOf,
  countingJob,
  everyone,
  jobMaster,
  noted,
  placementOf,
  run,
  triggerOf,
} from './checkpoints.js';

describe('checkpoint-coordinator: one checkpoint', () => {
  it('from its beginning to its end: each step waits for the one before', () => {
    const job = new Checkpoints();
    expect(job.value).toBe('idle');
    expect(job.running).toEqual({ 'checkpoint.due': 10_000 });

    // Valves first, so that no split is on its way when the barrier starts.
    job.due();
    expect(job.value).toBe('triggering');
    expect(job.toldSource()).toEqual(['snapshot 1']);
    expect(job.open).toEqual([]);
    expect(job.waitingFor).toEqual(['files']);

    // The barrier starts at the readers; everybody's part is expected.
    job.sourceClosed(1);
    expect(job.value).toBe('collecting');
    expect(job.open).toEqual([triggerOf('read#0', 1), triggerOf('read#1', 1)]);
    expect(job.openAsk(triggerOf('read#0', 1))).toMatchObject({
      to: { process: 'tm0', incarnation: 'i0', actor: `subtask/flights/${run}/read#0` },
      message: { type: 'subtask.triggerCheckpoint', run, checkpoint: checkpoint(1), base: null },
    });
    job.injects('read#0', 1);
    expect(job.toldSource()).toEqual(['snapshot 1', 'reopen 1 read#0']);
    job.injects('read#1', 1);
    for (const key of everyone.slice(0, -1)) expect(job.acknowledges(key, 1)).toEqual(noted);
    expect(job.waitingFor).toEqual(['write#1']);
    expect(job.of('record.create')).toEqual([]);

    // The entry is created when all parts are durable, and nobody commits before it is (I11).
    job.acknowledges('write#1', 1);
    expect(job.value).toBe('writingManifest');
    expect(job.toldSource().at(-1)).toBe('reopenAll 1');
    expect(job.running).not.toHaveProperty('checkpoint.timedOut');
    expect(job.of('record.create')).toHaveLength(1);
    expect(job.entry).toMatchObject({ index: 4, epoch: 3, nonce: 'leader-1/3/2000001', kind: 'checkpoint' });
    expect(job.entry.checkpoint).toMatchObject({ id: checkpoint(1), run, finished: [] });
    expect(job.entry.checkpoint.subtasks.map(({ subtask }) => subtask)).toEqual(everyone);
    expect(job.entry.checkpoint.enumerators).toEqual([{ uid: 'files', discovered: true, unassigned: [] }]);
    expect(job.open).toEqual([]);

    job.created();
    expect(job.value).toBe('notifying');
    expect(job.open).toEqual(everyone.map((key) => commitOf(key, 1)));
    for (const key of everyone) job.commits(key, 1);
    expect(job.value).toBe('idle');
    expect(job.running).toEqual({ 'checkpoint.due': 10_000 });
  });

  it('the next one: builds on the newest durable one, and takes the next index', () => {
    const job = new Checkpoints();
    job.completes(1);
    job.begins(2);
    expect(job.openAsk(triggerOf('read#0', 2)).message).toMatchObject({
      checkpoint: checkpoint(2),
      base: checkpoint(1),
    });
    job.acknowledgeAll(2);
    expect(job.entry.index).toBe(5);
  });

  it('parts that arrive in another order: the same manifest', () => {
    const manifestOf = (order: readonly string[]) => {
      const job = new Checkpoints();
      job.begins(1);
      for (const key of order) job.acknowledges(key, 1);
      return job.entry;
    };
    expect(manifestOf([...everyone].reverse())).toEqual(manifestOf(everyone));
  });

  it('ids: above every id of an earlier round, and above the newest complete one', () => {
    const restored = new Checkpoints({ latest: base({ epoch: 3, n: 1_000_007 }) });
    restored.begins(1);
    expect(restored.openAsk(triggerOf('read#0', 1)).message).toMatchObject({ base: { epoch: 3, n: 1_000_007 } });

    // An earlier round that used up its million has gone on in ours.
    const crowded = new Checkpoints({ latest: base({ epoch: 3, n: 2_400_000 }) });
    crowded.due();
    expect(crowded.toldSource()).toEqual(['snapshot 400001']);

    const older = new Checkpoints({ latest: base({ epoch: 2, n: 9_000_000 }) });
    older.due();
    expect(older.toldSource()).toEqual(['snapshot 1']);
  });

  it('the time of the next one: the longer of interval and pause; none without an interval', () => {
    expect(new Checkpoints({}, { checkpointMinPauseMs: 25_000 }).running).toEqual({ 'checkpoint.due': 25_000 });
    expect(new Checkpoints({}, { checkpointIntervalMs: null }).running).toEqual({});
  });

  it('the interval: from begin to begin; one that it ends in is followed at once by the next', () => {
    const job = new Checkpoints();
    job.begins(1);
    // It has begun with the checkpoint, and goes on after that.
    expect(job.running).toMatchObject({ 'checkpoint.due': 10_000 });
    job.acknowledgeAll(1);
    job.created();
    for (const key of everyone) job.commits(key, 1);
    expect(job.of('timer.start').filter(({ timer }) => timer === 'checkpoint.due')).toHaveLength(2);
    job.begins(2);
    job.due();
    expect(job.value).toBe('collecting');
    job.acknowledgeAll(2);
    job.created();
    for (const key of everyone) job.commits(key, 2);
    expect([job.value, job.running]).toEqual(['idle', { 'checkpoint.due': 0 }]);
    job.due();
    expect([job.value, job.running]).toMatchObject(['triggering', { 'checkpoint.due': 10_000 }]);
  });

  it('one that is given up after its interval: the next begins at once too', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.due();
    job.timesOut();
    job.abortAll(1);
    expect([job.value, job.running]).toEqual(['idle', { 'checkpoint.due': 0 }]);
  });

  it('the pause: from end to begin, whether the interval ends before it or after', () => {
    const job = new Checkpoints({}, { checkpointMinPauseMs: 4_000 });
    expect(job.running).toEqual({ 'checkpoint.due': 10_000 });
    job.completes(1);
    expect(job.running).toEqual({ 'checkpoint.due': 10_000, 'checkpoint.paused': 4_000 });
    job.due();
    expect([job.value, job.running]).toEqual(['idle', { 'checkpoint.paused': 4_000 }]);
    job.fire('checkpoint.paused');
    expect(job.value).toBe('triggering');

    job.sourceClosed(2);
    job.acknowledgeAll(2);
    job.created();
    for (const key of everyone) job.commits(key, 2);
    job.fire('checkpoint.paused');
    expect([job.value, job.running]).toEqual(['idle', { 'checkpoint.due': 10_000 }]);
    job.due();
    expect(job.value).toBe('triggering');
  });
});

describe('checkpoint-coordinator: the end of a bounded job', () => {
  it('the last subtask drains: the final checkpoint is taken at once, and the job has finished', () => {
    const job = new Checkpoints({}, { checkpointIntervalMs: null });
    for (const key of everyone.slice(0, -1)) expect(job.drains(key)).toEqual(noted);
    expect(job.drains('read#0')).toEqual(noted);
    expect(job.value).toBe('idle');
    job.drains('write#1');
    expect(job.value).toBe('triggering');
    job.sourceClosed(1);
    job.acknowledgeAll(1, { drained: true });
    job.created();
    for (const key of everyone) job.commits(key, 1, true);
    expect(job.done).toBe(true);
    expect(job.told(jobMaster)).toEqual([{ type: 'checkpointCoordinator.allFinished', run }]);
  });

  it('the last subtask drains during a checkpoint: the final one follows right after it', () => {
    const job = new Checkpoints({}, { checkpointIntervalMs: 10_000 });
    job.begins(1);
    for (const key of everyone) job.drains(key);
    job.acknowledgeAll(1);
    job.created();
    for (const key of everyone) job.commits(key, 1);
    expect(job.running).toEqual({ 'checkpoint.due': 0 });
    job.due();
    expect(job.value).toBe('triggering');
  });

  it('a final checkpoint that fails: tried again after a pause, and not at once', () => {
    const job = new Checkpoints({}, { checkpointIntervalMs: null, tolerableFailedCheckpoints: 9 });
    for (const key of everyone) job.drains(key);
    job.timesOut();
    job.abortAll(1);
    expect(job.running).toEqual({ 'checkpoint.due': 100 });
  });

  it('readers finish first: the next barrier starts behind them, and the manifest says so', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    job.created();
    for (const key of everyone) job.commits(key, 1, key.startsWith('read'));
    expect(job.told(jobMaster)).toEqual([]);
    job.begins(2);
    expect(job.open).toEqual([triggerOf('count#0', 2), triggerOf('count#1', 2)]);
    // They are no readers: there is no valve to open.
    job.take();
    job.injects('count#0', 2);
    expect(job.toldSource()).toEqual([]);
    for (const key of everyone.slice(2)) job.acknowledges(key, 2);
    expect(job.entry.checkpoint.finished).toEqual(['read#0', 'read#1']);
    job.created();
    expect(job.open).toEqual(everyone.slice(2).map((key) => commitOf(key, 2)));
  });

  it('where the barrier starts: behind a hash edge when all have finished, behind a forward edge when one has', () => {
    const halfRead = new Checkpoints({ finished: ['read#0'] });
    halfRead.begins(1);
    expect(halfRead.open).toEqual([triggerOf('read#1', 1)]);

    const halfCounted = new Checkpoints({ finished: ['read#0', 'read#1', 'count#1'] });
    halfCounted.begins(1);
    expect(halfCounted.open).toEqual([triggerOf('count#0', 1), triggerOf('write#1', 1)]);
  });

  it('where the barrier starts behind a rescale edge: when its own share of the producers has finished', () => {
    const graph = countingJob(2, {});
    const [read, count, ...others] = graph.vertices;
    const [first, ...edges] = graph.edges;
    const rescaled = {
      ...graph,
      vertices: [{ ...read, parallelism: 4 }, count, ...others] as typeof graph.vertices,
      edges: [{ ...first, partitioner: 'rescale' }, ...edges] as typeof graph.edges,
    };
    const job = new Checkpoints({
      graph: rescaled,
      placement: placementOf(rescaled),
      finished: ['read#0', 'read#1'],
    });
    job.begins(1);
    expect(job.open).toEqual([triggerOf('read#2', 1), triggerOf('read#3', 1), triggerOf('count#0', 1)]);
  });

  it('a job without subtasks: finished at once', () => {
    const job = new Checkpoints({ graph: { name: 'nothing', vertices: [], edges: [], options: defaultJobOptions } });
    job.due();
    expect(job.told(jobMaster)).toEqual([{ type: 'checkpointCoordinator.allFinished', run }]);
  });

  it('restored when all had finished: says so at once', () => {
    const job = new Checkpoints({ finished: everyone }, { checkpointIntervalMs: null });
    expect(job.running).toEqual({ 'checkpoint.due': 0 });
    job.due();
    expect(job.told(jobMaster)).toEqual([{ type: 'checkpointCoordinator.allFinished', run }]);
  });
});

describe('checkpoint-coordinator: committing', () => {
  it('one subtask is slow: the next checkpoint does not begin (race 4)', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    job.created();
    for (const key of everyone.slice(1)) job.commits(key, 1);
    expect(job.value).toBe('notifying');
    expect(job.running).toEqual({ 'checkpoint.due': 10_000 });
    expect(job.waitingFor).toEqual(['read#0']);
    // Said twice, it counts once.
    job.hears({ type: 'subtask.committed', run, subtask: 'read#1', checkpoint: checkpoint(1), finished: false });
    expect(job.value).toBe('notifying');
    job.commits('read#0', 1);
    expect(job.value).toBe('idle');
  });

  it('one subtask never commits: the run is given up, the checkpoint stays complete', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    job.created();
    job.expire(commitOf('write#0', 1));
    expect(job.failureCode).toBe('COMMIT_TIMEOUT');
    expect(job.open).toEqual([]);
    expect(job.of('blobs.delete')).toEqual([]);
  });

  it('a subtask is gone, whatever it is asked: the run is given up', () => {
    const triggered = new Checkpoints();
    triggered.begins(1);
    triggered.absent(triggerOf('read#0', 1));

    const committing = new Checkpoints();
    committing.begins(1);
    committing.acknowledgeAll(1);
    committing.created();
    committing.absent(commitOf('read#0', 1));

    const aborting = new Checkpoints({}, { tolerableFailedCheckpoints: 9 });
    aborting.begins(1);
    aborting.timesOut();
    aborting.absent(abortOf('read#0', 1));

    for (const job of [triggered, committing, aborting]) {
      expect(job.failureCode).toBe('SUBTASK_ABSENT');
      expect(job.open).toEqual([]);
      expect(job.running).toEqual({ 'checkpoint.due': 10_000 });
    }
  });

  it('a process is away for a moment, or news of a settled question arrives: nothing happens', () => {
    const job = new Checkpoints();
    job.begins(1);
    expect(job.unreachable(triggerOf('read#0', 1))).toMatchObject({ kind: 'ignored' });
    job.injects('read#0', 1);
    const to = { process: 'tm0', incarnation: 'i0', actor: `subtask/flights/${run}/read#0` };
    for (const type of ['ask.expired', 'ask.absent'] as const) {
      expect(job.hears({ type, id: triggerOf('read#0', 1), to })).toMatchObject({ kind: 'ignored' });
    }
    expect(job.value).toBe('collecting');
  });
});

describe('checkpoint-coordinator: files (race 23)', () => {
  it('a complete checkpoint: what only the one before refers to is deleted, by name, once all have committed', () => {
    const job = new Checkpoints({ latest: base({ epoch: 2, n: 5 }, ['old', 'shared']) });
    job.begins(1);
    job.acknowledgeAll(1, { blobs: ['shared', 'new'] });
    job.created();
    for (const key of everyone.slice(1)) job.commits(key, 1);
    expect(job.of('blobs.delete')).toEqual([]);
    job.commits('read#0', 1);
    expect(job.of('blobs.delete')).toEqual([{ kind: 'blobs.delete', job: 'flights', names: ['old'] }]);

    // The next one starts from what is left, and names nothing twice.
    job.begins(2);
    job.acknowledgeAll(2, { blobs: ['newer'] });
    job.created();
    for (const key of everyone) job.commits(key, 2);
    expect(job.of('blobs.delete').at(-1)).toMatchObject({ names: ['shared', 'new'] });
  });

  it('an aborted checkpoint: what was written for it is deleted, what it shares with its base is not', () => {
    const job = new Checkpoints({ latest: base({ epoch: 2, n: 5 }, ['shared']) }, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.acknowledges('read#0', 1, { blobs: ['shared', 'half'] });
    job.timesOut();
    job.acknowledges('count#0', 1, { blobs: ['late'] });
    job.abortAll(1);
    expect(job.of('blobs.delete')).toEqual([{ kind: 'blobs.delete', job: 'flights', names: ['half', 'late'] }]);
  });

  it('an aborted checkpoint of which nothing was durable: nothing to delete', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.timesOut();
    job.abortAll(1);
    expect(job.of('blobs.delete')).toEqual([]);
  });
});
