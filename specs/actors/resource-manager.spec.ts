import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions, type SlotReport } from '../../actors/protocol/deployment.js';
import type { Allocation, JobRun, SlotAddress } from '../../actors/protocol/ids.js';
import { type ResourceManagerContext, resourceManagerActor } from '../../actors/resource-manager/machine.js';
import type { LossReason } from '../../actors/resource-manager/messages.js';
import { Driver } from './driver.js';

const epoch = 3;
const allocation = (job: string, run: JobRun, of = epoch): Allocation => ({ job, run, epoch: of });
const empty = (slot: number): SlotReport => ({ slot, allocation: null, progress: 0, subtasks: [] });
const holding = (slot: number, held: Allocation): SlotReport => ({ ...empty(slot), allocation: held });
const at = (process: string, slot: number, incarnation = 'i1'): SlotAddress => ({ process, incarnation, slot });
const granted = (run: JobRun, ...slots: SlotAddress[]): unknown => ({
  type: 'resourceManager.slotsGranted',
  run,
  slots,
});
const refused = (code: string): Verdict => ({ kind: 'refused', code, expected: true });

const versions = { engine: '1.0.0', wire: 1 };

/** A leader's resource manager; the verbs are what task managers, their heartbeats and job-masters do. */
class Manager extends Driver {
  constructor() {
    super(resourceManagerActor, { epoch, versions, options: defaultClusterOptions });
  }

  register(process: string, slots: readonly SlotReport[], incarnation = 'i1', its = versions): AnyMessage | Verdict {
    const offer = { process, incarnation, versions: its, slotMemoryBytes: 64, slots };
    const message = { type: 'resourceManager.register', ...offer };
    return this.ask(message as AnyMessage, 'register');
  }

  request(job: string, run: JobRun, count: number): AnyMessage | Verdict {
    const wish = { job, run, count, slotMemoryBytes: 0 };
    return this.ask({ type: 'resourceManager.requestSlots', ...wish } as AnyMessage, 'request');
  }

  release(job: string, throughRun: JobRun, closed: readonly SlotAddress[] = []): void {
    this.tell({ type: 'resourceManager.releaseSlots', job, throughRun, closed } as AnyMessage);
  }

  report(process: string, slots: readonly SlotReport[], incarnation = 'i1'): void {
    this.tell({ type: 'heartbeat.reported', process, incarnation, slots } as AnyMessage);
  }

  suspect(process: string, incarnation = 'i1'): void {
    this.tell({ type: 'heartbeat.suspected', process, incarnation } as AnyMessage);
  }

  lose(process: string, reason: LossReason = 'missed', incarnation = 'i1'): void {
    this.tell({ type: 'heartbeat.lost', process, incarnation, reason } as AnyMessage);
  }

  answerClosed(slot: SlotAddress, of: Allocation): Verdict | null {
    const id = this.open.find((each) => each.includes(of.job) && each.endsWith(`${slot.incarnation}/${slot.slot}`));
    return this.answer(id ?? 'none', { type: 'slot.closed', slot, allocation: of } as AnyMessage);
  }

  get table(): ResourceManagerContext {
    return this.context as ResourceManagerContext;
  }

  use(process: string, slot: number): unknown {
    return this.table.taskManagers.find((row) => row.process === process)?.slots[slot]?.use;
  }
}

function twoByTwo(): Manager {
  const manager = new Manager();
  manager.register('tm-a', [empty(0), empty(1)]);
  manager.register('tm-b', [empty(0), empty(1)]);
  manager.take();
  return manager;
}

describe('resource manager: registering', () => {
  it('announces itself to every task manager when it starts', () => {
    expect(new Manager().take()).toEqual([
      { kind: 'broadcast', actor: 'task-manager', message: { type: 'leader.announced' } },
    ]);
  });

  it('a task manager is answered and watched by a heartbeat of its own', () => {
    const manager = new Manager();
    expect(manager.register('tm-a', [empty(0)])).toEqual({ type: 'resourceManager.registered', process: 'tm-a' });
    expect(manager.of('actor.start')).toEqual([
      {
        kind: 'actor.start',
        role: 'heartbeat',
        actor: 'heartbeat/tm-a@i1',
        input: { process: 'tm-a', incarnation: 'i1', options: defaultClusterOptions },
      },
    ]);
  });

  it('a repetition is answered again and changes nothing, also when its report is old', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 4);
    manager.report('tm-a', [holding(0, allocation('flights', 1)), holding(1, allocation('flights', 1))]);
    manager.take();
    for (let i = 0; i < 3; i += 1) manager.register('tm-a', [empty(0), empty(1)]);
    expect(manager.take().map(({ kind }) => kind)).toEqual(['answer', 'answer', 'answer']);
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'granted', shown: 'here' });
  });

  it("after a change of leader: what slots still hold is nobody's and is closed first", () => {
    const manager = new Manager();
    const old = allocation('flights', 1, 2);
    manager.register('tm-a', [holding(0, old), empty(1)]);
    expect(manager.openAsk(manager.open[0] ?? '')).toMatchObject({
      to: { process: 'tm-a', incarnation: 'i1', actor: 'slot/0' },
      message: { type: 'slot.close', allocation: old },
    });
    expect(manager.request('flights', 9, 2)).toEqual(refused('tooFewSlots'));
    manager.answerClosed(at('tm-a', 0), old);
    expect(manager.request('flights', 9, 2)).toEqual(granted(9, at('tm-a', 0), at('tm-a', 1)));
  });

  it('the close of a leftover is asked for as long as its task manager lives', () => {
    const manager = new Manager();
    const old = allocation('flights', 1, 2);
    manager.register('tm-a', [holding(0, old)]);
    const [id = ''] = manager.open;
    manager.expire(id);
    expect(manager.open).toEqual([id]);
    manager.unreachable(id);
    manager.absent(id);
    expect(manager.open).toEqual([]);
    manager.report('tm-a', [holding(0, old)]);
    expect(manager.open).toEqual([id]);
    manager.lose('tm-a');
    expect(manager.open).toEqual([]);
  });

  it('another life of a known process: the earlier one is lost, and every job with a grant there is told once', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 4);
    manager.take();
    manager.register('tm-a', [empty(0), empty(1)], 'i2');
    expect(manager.told('job-master/flights')).toEqual([
      { type: 'resourceManager.taskManagerLost', process: 'tm-a', incarnation: 'i1', reason: 'restarted' },
    ]);
    expect(manager.of('actor.stop')).toEqual([{ kind: 'actor.stop', actor: 'heartbeat/tm-a@i1' }]);
    expect(manager.of('actor.start').map(({ actor }) => actor)).toEqual(['heartbeat/tm-a@i2']);
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'free' });
    expect(manager.table.lost).toMatchObject([{ process: 'tm-a', incarnation: 'i1', status: 'lost' }]);
  });

  it('race 12: a late duplicate of an earlier life does not make the living one lost', () => {
    const manager = twoByTwo();
    manager.register('tm-a', [empty(0), empty(1)], 'i2');
    expect(manager.register('tm-a', [empty(0), empty(1)], 'i1')).toEqual(refused('staleIncarnation'));
  });

  it('first registrations of two lives arrive in the wrong order: the dead one is found out, and the living one is taken', () => {
    const manager = twoByTwo();
    manager.register('tm-c', [empty(0)], 'i2');
    // The first life registers late, over a slow link, after it has crashed. Nothing tells that it is the older one.
    manager.register('tm-c', [empty(0)], 'i1');
    expect(manager.register('tm-c', [empty(0)], 'i2')).toEqual(refused('staleIncarnation'));
    manager.lose('tm-c', 'missed', 'i1');
    expect(manager.register('tm-c', [empty(0)], 'i2')).toMatchObject({ process: 'tm-c' });
  });

  it('a task manager that was held lost, and lives, may come back', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 4);
    manager.lose('tm-a');
    const held = allocation('flights', 1);
    expect(manager.register('tm-a', [holding(0, held), empty(1)])).toMatchObject({ process: 'tm-a' });
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'releasing', allocation: held });
    expect(manager.use('tm-a', 1)).toEqual({ kind: 'free' });
    expect(manager.table.lost).toEqual([]);
  });

  it('remembers the last 64 that were lost', () => {
    const manager = new Manager();
    for (let life = 0; life <= 70; life += 1) manager.register('tm-a', [empty(0)], `i${life}`);
    expect(manager.table.lost).toHaveLength(64);
    expect(manager.table.lost.at(-1)).toMatchObject({ incarnation: 'i69' });
  });
});

describe('resource manager: granting', () => {
  it('spreads over task managers, the emptiest first, then by name', () => {
    const manager = twoByTwo();
    expect(manager.request('a', 1, 1)).toEqual(granted(1, at('tm-a', 0)));
    expect(manager.request('b', 1, 2)).toEqual(granted(1, at('tm-a', 1), at('tm-b', 0)));
  });

  it('a lost answer: the same slots are answered again', () => {
    const manager = twoByTwo();
    const first = manager.request('flights', 1, 3);
    expect(manager.request('flights', 1, 3)).toEqual(first);
    expect(manager.request('other', 1, 1)).toEqual(granted(1, at('tm-b', 1)));
  });

  it('all or nothing: a short request takes no slot, and people see what is missing', () => {
    const manager = twoByTwo();
    expect(manager.request('big', 1, 5)).toEqual(refused('tooFewSlots'));
    expect(manager.waitingFor).toEqual(['big: 4 of 5 slots']);
    expect(manager.request('small', 1, 4)).toMatchObject({ run: 1 });
    manager.register('tm-c', [empty(0)]);
    manager.release('small', 1, [at('tm-a', 0), at('tm-a', 1), at('tm-b', 0), at('tm-b', 1)]);
    expect(manager.request('big', 1, 5)).toMatchObject({ type: 'resourceManager.slotsGranted' });
    expect(manager.waitingFor).toEqual([]);
  });

  it('nothing is granted at a suspected task manager, until it reports', () => {
    const manager = twoByTwo();
    manager.suspect('tm-a');
    expect(manager.request('flights', 1, 4)).toEqual(refused('tooFewSlots'));
    manager.report('tm-a', [empty(0), empty(1)]);
    expect(manager.request('flights', 1, 4)).toMatchObject({ run: 1 });
  });

  it('a task manager is lost before the answer arrives: the repetition gets other slots for the missing ones', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 2);
    manager.lose('tm-a', 'unreachable');
    expect(manager.request('flights', 1, 2)).toEqual(granted(1, at('tm-b', 0), at('tm-b', 1)));
  });

  it('a newer run of the same job: what the older one holds is closed by us, and not granted before', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 4);
    manager.take();
    expect(manager.request('flights', 2, 4)).toEqual(refused('tooFewSlots'));
    expect(manager.of('ask').map(({ message }) => message)).toEqual(
      Array(4).fill({ type: 'slot.close', allocation: allocation('flights', 1) }),
    );
    for (const process of ['tm-a', 'tm-b']) {
      for (const slot of [0, 1])
        manager.answer(`release/flights/0.1/${process}@i1/${slot}`, {
          type: 'slot.closed',
          slot: at(process, slot),
          allocation: allocation('flights', 1),
        } as AnyMessage);
    }
    expect(manager.request('flights', 2, 4)).toMatchObject({ run: 2 });
  });

  it("a late duplicate of an older run's request gets nothing", () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    manager.request('flights', 2, 1);
    expect(manager.request('flights', 1, 1)).toEqual(refused('staleRun'));
    manager.release('flights', 2);
    expect(manager.request('flights', 2, 1)).toEqual(refused('staleRun'));
  });
});

describe('resource manager: releasing', () => {
  it('what has answered that it is closed is free at once; the rest is asked', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 2);
    manager.release('flights', 1, [at('tm-a', 0)]);
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'free' });
    expect(manager.use('tm-b', 0)).toEqual({ kind: 'releasing', allocation: allocation('flights', 1) });
    expect(manager.open).toEqual(['release/flights/0.1/tm-b@i1/0']);
    manager.answer('release/flights/0.1/tm-b@i1/0', {
      type: 'slot.closed',
      slot: at('tm-b', 0),
      allocation: allocation('flights', 1),
    } as AnyMessage);
    expect(manager.use('tm-b', 0)).toEqual({ kind: 'free' });
  });

  it('a release that crosses our own close settles it', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    manager.request('flights', 2, 1);
    expect(manager.open).toHaveLength(1);
    manager.release('flights', 1, [at('tm-a', 0)]);
    expect(manager.open).toEqual([]);
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'free' });
    expect(manager.use('tm-b', 0)).toMatchObject({ kind: 'granted', run: 2 });
  });

  it('a late release of an older run takes nothing from a newer one or from another job', () => {
    const manager = twoByTwo();
    manager.request('flights', 2, 1);
    manager.request('other', 1, 1);
    manager.release('flights', 1, [at('tm-a', 0), at('tm-b', 0)]);
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'granted', job: 'flights' });
    expect(manager.use('tm-b', 0)).toMatchObject({ kind: 'granted', job: 'other' });
  });

  it('a slot of another life is not freed', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    manager.release('flights', 1, [at('tm-a', 0, 'i0')]);
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'releasing' });
  });

  it('a slot that was closed for a run is not granted to that run again', () => {
    // The slot itself would refuse to open it (race 12), and the job would wait for its deadline.
    const manager = new Manager();
    manager.register('tm-a', [empty(0)]);
    manager.request('flights', 1, 1);
    manager.tell({ type: 'heartbeat.slotStuck', ...at('tm-a', 0), allocation: allocation('flights', 1) } as AnyMessage);
    manager.answerClosed(at('tm-a', 0), allocation('flights', 1));
    expect(manager.request('flights', 1, 1)).toEqual(refused('tooFewSlots'));
    expect(manager.request('flights', 2, 1)).toEqual(granted(2, at('tm-a', 0)));
  });
});

describe('resource manager: reports', () => {
  it('a granted slot that is not opened yet may be shown empty, for as long as it takes', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    for (let i = 0; i < 5; i += 1) manager.report('tm-a', [empty(0), empty(1)]);
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'granted' });
    expect(manager.told('job-master/flights')).toEqual([]);
  });

  it('an allocation the table does not know wins: the slot is not free', () => {
    const manager = twoByTwo();
    const leftover = allocation('ghost', 4, 1);
    manager.report('tm-a', [holding(0, leftover), empty(1)]);
    manager.report('tm-a', [holding(0, leftover), empty(1)]);
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'releasing', allocation: leftover });
    expect(manager.of('ask')).toHaveLength(1);
  });

  it('an older run in a granted slot is closed, and the grant stays', () => {
    // The report may be late; to close what is over is harmless, to take the grant away is not.
    const manager = twoByTwo();
    manager.request('flights', 2, 1);
    manager.report('tm-a', [holding(0, allocation('flights', 1)), empty(1)]);
    expect(manager.open).toEqual(['release/flights/0.1/tm-a@i1/0']);
    manager.answerClosed(at('tm-a', 0), allocation('flights', 1));
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'granted', run: 2 });
  });

  it('a slot with two things to be closed is free after the last of them', () => {
    const manager = twoByTwo();
    manager.report('tm-a', [holding(0, allocation('x', 1)), empty(1)]);
    manager.report('tm-a', [holding(0, allocation('y', 1)), empty(1)]);
    manager.answerClosed(at('tm-a', 0), allocation('x', 1));
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'releasing' });
    manager.answerClosed(at('tm-a', 0), allocation('y', 1));
    expect(manager.use('tm-a', 0)).toEqual({ kind: 'free' });
  });

  it('a slot that ended its run by itself: seen twice, the job is told and the rest is closed', () => {
    // An orphaned task manager evicts its slots; a job without checkpoints would never notice.
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    manager.report('tm-a', [holding(0, allocation('flights', 1)), empty(1)]);
    manager.report('tm-a', [empty(0), empty(1)]);
    expect(manager.told('job-master/flights')).toEqual([]);
    manager.report('tm-a', [empty(0), empty(1)]);
    expect(manager.told('job-master/flights')).toEqual([
      { type: 'resourceManager.slotLost', slot: at('tm-a', 0), run: 1, reason: 'gone' },
    ]);
    expect(manager.use('tm-a', 0)).toMatchObject({ kind: 'releasing' });
  });

  it('a stuck slot is taken from its job, once', () => {
    const manager = twoByTwo();
    manager.request('flights', 1, 1);
    const stuck = { type: 'heartbeat.slotStuck', ...at('tm-a', 0), allocation: allocation('flights', 1) };
    manager.tell(stuck);
    manager.tell(stuck);
    expect(manager.told('job-master/flights')).toEqual([
      { type: 'resourceManager.slotLost', slot: at('tm-a', 0), run: 1, reason: 'stuck' },
    ]);
    expect(manager.open).toHaveLength(1);
  });
});

describe('resource manager: losing a task manager', () => {
  it('every job with a grant there is told, and no other', () => {
    const manager = twoByTwo();
    manager.request('a', 1, 2);
    manager.request('b', 1, 1);
    manager.take();
    manager.lose('tm-b');
    const told = { type: 'resourceManager.taskManagerLost', process: 'tm-b', incarnation: 'i1', reason: 'missed' };
    expect(manager.told('job-master/a')).toEqual([told]);
    expect(manager.told('job-master/b')).toEqual([]);
    expect(manager.request('c', 1, 2)).toEqual(refused('tooFewSlots'));
  });

  it('what a stopped heartbeat still had to say of another life changes nothing', () => {
    const manager = twoByTwo();
    manager.register('tm-a', [empty(0), empty(1)], 'i2');
    const before = manager.context;
    manager.lose('tm-a', 'missed', 'i1');
    manager.suspect('tm-a', 'i1');
    manager.report('tm-a', [holding(0, allocation('x', 1)), empty(1)], 'i1');
    expect(manager.context).toEqual(before);
  });
});
