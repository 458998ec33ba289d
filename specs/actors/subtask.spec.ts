import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import { freshStart, type RestorePlan } from '../../actors/protocol/deployment.js';
import type { SubtaskMessage } from '../../actors/subtask/messages.js';
import {
  allocation,
  cause,
  ck,
  drained,
  finished,
  ready,
  refused,
  run,
  running,
  Subtask,
  says,
  taken,
} from './subtask-stage.js';

describe('subtask: from created to running', () => {
  it('each command is answered by the fact, and not before', () => {
    const subtask = new Subtask();
    const plan: RestorePlan = { from: ck(2), operators: [], finished: false };
    expect(subtask.restore(plan)).toEqual(taken);
    expect(subtask.of('task.restore')).toEqual([{ kind: 'task.restore', slot: 2, subtask: 'read#0', run, plan }]);
    expect(subtask.value).toBe('restoringState');
    expect(subtask.answers()).toEqual([]);
    subtask.hear({ type: 'task.restored' });
    expect(subtask.value).toBe('restored');
    subtask.rewind();
    expect(subtask.value).toBe('rewindingSource');
    subtask.hear({ type: 'task.rewound' });
    expect(subtask.value).toBe('ready');
    subtask.begin();
    expect(subtask.value).toBe('ready');
    subtask.hear({ type: 'task.started' });
    expect(subtask.value).toBe('running');
    expect(subtask.answers()).toEqual([says('subtask.restored'), says('subtask.rewound'), says('subtask.started')]);
    expect(subtask.tasks()).toEqual(['task.restore', 'task.rewind', 'task.start']);
  });

  it('a repetition while the data plane is at it is too early', () => {
    const subtask = new Subtask();
    subtask.restore();
    expect(subtask.restore()).toEqual(refused('tooEarly'));
    subtask.hear({ type: 'task.restored' });
    subtask.rewind();
    expect(subtask.rewind()).toEqual(refused('tooEarly'));
    subtask.hear({ type: 'task.rewound' });
    subtask.begin();
    expect(subtask.begin()).toEqual(refused('tooEarly'));
    expect(subtask.tasks()).toHaveLength(3);
  });

  it('lost answers: every repetition is answered from the state, in every later state', () => {
    const subtask = ready();
    expect(subtask.restore()).toEqual(says('subtask.restored'));
    expect(subtask.rewind()).toEqual(says('subtask.rewound'));
    subtask.begin();
    subtask.hear({ type: 'task.started' });
    for (const later of [subtask, drained(), finished()]) {
      later.take();
      expect(later.restore()).toEqual(says('subtask.restored'));
      expect(later.rewind()).toEqual(says('subtask.rewound'));
      expect(later.begin()).toEqual(says('subtask.started'));
      expect(later.tasks()).toEqual([]);
    }
  });

  it('what comes before its time is too early', () => {
    const subtask = new Subtask();
    expect(subtask.rewind()).toEqual(refused('tooEarly'));
    expect(subtask.begin()).toEqual(refused('tooEarly'));
    expect(subtask.assign(1)).toEqual(refused('tooEarly'));
    expect(subtask.trigger(1)).toEqual(refused('tooEarly'));
    expect(ready().trigger(1)).toEqual(refused('tooEarly'));
    expect(ready().complete(1)).toEqual(refused('tooEarly'));
  });

  it('every command of another run is refused, in every state', () => {
    const states = [new Subtask(), ready(), running(), drained(), finished()];
    for (const other of [run - 1, run + 1]) {
      const commands: readonly SubtaskMessage[] = [
        { type: 'subtask.restore', run: other, plan: freshStart },
        { type: 'subtask.rewind', run: other },
        { type: 'subtask.start', run: other },
        { type: 'subtask.assignSplits', run: other, assignment: 1, splits: [], noMore: true },
        { type: 'subtask.triggerCheckpoint', run: other, checkpoint: ck(9), base: null },
        { type: 'subtask.completeCheckpoint', run: other, checkpoint: ck(9) },
        { type: 'subtask.abortCheckpoint', run: other, checkpoint: ck(9) },
      ];
      for (const subtask of states) {
        const before = subtask.context;
        for (const command of commands) expect(subtask.command(command)).toEqual(refused('staleRun'));
        expect(subtask.context).toEqual(before);
      }
    }
  });

  it('what had finished before the checkpoint is finished as soon as it is started', () => {
    const subtask = ready({}, { from: ck(2), operators: [], finished: true });
    subtask.begin();
    subtask.hear({ type: 'task.started' });
    expect(subtask.value).toBe('finished');
    expect(subtask.begin()).toEqual(says('subtask.started'));
    expect(subtask.hear({ type: 'task.drained' })).toMatchObject({ kind: 'ignored' });
    expect(subtask.trigger(3)).toEqual(refused('finished'));
  });
});

describe('subtask: splits', () => {
  it('a wish for splits is reported until it is noted', () => {
    const subtask = running();
    subtask.hear({ type: 'task.splitsRequested', request: 1 });
    const id = 'subtask.splitsRequested/7/read#0/1';
    expect(subtask.openAsk(id)).toMatchObject({
      to: { process: 'jm', incarnation: 'l1', actor: 'source-coordinator/flights/read-uid' },
      message: says('subtask.splitsRequested', { request: 1 }),
    });
    subtask.expire(id);
    expect(subtask.open).toEqual([id]);
    subtask.answer(id, { type: 'sourceCoordinator.noted', run } as AnyMessage);
    expect(subtask.open).toEqual([]);
  });

  it('a newer wish replaces the older one', () => {
    const subtask = running();
    subtask.hear({ type: 'task.splitsRequested', request: 1 });
    subtask.hear({ type: 'task.splitsRequested', request: 2 });
    expect(subtask.open).toEqual(['subtask.splitsRequested/7/read#0/2']);
  });

  it('how far it is takes the place of what it said before; how far it may go is passed on', () => {
    const subtask = running();
    const report = (number: number) => ({ number, watermark: 5 * number, status: 'active' }) as const;
    subtask.hear({ type: 'task.watermarkReached', report: report(1) });
    subtask.hear({ type: 'task.watermarkReached', report: report(2) });
    const id = 'subtask.watermarkReached/7/read#0/2';
    expect(subtask.open).toEqual([id]);
    expect(subtask.openAsk(id)).toMatchObject({
      to: { process: 'jm', incarnation: 'l1', actor: 'alignment/flights' },
      message: says('subtask.watermarkReached', { report: report(2) }),
    });
    subtask.answer(id, { type: 'alignment.announced', run, limit: 20 } as AnyMessage);
    expect(subtask.of('task.align')).toMatchObject([{ subtask: 'read#0', run: 7, limit: 20 }]);
    expect(subtask.open).toEqual([]);
  });

  it('an assignment is passed on once; a repetition is only answered (race 6)', () => {
    const subtask = running();
    expect(subtask.assign(1)).toEqual(says('subtask.splitsAdded', { assignment: 1 }));
    expect(subtask.assign(1)).toEqual(says('subtask.splitsAdded', { assignment: 1 }));
    expect(subtask.assign(2)).toEqual(says('subtask.splitsAdded', { assignment: 2 }));
    expect(subtask.assign(1)).toEqual(says('subtask.splitsAdded', { assignment: 1 }));
    expect(subtask.tasks()).toEqual(['task.assign', 'task.assign']);
    expect(subtask.assign(4)).toEqual(refused('tooEarly'));
  });

  it('splits that come before the start are kept for it by the data plane', () => {
    expect(ready().assign(1)).toEqual(says('subtask.splitsAdded', { assignment: 1 }));
  });
});

describe('subtask: failing and ending', () => {
  const id = 'subtask.failed/7/read#0';
  const states: readonly (() => Subtask)[] = [() => new Subtask(), ready, running, drained, finished];

  it('a failure in any state is reported to the job-master until it is noted, and nothing else is any more', () => {
    for (const state of states) {
      const subtask = state();
      subtask.hear({ type: 'task.failed', failure: cause });
      expect(subtask.value).toBe('failed');
      expect(subtask.open).toEqual([id]);
      expect(subtask.openAsk(id)).toMatchObject({
        to: { actor: 'job-master/flights' },
        message: says('subtask.failed', { failure: cause }),
      });
      subtask.expire(id);
      expect(subtask.open).toEqual([id]);
      subtask.answer(id, { type: 'jobMaster.noted', run } as AnyMessage);
      expect(subtask.open).toEqual([]);
    }
  });

  it('the first failure is the cause; commands are refused, of whatever kind', () => {
    const subtask = running();
    subtask.hear({ type: 'task.failed', failure: cause });
    expect(subtask.hear({ type: 'task.failed', failure: failure('LATER', 'internal', '') })).toMatchObject({
      kind: 'ignored',
    });
    expect(subtask.openAsk(id).message).toMatchObject({ failure: cause });
    expect(subtask.restore()).toEqual(refused('failed'));
    expect(subtask.begin()).toEqual(refused('failed'));
    expect(subtask.trigger(1)).toEqual(refused('failed'));
    expect(subtask.complete(1)).toEqual(refused('failed'));
    expect(subtask.abort(1)).toEqual(refused('failed'));
    expect(subtask.assign(1)).toEqual(refused('failed'));
  });

  it('what the data plane still says of a failed attempt is not reported', () => {
    const subtask = running();
    subtask.hear({ type: 'task.failed', failure: cause });
    subtask.snapshotted(1);
    subtask.hear({ type: 'task.drained' });
    expect(subtask.open).toEqual([id]);
  });

  it('a cancel in any state ends it: the slot is told when nothing is left', () => {
    for (const state of states) {
      const subtask = state();
      subtask.take();
      subtask.hear({ type: 'subtask.cancel' });
      expect(subtask.tasks()).toEqual(['task.cancel']);
      expect(subtask.open).toEqual([]);
      expect(subtask.hear({ type: 'subtask.cancel' })).toMatchObject({ kind: 'ignored' });
      expect(subtask.restore()).toEqual(refused('canceled'));
      expect(subtask.hear({ type: 'task.failed', failure: cause })).toMatchObject({ kind: 'ignored' });
      subtask.hear({ type: 'task.canceled' });
      expect(subtask.done).toBe(true);
      expect(subtask.told('slot/2')).toEqual([{ type: 'subtask.canceled', allocation, subtask: 'read#0' }]);
    }
  });

  it('a failed attempt is canceled like any other', () => {
    const subtask = running();
    subtask.hear({ type: 'task.failed', failure: cause });
    subtask.hear({ type: 'subtask.cancel' });
    expect(subtask.open).toEqual([]);
    subtask.hear({ type: 'task.canceled' });
    expect(subtask.value).toBe('canceled');
  });
});
