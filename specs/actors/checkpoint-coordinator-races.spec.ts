import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/kernel/failure.js';
import type { RecordEvent } from '../../actors/kernel/message.js';
import type { LogEntry } from '../../actors/protocol/manifest.js';
import {
  abortOf,
  Checkpoints,
  checkpoint,
  everyone,
  jobMaster,
  logKey,
  noted,
  refused,
  run,
  triggerOf,
} from './checkpoints.js';

describe('checkpoint-coordinator: parts that are late or repeated (race 1)', () => {
  it('a part of an aborted checkpoint: answered, and never counted for the next', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 5 });
    job.begins(1);
    for (const key of everyone.slice(0, -1)) job.acknowledges(key, 1);
    job.timesOut();
    expect(job.acknowledges('write#1', 1)).toEqual(noted);
    expect(job.value).toBe('aborting');
    job.abortAll(1);
    expect(job.acknowledges('write#1', 1)).toEqual(noted);
    job.begins(2);
    for (const key of everyone) expect(job.acknowledges(key, 1)).toEqual(noted);
    expect(job.waitingFor).toEqual(everyone);
  });

  it('a part that is repeated: answered each time, counted once', () => {
    const job = new Checkpoints();
    job.begins(1);
    for (let repetition = 0; repetition < everyone.length; repetition += 1) {
      expect(job.acknowledges('count#0', 1)).toEqual(noted);
    }
    expect(job.waitingFor).toHaveLength(everyone.length - 1);
    for (const key of everyone) job.acknowledges(key, 1);
    expect(job.acknowledges('count#0', 1)).toEqual(noted);
    job.created();
    expect(job.acknowledges('count#0', 1)).toEqual(noted);
    expect(job.value).toBe('notifying');
  });

  it('a decline that is late: answered, and aborts nothing', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    expect(job.declines('count#0', 1)).toEqual(noted);
    expect(job.value).toBe('writingManifest');
    job.created();
    for (const key of everyone) job.commits(key, 1);
    job.begins(2);
    expect(job.declines('count#0', 1)).toEqual(noted);
    expect(job.value).toBe('collecting');
  });

  it('what belongs to another run, or is a defect: refused, changes nothing', () => {
    const job = new Checkpoints();
    job.begins(1);
    const before = job.context;
    for (const type of ['subtask.snapshotted', 'subtask.declined', 'subtask.drained'] as const) {
      expect(job.ask(job.fromRun(run - 1, type, 'read#0', 1))).toEqual(refused('staleRun'));
    }
    for (const type of ['subtask.barrierInjected', 'sourceCoordinator.snapshotted'] as const) {
      expect(job.tell(job.fromRun(run - 1, type, 'read#0', 1))).toMatchObject({
        kind: expect.stringMatching('refused|ignored'),
      });
    }
    expect(job.acknowledges('read#0', 2)).toEqual({ ...refused('unknownCheckpoint'), expected: false });
    expect(job.acknowledges('read#7', 1)).toEqual({ ...refused('unknownSubtask'), expected: false });
    expect(job.drains('read#7')).toEqual({ ...refused('unknownSubtask'), expected: false });
    expect(job.context).toEqual(before);

    const partly = new Checkpoints({ finished: ['read#0'] });
    partly.begins(1);
    expect(partly.acknowledges('read#0', 1)).toEqual({ ...refused('finishedSubtask'), expected: false });
  });

  it('the answer to a trigger is lost, and the part arrives: the reader gets splits again', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.take();
    job.acknowledges('read#1', 1);
    expect(job.toldSource()).toEqual(['reopen 1 read#1']);
    expect(job.open).toEqual([triggerOf('read#0', 1)]);
    expect(job.injects('read#1', 1)).toBeNull();
  });
});

describe('checkpoint-coordinator: aborting', () => {
  it('a source that does not close its valve in time: given up, and the valves open', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.due();
    job.timesOut();
    expect(job.value).toBe('aborting');
    expect(job.toldSource()).toEqual(['snapshot 1', 'reopenAll 1']);
    job.abortAll(1);
    expect(job.value).toBe('idle');
    job.begins(2);
    expect(job.sourceClosed(1)).toMatchObject({ kind: 'ignored' });
    expect(job.value).toBe('collecting');
  });

  it('a snapshot of a source for a checkpoint given up: not taken for the next', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.due();
    job.timesOut();
    job.abortAll(1);
    job.due();
    expect(job.sourceClosed(1)).toEqual(refused('staleCheckpoint'));
    expect(job.value).toBe('triggering');
  });

  it('each id is aborted once, however many decline (race 3)', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.injects('read#0', 1);
    expect(job.declines('count#0', 1)).toEqual(noted);
    expect(job.declines('count#1', 1)).toEqual(noted);
    expect(job.declines('count#0', 1)).toEqual(noted);
    const asked = job.of('ask').filter(({ message }) => message.type === 'subtask.abortCheckpoint');
    expect(asked.map(({ id }) => id)).toEqual(everyone.map((key) => abortOf(key, 1)));
    // The trigger that nobody has answered is withdrawn.
    expect(job.open).toEqual(everyone.map((key) => abortOf(key, 1)));
    job.abortAll(1);
    expect(job.value).toBe('idle');
  });

  it('one too many in a row: the job-master hears whose fault the last one was', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.declines('count#0', 1);
    job.abortAll(1);
    job.begins(2);
    job.declines('count#0', 2);
    job.abortAll(2);
    expect(job.done).toBe(true);
    expect(job.told(jobMaster)).toMatchObject([
      { type: 'checkpointCoordinator.failed', run, failure: { code: 'CHECKPOINTS_FAILED', domain: 'user' } },
    ]);
  });

  it('a success in between: the count starts again', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 1 });
    job.begins(1);
    job.timesOut();
    job.abortAll(1);
    job.completes(2);
    job.begins(3);
    job.timesOut();
    job.abortAll(3);
    expect(job.value).toBe('idle');
  });

  it('a subtask that does not forget in time: the run is given up', () => {
    const job = new Checkpoints({}, { tolerableFailedCheckpoints: 9 });
    job.begins(1);
    job.timesOut();
    job.expire(abortOf('count#1', 1));
    expect(job.failureCode).toBe('ABORT_TIMEOUT');
    expect(job.open).toEqual([]);
  });
});

describe('checkpoint-coordinator: a write of unknown outcome (race 8)', () => {
  const writing = () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    job.take();
    return job;
  };
  const request = logKey(4);
  const unknown = { type: 'record.unknown', request } as const;

  it('unknown: the same content is created again; it had been, so the checkpoint is complete', () => {
    const job = new Checkpoints();
    job.begins(1);
    job.acknowledgeAll(1);
    job.hears(unknown);
    const [one, two] = job.of('record.create');
    expect(two).toEqual(one);
    job.hears({ type: 'record.exists', request, record: one?.record });
    expect(job.value).toBe('notifying');
  });

  it('unknown again and again: handed to the recovery, never aborted', () => {
    const job = writing();
    for (let tries = 1; tries <= 5; tries += 1) job.hears(unknown);
    expect(job.failureCode).toBe('CHECKPOINT_UNRESOLVED');
    expect(job.of('record.create')).toHaveLength(4);
    expect(job.of('ask')).toEqual([]);
    expect(job.of('blobs.delete')).toEqual([]);
  });

  it('a store that never answers: handed to the recovery', () => {
    const job = writing();
    job.fire('writeDeadline');
    expect(job.failureCode).toBe('CHECKPOINT_UNRESOLVED');
  });

  it('the index belongs to another leader: this one is fenced, and nobody commits', () => {
    const job = writing();
    const recovered: LogEntry = {
      format: 1,
      job: 'flights',
      index: 4,
      epoch: 4,
      nonce: 'leader-2/4',
      kind: 'recovered',
      run: run + 1,
      from: null,
    };
    job.hears({ type: 'record.exists', request, record: recovered });
    expect(job.failureCode).toBe('LOG_CONFLICT');
    expect(job.of('ask')).toEqual([]);
  });

  it('what stands there is no entry at all: fenced too', () => {
    for (const record of [null, 'x', {}]) {
      const job = writing();
      job.hears({ type: 'record.exists', request, record });
      expect(job.failureCode).toBe('LOG_CONFLICT');
    }
  });

  it('the store refuses for good: the job-master hears why', () => {
    const job = writing();
    const full = failure('NO_SPACE', 'infrastructure', 'disk full');
    job.hears({ type: 'record.failed', request, failure: full });
    expect(job.told(jobMaster)).toEqual([{ type: 'checkpointCoordinator.failed', run, failure: full }]);
  });

  it('the time of the checkpoint is over while it is written, or a store answers late: nothing happens', () => {
    const job = writing();
    expect(job.hears({ type: 'checkpoint.timedOut', checkpoint: checkpoint(1) })).toMatchObject({
      kind: 'ignored',
    });
    job.hears({ type: 'record.created', request });
    for (const key of everyone) job.commits(key, 1);
    job.begins(2);
    job.acknowledgeAll(2);
    const late: RecordEvent[] = [
      { type: 'record.created', request },
      { type: 'record.exists', request, record: null },
      { type: 'record.unknown', request },
      { type: 'record.failed', request, failure: failure('NO_SPACE', 'infrastructure', 'disk full') },
    ];
    for (const message of late) expect(job.hears(message)).toMatchObject({ kind: 'ignored' });
    expect(job.value).toBe('writingManifest');
  });
});
