import { describe, expect, it } from 'vitest';
import { failure } from '../../actors/kernel/failure.js';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions, type Placement } from '../../actors/protocol/deployment.js';
import type { Address, Allocation, JobRun, SlotAddress } from '../../actors/protocol/ids.js';
import { defaultJobOptions, type JobGraph, type JobRecord, type JobVertex } from '../../actors/protocol/job-graph.js';
import { type SlotContext, slotActor } from '../../actors/slot/machine.js';
import type { SlotMessage } from '../../actors/slot/messages.js';
import { Driver } from './driver.js';

const address: SlotAddress = { process: 'tm-a', incarnation: 'i1', slot: 1 };
const jobMaster: Address = { process: 'jm', incarnation: 'l1', actor: 'job-master/flights' };
const resourceManager: Address = { ...jobMaster, actor: 'resource-manager' };

const vertex = (id: string, kind: 'source' | 'sink'): JobVertex => ({
  id,
  name: id,
  parallelism: 2,
  maxParallelism: 128,
  operators: [{ uid: `${id}-uid`, name: id, kind, commits: kind === 'sink', stateful: true }],
});
const graph: JobGraph = {
  name: 'flights',
  vertices: [vertex('read', 'source'), vertex('write', 'sink')],
  edges: [{ id: 'e', from: 'read', to: 'write', partitioner: 'hash', input: 0, side: null }],
  options: defaultJobOptions,
};
const record: JobRecord = { format: 1, job: 'flights', graph, code: 'sha', params: [] };
const placement: Placement = {
  'read#0': { ...address, slot: 0 },
  'read#1': address,
  'write#0': { ...address, process: 'tm-b' },
  'write#1': address,
};

const allocation = (run: JobRun, job = 'flights'): Allocation => ({ job, run, epoch: 1 });
const refused = (code: string): Verdict => ({ kind: 'refused', code, expected: true });
const opened = (run: JobRun): unknown => ({ type: 'slot.opened', slot: address, allocation: allocation(run) });
const closed = (run: JobRun, job = 'flights'): unknown => ({
  type: 'slot.closed',
  slot: address,
  allocation: allocation(run, job),
});

class Slot extends Driver {
  constructor() {
    super(slotActor, { address, options: defaultClusterOptions });
  }

  say(message: SlotMessage): Verdict {
    return this.tell(message);
  }

  openFor(run: JobRun, job = 'flights'): AnyMessage | Verdict {
    const message: SlotMessage = { type: 'slot.open', allocation: allocation(run, job), record, graph, placement };
    return this.ask(message, `slot.open/${run}`, jobMaster);
  }

  closeFor(run: JobRun, job = 'flights', from = jobMaster): AnyMessage | Verdict {
    const message: SlotMessage = { type: 'slot.close', allocation: allocation(run, job) };
    return this.ask(message, `slot.close/${run}`, from);
  }

  loaded(run: JobRun): void {
    this.say({ type: 'slot.loaded', allocation: allocation(run) });
  }

  canceled(run: JobRun, subtask: string): Verdict {
    return this.say({ type: 'subtask.canceled', allocation: allocation(run), subtask });
  }

  unloaded(run: JobRun): Verdict {
    return this.say({ type: 'slot.unloaded', allocation: allocation(run) });
  }

  report(): unknown {
    const last = this.told('task-manager').at(-1) as { readonly report: unknown } | undefined;
    return last?.report;
  }

  answers(): readonly unknown[] {
    return this.of('answer').map(({ ask, message }) => [ask.id, ask.from.actor, message]);
  }
}

const active = (run: JobRun): Slot => {
  const slot = new Slot();
  slot.openFor(run);
  slot.loaded(run);
  slot.take();
  return slot;
};

describe('slot: opening', () => {
  it('says at once that it is there, and free', () => {
    expect(new Slot().report()).toEqual({ slot: 1, allocation: null, progress: 0, subtasks: [] });
  });

  it('loads the code, starts the subtasks that are placed here, and then answers', () => {
    const slot = new Slot();
    expect(slot.openFor(5)).toEqual({ kind: 'taken' });
    expect(slot.of('slot.load')).toMatchObject([{ slot: 1, allocation: allocation(5), placement }]);
    expect(slot.report()).toEqual({ slot: 1, allocation: allocation(5), progress: 0, subtasks: [] });
    slot.take();
    slot.loaded(5);
    expect(slot.of('actor.start').map(({ actor }) => actor)).toEqual([
      'subtask/flights/5/read#1',
      'subtask/flights/5/write#1',
    ]);
    expect(slot.of('actor.start').map(({ input }) => input)).toMatchObject([
      { subtask: 'read#1', slot: address, allocation: allocation(5), source: 'read-uid', leader: jobMaster },
      { subtask: 'write#1', source: null },
    ]);
    expect(slot.answers()).toEqual([['slot.open/5', 'job-master/flights', opened(5)]]);
    expect(slot.report()).toMatchObject({ subtasks: ['read#1', 'write#1'] });
    expect(slot.take().at(-1)).toMatchObject({ kind: 'answer' });
  });

  it('a repetition is too early while code is loading, and answered again afterwards', () => {
    const slot = new Slot();
    slot.openFor(5);
    expect(slot.openFor(5)).toEqual(refused('tooEarly'));
    expect(slot.waitingFor).toEqual(['code of flights']);
    slot.loaded(5);
    expect(slot.openFor(5)).toEqual(opened(5));
    expect(slot.openFor(5)).toEqual(opened(5));
    expect(slot.of('actor.start')).toHaveLength(2);
  });

  it('code that cannot be loaded: the failure is answered, and again for a repetition', () => {
    const cause = failure('CODE_MISSING', 'infrastructure', 'no bundle sha');
    const slot = new Slot();
    slot.openFor(5);
    slot.say({ type: 'slot.loadFailed', allocation: allocation(5), failure: cause });
    const failed = { type: 'slot.openFailed', slot: address, allocation: allocation(5), failure: cause };
    expect(slot.answers()).toEqual([['slot.open/5', 'job-master/flights', failed]]);
    expect(slot.openFor(5)).toEqual(failed);
    slot.unloaded(5);
    expect(slot.value).toBe('free');
    // Not loaded a second time: an unloading that was asked twice would undo it.
    expect(slot.openFor(5)).toEqual(failed);
    expect(slot.of('slot.load')).toHaveLength(1);
    expect(slot.closeFor(5)).toEqual(closed(5));
    expect(slot.openFor(6)).toEqual({ kind: 'taken' });
  });

  it('another job is refused until the slot is free', () => {
    const slot = active(5);
    expect(slot.openFor(9, 'other')).toEqual(refused('occupied'));
  });

  it('an older run of the same job is refused', () => {
    const slot = active(5);
    expect(slot.openFor(4)).toEqual(refused('staleAllocation'));
  });

  it('a newer run of the same job ends the older one first', () => {
    const slot = active(5);
    expect(slot.openFor(6)).toEqual(refused('tooEarly'));
    expect(slot.told('subtask/flights/5/read#1')).toEqual([{ type: 'subtask.cancel' }]);
    slot.canceled(5, 'read#1');
    slot.canceled(5, 'write#1');
    slot.unloaded(5);
    expect(slot.openFor(6)).toEqual({ kind: 'taken' });
    slot.loaded(6);
    expect(slot.openFor(6)).toEqual(opened(6));
  });

  it('a newer run while the older one is still loading: the loading is undone first', () => {
    const slot = new Slot();
    slot.openFor(5);
    expect(slot.openFor(6)).toEqual(refused('tooEarly'));
    expect(slot.of('slot.unload')).toMatchObject([{ allocation: allocation(5) }]);
    slot.loaded(5);
    expect(slot.value).toBe('unloading');
    slot.unloaded(5);
    slot.openFor(6);
    expect(slot.value).toBe('allocated');
  });

  it("a completion of an earlier allocation is nobody's", () => {
    const slot = new Slot();
    slot.openFor(6);
    expect(slot.say({ type: 'slot.loaded', allocation: allocation(5) })).toMatchObject({ kind: 'ignored' });
    expect(slot.unloaded(5)).toMatchObject({ kind: 'ignored' });
    expect(slot.value).toBe('allocated');
  });
});

describe('slot: closing', () => {
  it('ends its subtasks, has the rest ended by the host, and only then answers', () => {
    const slot = active(5);
    expect(slot.closeFor(5)).toEqual({ kind: 'taken' });
    expect(slot.waitingFor).toEqual(['read#1', 'write#1']);
    slot.canceled(5, 'write#1');
    expect(slot.of('slot.unload')).toEqual([]);
    slot.canceled(5, 'read#1');
    expect(slot.of('slot.unload')).toMatchObject([{ slot: 1, allocation: allocation(5) }]);
    expect(slot.answers()).toEqual([]);
    slot.take();
    slot.unloaded(5);
    expect(slot.value).toBe('free');
    const kinds = slot.take().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'timer.stop')).toEqual(['actor.stop', 'actor.stop', 'answer', 'tell']);
  });

  it('user code that does not let go is ended by force after the cancel timeout', () => {
    const slot = active(5);
    slot.closeFor(5);
    slot.canceled(5, 'write#1');
    expect(Object.values(slot.running)).toEqual([defaultClusterOptions.cancelTimeoutMs]);
    slot.fire('cancelTimeout');
    expect(slot.value).toBe('unloading');
    expect(slot.canceled(5, 'read#1')).toMatchObject({ kind: 'ignored' });
    slot.fire('cancelTimeout');
    expect(slot.of('slot.unload')).toHaveLength(2);
    slot.unloaded(5);
    expect(slot.answers()).toHaveLength(1);
  });

  it('a lost answer: the repetition is answered at once', () => {
    const slot = active(5);
    slot.closeFor(5);
    slot.fire('cancelTimeout');
    expect(slot.closeFor(5)).toEqual(refused('tooEarly'));
    slot.unloaded(5);
    expect(slot.closeFor(5)).toEqual(closed(5));
    expect(slot.closeFor(5)).toEqual(closed(5));
  });

  it('job-master and resource manager both ask, and both are answered', () => {
    const slot = active(5);
    slot.closeFor(5);
    slot.closeFor(5, 'flights', resourceManager);
    slot.fire('cancelTimeout');
    slot.take();
    slot.unloaded(5);
    expect(slot.answers()).toEqual([
      ['slot.close/5', 'job-master/flights', closed(5)],
      ['slot.close/5', 'resource-manager', closed(5)],
    ]);
  });

  it('race 12: a run closed before its open arrives is never opened', () => {
    const slot = new Slot();
    expect(slot.closeFor(5)).toEqual(closed(5));
    expect(slot.openFor(5)).toEqual(refused('staleAllocation'));
    expect(slot.openFor(4)).toEqual(refused('staleAllocation'));
    expect(slot.openFor(5, 'other')).toEqual({ kind: 'taken' });
  });

  it('race 12: a late duplicate of an open does not resurrect a run that has ended', () => {
    const slot = active(5);
    slot.closeFor(5);
    expect(slot.openFor(5)).toEqual(refused('staleAllocation'));
    slot.fire('cancelTimeout');
    slot.unloaded(5);
    expect(slot.openFor(5)).toEqual(refused('staleAllocation'));
    expect(slot.openFor(6)).toEqual({ kind: 'taken' });
  });

  it('the close of an older run, or of another job, leaves what is here alone', () => {
    const slot = active(5);
    expect(slot.closeFor(4)).toEqual(closed(4));
    expect(slot.closeFor(8, 'other')).toEqual(closed(8, 'other'));
    expect(slot.value).toBe('active');
    expect(slot.openFor(5)).toEqual(opened(5));
  });

  it('the close of a newer run of the job closes this one too', () => {
    const slot = active(5);
    slot.closeFor(7);
    slot.fire('cancelTimeout');
    slot.unloaded(5);
    expect(slot.answers()).toEqual([['slot.close/7', 'job-master/flights', closed(7)]]);
    expect(slot.openFor(7)).toEqual(refused('staleAllocation'));
  });

  it('a close while code is loading waits until the loading is undone', () => {
    const slot = new Slot();
    slot.openFor(5);
    slot.closeFor(5);
    slot.loaded(5);
    expect(slot.of('actor.start')).toEqual([]);
    slot.unloaded(5);
    expect(slot.answers()).toEqual([['slot.close/5', 'job-master/flights', closed(5)]]);
  });

  it('while it ends, questions about what is not here are answered', () => {
    const slot = active(5);
    slot.closeFor(5);
    expect(slot.closeFor(3)).toEqual(closed(3));
    expect(slot.openFor(9, 'other')).toEqual(refused('occupied'));
    expect(slot.openFor(6)).toEqual(refused('tooEarly'));
  });

  it('remembers the closed runs of the last 64 jobs', () => {
    const slot = new Slot();
    for (let job = 0; job <= 80; job += 1) slot.closeFor(1, `job-${job}`);
    expect((slot.context as SlotContext).closed).toHaveLength(64);
    expect(slot.openFor(1, 'job-80')).toEqual(refused('staleAllocation'));
  });
});

describe('slot: eviction and progress', () => {
  it('an eviction ends the run for good, with nobody to answer', () => {
    const slot = active(5);
    slot.say({ type: 'slot.evict' });
    slot.say({ type: 'slot.evict' });
    slot.canceled(5, 'read#1');
    slot.canceled(5, 'write#1');
    slot.unloaded(5);
    expect(slot.value).toBe('free');
    expect(slot.answers()).toEqual([]);
    expect(slot.openFor(5)).toEqual(refused('staleAllocation'));
  });

  it('an eviction of a free slot, or of one that loads', () => {
    const slot = new Slot();
    expect(slot.say({ type: 'slot.evict' })).toMatchObject({ kind: 'ignored' });
    slot.openFor(5);
    slot.say({ type: 'slot.evict' });
    expect(slot.value).toBe('unloading');
  });

  it('a subtask of another run that reports its end does not count', () => {
    const slot = active(5);
    slot.closeFor(5);
    expect(slot.canceled(4, 'read#1')).toMatchObject({ kind: 'ignored' });
    expect(slot.waitingFor).toEqual(['read#1', 'write#1']);
  });

  it('turns of the loop are told to the task manager', () => {
    const slot = active(5);
    slot.say({ type: 'slot.progressed', progress: 12 });
    expect(slot.report()).toEqual({
      slot: 1,
      allocation: allocation(5),
      progress: 12,
      subtasks: ['read#1', 'write#1'],
    });
  });
});
