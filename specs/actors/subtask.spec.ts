import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions, freshStart, type RestorePlan } from '../../actors/protocol/deployment.js';
import type { Allocation, CheckpointId, SlotAddress } from '../../actors/protocol/ids.js';
import type { SubtaskSnapshot } from '../../actors/protocol/manifest.js';
import { type SubtaskInput, subtaskActor } from '../../actors/subtask/machine.js';
import type { SubtaskMessage } from '../../actors/subtask/messages.js';
import { Driver } from './driver.js';

const run = 7;
const slot: SlotAddress = { process: 'tm-a', incarnation: 'i1', slot: 2 };
const allocation: Allocation = { job: 'flights', run, epoch: 1 };
const input: SubtaskInput = {
  subtask: 'read#0',
  slot,
  allocation,
  source: 'read-uid',
  leader: { process: 'jm', incarnation: 'l1', actor: 'job-master/flights' },
  options: defaultClusterOptions,
};
const ck = (n: number): CheckpointId => ({ epoch: 1, n });
const snapshot: SubtaskSnapshot = { subtask: 'read#0', operators: [], drained: false };
const cause = failure('BOOM', 'user', 'division by zero');
const refused = (code: string): Verdict => ({ kind: 'refused', code, expected: true });
const taken: Verdict = { kind: 'taken' };
const says = (type: string, more: object = {}): unknown => ({ type, run, subtask: 'read#0', ...more });

/** The verbs are what the leader's actors ask and what the data plane tells. */
class Subtask extends Driver {
  constructor(change: Partial<SubtaskInput> = {}) {
    super(subtaskActor, { ...input, ...change });
  }

  /** The data plane tells. */
  hear(message: SubtaskMessage): Verdict {
    return this.tell(message);
  }

  /** The leader asks. */
  command(message: SubtaskMessage, id = message.type as string): AnyMessage | Verdict {
    return this.ask(message, id);
  }

  restore(plan: RestorePlan = freshStart): AnyMessage | Verdict {
    return this.command({ type: 'subtask.restore', run, plan });
  }

  rewind(): AnyMessage | Verdict {
    return this.command({ type: 'subtask.rewind', run });
  }

  begin(): AnyMessage | Verdict {
    return this.command({ type: 'subtask.start', run });
  }

  trigger(n: number): AnyMessage | Verdict {
    return this.command({ type: 'subtask.triggerCheckpoint', run, checkpoint: ck(n), base: null }, `trigger/${n}`);
  }

  complete(n: number): AnyMessage | Verdict {
    return this.command({ type: 'subtask.completeCheckpoint', run, checkpoint: ck(n) }, `complete/${n}`);
  }

  abort(n: number): AnyMessage | Verdict {
    return this.command({ type: 'subtask.abortCheckpoint', run, checkpoint: ck(n) }, `abort/${n}`);
  }

  assign(assignment: number): AnyMessage | Verdict {
    return this.command({ type: 'subtask.assignSplits', run, assignment, splits: [], noMore: false });
  }

  snapshotted(n: number): void {
    this.hear({ type: 'task.snapshotted', checkpoint: ck(n), snapshot });
  }

  committed(n: number, finished = false): void {
    this.hear({ type: 'task.committed', checkpoint: ck(n), finished });
  }

  answers(): readonly unknown[] {
    return this.of('answer').map(({ message }) => message);
  }

  tasks(): readonly string[] {
    return this.take()
      .map(({ kind }) => kind)
      .filter((kind) => kind.startsWith('task.'));
  }
}

const ready = (change: Partial<SubtaskInput> = {}, plan: RestorePlan = freshStart): Subtask => {
  const subtask = new Subtask(change);
  subtask.restore(plan);
  subtask.hear({ type: 'task.restored' });
  subtask.rewind();
  subtask.hear({ type: 'task.rewound' });
  return subtask;
};

const running = (change: Partial<SubtaskInput> = {}): Subtask => {
  const subtask = ready(change);
  subtask.begin();
  subtask.hear({ type: 'task.started' });
  subtask.take();
  return subtask;
};

const drained = (): Subtask => {
  const subtask = running();
  subtask.hear({ type: 'task.inputEnded' });
  subtask.hear({ type: 'task.drained' });
  subtask.take();
  return subtask;
};

const finished = (): Subtask => {
  const subtask = drained();
  subtask.snapshotted(3);
  subtask.complete(3);
  subtask.committed(3, true);
  subtask.take();
  return subtask;
};

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
