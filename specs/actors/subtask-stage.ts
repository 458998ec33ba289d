import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions, freshStart, type RestorePlan } from '../../actors/protocol/deployment.js';
import type { Allocation, CheckpointId, SlotAddress } from '../../actors/protocol/ids.js';
import type { SubtaskSnapshot } from '../../actors/protocol/manifest.js';
import { type SubtaskInput, subtaskActor } from '../../actors/subtask/machine.js';
import type { SubtaskMessage } from '../../actors/subtask/messages.js';
import { Driver } from './driver.js';

export const run = 7;
const slot: SlotAddress = { process: 'tm-a', incarnation: 'i1', slot: 2 };
export const allocation: Allocation = { job: 'flights', run, epoch: 1 };
const input: SubtaskInput = {
  subtask: 'read#0',
  slot,
  allocation,
  source: 'read-uid',
  leader: { process: 'jm', incarnation: 'l1', actor: 'job-master/flights' },
  options: defaultClusterOptions,
};
export const ck = (n: number): CheckpointId => ({ epoch: 1, n });
export const snapshot: SubtaskSnapshot = { subtask: 'read#0', operators: [], drained: false };
export const cause = failure('BOOM', 'user', 'division by zero');
export const refused = (code: string): Verdict => ({ kind: 'refused', code, expected: true });
export const taken: Verdict = { kind: 'taken' };
export const says = (type: string, more: object = {}): unknown => ({ type, run, subtask: 'read#0', ...more });

/** The verbs are what the leader's actors ask and what the data plane tells. */
export class Subtask extends Driver {
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

export const ready = (change: Partial<SubtaskInput> = {}, plan: RestorePlan = freshStart): Subtask => {
  const subtask = new Subtask(change);
  subtask.restore(plan);
  subtask.hear({ type: 'task.restored' });
  subtask.rewind();
  subtask.hear({ type: 'task.rewound' });
  return subtask;
};

export const running = (change: Partial<SubtaskInput> = {}): Subtask => {
  const subtask = ready(change);
  subtask.begin();
  subtask.hear({ type: 'task.started' });
  subtask.take();
  return subtask;
};

export const drained = (): Subtask => {
  const subtask = running();
  subtask.hear({ type: 'task.inputEnded' });
  subtask.hear({ type: 'task.drained' });
  subtask.take();
  return subtask;
};

export const finished = (): Subtask => {
  const subtask = drained();
  subtask.snapshotted(3);
  subtask.complete(3);
  subtask.committed(3, true);
  subtask.take();
  return subtask;
};
