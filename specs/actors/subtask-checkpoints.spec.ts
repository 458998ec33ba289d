import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import { cause, ck, drained, finished, refused, run, running, says, snapshot, taken } from './subtask-stage.js';

describe('subtask: triggering', () => {
  it('is answered when the barrier is in the stream, and again for each repetition', () => {
    const subtask = running();
    expect(subtask.trigger(1)).toEqual(taken);
    expect(subtask.trigger(1)).toEqual(refused('tooEarly'));
    subtask.hear({ type: 'task.barrierInjected', checkpoint: ck(1) });
    expect(subtask.answers()).toEqual([says('subtask.barrierInjected', { checkpoint: ck(1) })]);
    expect(subtask.trigger(1)).toEqual(says('subtask.barrierInjected', { checkpoint: ck(1) }));
    expect(subtask.tasks()).toEqual(['task.trigger']);
  });

  it('race 2: the trigger of an older checkpoint comes after that of a newer one', () => {
    const subtask = running();
    subtask.trigger(2);
    expect(subtask.trigger(1)).toEqual(refused('staleCheckpoint'));
    expect(subtask.tasks()).toEqual(['task.trigger']);
  });

  it('race 2: a checkpoint of an older epoch is older, whatever its number', () => {
    const subtask = running();
    subtask.command({ type: 'subtask.triggerCheckpoint', run, checkpoint: { epoch: 2, n: 1 }, base: null });
    expect(subtask.trigger(9)).toEqual(refused('staleCheckpoint'));
  });

  it('the barrier of a checkpoint that was followed by another answers nothing', () => {
    const subtask = running();
    subtask.trigger(1);
    subtask.trigger(2);
    subtask.hear({ type: 'task.barrierInjected', checkpoint: ck(1) });
    expect(subtask.answers()).toEqual([]);
    subtask.hear({ type: 'task.barrierInjected', checkpoint: ck(2) });
    expect(subtask.answers()).toEqual([says('subtask.barrierInjected', { checkpoint: ck(2) })]);
  });
});

describe('subtask: its part of a checkpoint', () => {
  const part = 'subtask.snapshotted/7/read#0/1-1';

  it('is reported until it is noted', () => {
    const subtask = running();
    subtask.snapshotted(1);
    expect(subtask.openAsk(part)).toMatchObject({
      to: { process: 'jm', incarnation: 'l1', actor: 'checkpoint-coordinator/flights' },
      message: { type: 'subtask.snapshotted', run, checkpoint: ck(1), snapshot },
    });
    subtask.answer(part, { type: 'checkpointCoordinator.noted', run } as AnyMessage);
    expect(subtask.open).toEqual([]);
  });

  it('that cannot be made is reported with the reason', () => {
    const subtask = running();
    subtask.hear({ type: 'task.declined', checkpoint: ck(1), failure: cause });
    expect(subtask.openAsk('subtask.declined/7/read#0/1-1').message).toEqual(
      says('subtask.declined', { checkpoint: ck(1), failure: cause }),
    );
  });

  it('is withdrawn when the checkpoint is aborted or complete', () => {
    const aborted = running();
    aborted.snapshotted(1);
    aborted.abort(1);
    expect(aborted.open).toEqual([]);
    const complete = running();
    complete.snapshotted(1);
    complete.complete(1);
    expect(complete.open).toEqual([]);
  });

  it('the coordinator is not there yet: it is asked again a little later, unless the part is over by then', () => {
    const subtask = running();
    subtask.snapshotted(1);
    subtask.absent(part);
    expect(subtask.running).toEqual({ [`askAgain/${part}`]: defaultClusterOptions.askEveryMs });
    subtask.fire('askAgain');
    expect(subtask.open).toEqual([part]);
    subtask.absent(part);
    subtask.abort(1);
    subtask.fire('askAgain');
    expect(subtask.open).toEqual([]);
  });

  it('race 1: a part that becomes durable after the abort is not reported', () => {
    const subtask = running();
    subtask.trigger(1);
    subtask.abort(1);
    subtask.snapshotted(1);
    expect(subtask.open).toEqual([]);
  });
});

describe('subtask: completing', () => {
  it('is answered when the data plane has committed, and again for each repetition', () => {
    const subtask = running();
    subtask.snapshotted(1);
    expect(subtask.complete(1)).toEqual(taken);
    expect(subtask.complete(1)).toEqual(refused('tooEarly'));
    subtask.committed(1);
    const answer = says('subtask.committed', { checkpoint: ck(1), finished: false });
    expect(subtask.answers()).toEqual([answer]);
    expect(subtask.complete(1)).toEqual(answer);
    expect(subtask.tasks()).toEqual(['task.complete']);
  });

  it('race 4: complete(2) overtakes complete(1), which then does nothing', () => {
    const subtask = running();
    subtask.snapshotted(1);
    subtask.snapshotted(2);
    subtask.complete(2);
    expect(subtask.complete(1)).toEqual(refused('tooEarly'));
    subtask.committed(2);
    expect(subtask.complete(1)).toEqual(says('subtask.committed', { checkpoint: ck(1), finished: false }));
    expect(subtask.tasks()).toEqual(['task.complete']);
  });

  it('complete(2) while complete(1) is under way: only the newer one is answered', () => {
    const subtask = running();
    subtask.snapshotted(1);
    subtask.complete(1);
    subtask.snapshotted(2);
    subtask.complete(2);
    subtask.committed(1);
    expect(subtask.answers()).toEqual([]);
    subtask.committed(2);
    expect(subtask.answers()).toEqual([says('subtask.committed', { checkpoint: ck(2), finished: false })]);
  });

  it('race 5: a checkpoint that this attempt has no part in is not committed, and asking for it is a defect', () => {
    const subtask = running();
    subtask.snapshotted(1);
    expect(subtask.complete(2)).toEqual({ kind: 'refused', code: 'unknownCheckpoint', expected: false });
    expect(subtask.tasks()).toEqual([]);
  });
});

describe('subtask: aborting', () => {
  it('race 3: each checkpoint is aborted once; repetitions are answered and go no further', () => {
    const subtask = running();
    subtask.trigger(1);
    for (let i = 0; i < 3; i += 1) expect(subtask.abort(1)).toEqual(says('subtask.aborted', { checkpoint: ck(1) }));
    expect(subtask.tasks()).toEqual(['task.trigger', 'task.abort']);
  });

  it('race 3: a late abort of an older checkpoint does not touch the current one', () => {
    const subtask = running();
    subtask.abort(1);
    subtask.trigger(2);
    subtask.take();
    expect(subtask.abort(1)).toEqual(says('subtask.aborted', { checkpoint: ck(1) }));
    expect(subtask.tasks()).toEqual([]);
    subtask.hear({ type: 'task.barrierInjected', checkpoint: ck(2) });
    expect(subtask.trigger(2)).toEqual(says('subtask.barrierInjected', { checkpoint: ck(2) }));
  });

  it('race 1: the trigger of an aborted checkpoint comes late', () => {
    // Also when the abort came first of all: its trigger may be the one that was delayed.
    const subtask = running();
    subtask.abort(2);
    expect(subtask.trigger(1)).toEqual(refused('staleCheckpoint'));
    expect(subtask.trigger(2)).toEqual(refused('staleCheckpoint'));
    expect(subtask.trigger(3)).toEqual(taken);
  });

  it('the barrier of an aborted checkpoint answers nothing', () => {
    const subtask = running();
    subtask.trigger(1);
    subtask.abort(1);
    subtask.take();
    subtask.hear({ type: 'task.barrierInjected', checkpoint: ck(1) });
    expect(subtask.answers()).toEqual([]);
  });

  it('the abort of what is committed is answered and does nothing', () => {
    const subtask = running();
    subtask.snapshotted(1);
    subtask.complete(1);
    subtask.committed(1);
    subtask.take();
    expect(subtask.abort(1)).toEqual(says('subtask.aborted', { checkpoint: ck(1) }));
    expect(subtask.tasks()).toEqual([]);
  });
});

describe('subtask: the end of its input', () => {
  const id = 'subtask.drained/7/read#0';

  it('the last record is reported until it is noted, for as long as the attempt lives', () => {
    const subtask = running();
    subtask.hear({ type: 'task.inputEnded' });
    expect(subtask.value).toBe('draining');
    subtask.hear({ type: 'task.drained' });
    expect(subtask.value).toBe('awaitingFinalCheckpoint');
    expect(subtask.waitingFor).toEqual(['the final checkpoint']);
    subtask.absent(id);
    subtask.fire('askAgain');
    subtask.expire(id);
    expect(subtask.open).toEqual([id]);
    expect(subtask.unreachable(id)).toMatchObject({ kind: 'ignored' });
    subtask.answer(id, { type: 'checkpointCoordinator.noted', run } as AnyMessage);
    expect(subtask.value).toBe('awaitingFinalCheckpoint');
  });

  it('barriers still flow, and a checkpoint from before the last record is not the final one', () => {
    const subtask = drained();
    subtask.snapshotted(1);
    subtask.complete(1);
    expect(subtask.value).toBe('committing');
    expect(subtask.waitingFor).toEqual(['commit of 1-1']);
    subtask.committed(1);
    expect(subtask.value).toBe('awaitingFinalCheckpoint');
    expect(subtask.trigger(2)).toEqual(taken);
    subtask.snapshotted(2);
    subtask.complete(2);
    subtask.committed(2, true);
    expect(subtask.value).toBe('finished');
    expect(subtask.answers().at(-1)).toEqual(says('subtask.committed', { checkpoint: ck(2), finished: true }));
    expect(subtask.open).toEqual([]);
  });

  it('a commit that is under way when the last record is processed', () => {
    const subtask = running();
    subtask.snapshotted(1);
    subtask.complete(1);
    subtask.hear({ type: 'task.inputEnded' });
    subtask.hear({ type: 'task.drained' });
    subtask.committed(1);
    expect(subtask.value).toBe('awaitingFinalCheckpoint');
    expect(subtask.answers()).toEqual([says('subtask.committed', { checkpoint: ck(1), finished: false })]);
  });

  it('the final checkpoint is aborted, and the next one is it', () => {
    const subtask = drained();
    subtask.trigger(1);
    subtask.snapshotted(1);
    subtask.abort(1);
    expect(subtask.value).toBe('awaitingFinalCheckpoint');
    expect(subtask.trigger(2)).toEqual(taken);
  });

  it('a finished subtask answers for its last commit until it is canceled', () => {
    const subtask = finished();
    expect(subtask.complete(3)).toEqual(says('subtask.committed', { checkpoint: ck(3), finished: true }));
    expect(subtask.complete(2)).toEqual(says('subtask.committed', { checkpoint: ck(2), finished: true }));
    expect(subtask.trigger(4)).toEqual(refused('finished'));
    expect(subtask.abort(4)).toEqual(says('subtask.aborted', { checkpoint: ck(4) }));
  });
});
