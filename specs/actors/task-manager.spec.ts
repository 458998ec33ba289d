import { describe, expect, it } from 'vitest';
import type { AnyMessage } from '../../actors/kernel/message.js';
import type { Verdict } from '../../actors/kernel/step.js';
import { defaultClusterOptions, type SlotReport } from '../../actors/protocol/deployment.js';
import { failure } from '../../actors/protocol/failure.js';
import type { Allocation } from '../../actors/protocol/ids.js';
import { taskManagerActor } from '../../actors/task-manager/machine.js';
import type { TaskManagerMessage } from '../../actors/task-manager/messages.js';
import { Driver } from './driver.js';

const { askEveryMs, heartbeatTimeoutMs, orphanTimeoutMs, pauseTimeoutMs } = defaultClusterOptions;
const allocation: Allocation = { job: 'flights', run: 7, epoch: 1 };
const empty = (slot: number): SlotReport => ({ slot, allocation: null, progress: 0, subtasks: [] });
const busy = (slot: number): SlotReport => ({ slot, allocation, progress: 3, subtasks: ['count#0'] });

const versions = { engine: '1.0.0', wire: 1 };

class Manager extends Driver {
  constructor() {
    super(taskManagerActor, {
      process: 'tm-a',
      incarnation: 'i1',
      versions,
      slots: 2,
      slotMemoryBytes: 64,
      leader: 'jm',
      options: defaultClusterOptions,
    });
  }

  say(message: TaskManagerMessage): Verdict {
    return this.tell(message);
  }

  reports(...reports: readonly SlotReport[]): void {
    for (const report of reports) this.say({ type: 'slot.changed', report });
  }

  registered(generation: number): Verdict | null {
    return this.answer(`register/tm-a@i1/${generation}`, {
      type: 'resourceManager.registered',
      process: 'tm-a',
    } as AnyMessage);
  }

  heartbeat(beat: number): AnyMessage | Verdict {
    return this.ask({ type: 'taskManager.heartbeat', beat } as AnyMessage, `beat/${beat}`);
  }

  evicted(): readonly string[] {
    return this.of('tell')
      .filter(({ message }) => message.type === 'slot.evict')
      .map(({ actor }) => actor);
  }

  stopped(): readonly string[] {
    return this.of('actor.stop').map(({ actor }) => actor);
  }
}

const registering = (...reports: readonly SlotReport[]): Manager => {
  const manager = new Manager();
  manager.reports(empty(0), empty(1), ...reports);
  return manager;
};

const serving = (...reports: readonly SlotReport[]): Manager => {
  const manager = registering(...reports);
  manager.registered(1);
  manager.take();
  return manager;
};

describe('task manager: registering', () => {
  it('starts its slots and offers them once all have said that they are there', () => {
    const manager = new Manager();
    expect(manager.of('actor.start')).toMatchObject([
      { role: 'slot', actor: 'slot/0', input: { address: { process: 'tm-a', incarnation: 'i1', slot: 0 } } },
      { role: 'slot', actor: 'slot/1' },
    ]);
    manager.reports(empty(1));
    expect(manager.value).toBe('connecting');
    expect(manager.waitingFor).toEqual(['slot/0']);
    manager.reports(empty(1), empty(0));
    expect(manager.openAsk('register/tm-a@i1/1')).toMatchObject({
      to: { process: 'jm', incarnation: '*', actor: 'resource-manager' },
      message: {
        type: 'resourceManager.register',
        process: 'tm-a',
        incarnation: 'i1',
        versions,
        slotMemoryBytes: 64,
        slots: [empty(0), empty(1)],
      },
    });
    manager.registered(1);
    expect(manager.value).toBe('serving');
    expect(manager.open).toEqual([]);
  });

  it('a leader of another version refuses it: it ends, and keeps why', () => {
    const manager = registering();
    const why = failure('VERSION_MISMATCH', 'infrastructure', 'Another one.', 'never');
    manager.take();
    manager.answer('register/tm-a@i1/1', { type: 'resourceManager.refused', failure: why } as AnyMessage);
    expect(manager.value).toBe('refused');
    expect(manager.done).toBe(true);
    expect(manager.context).toMatchObject({ refusal: why });
    expect(manager.stopped()).toEqual(['slot/0', 'slot/1']);
  });

  it('offers what it has when a slot does not come up in time', () => {
    const manager = new Manager();
    manager.reports(empty(1));
    manager.fire('heartbeatTimeout');
    expect(manager.openAsk('register/tm-a@i1/1').message).toMatchObject({ slots: [empty(1)] });
  });

  it('nobody answers: it asks anew, with what the slots hold by then, and takes no answer to the old question', () => {
    const manager = registering();
    manager.reports(busy(0));
    manager.expire('register/tm-a@i1/1');
    expect(manager.openAsk('register/tm-a@i1/2').message).toMatchObject({ slots: [busy(0), empty(1)] });
    expect(manager.registered(1)).toBeNull();
    manager.registered(2);
    expect(manager.value).toBe('serving');
  });

  it('the process there does not lead yet: it asks again a little later', () => {
    const manager = registering();
    manager.absent('register/tm-a@i1/1');
    expect(manager.open).toEqual([]);
    expect(manager.running.register).toBe(askEveryMs);
    manager.fire('register');
    expect(manager.open).toEqual(['register/tm-a@i1/2']);
  });

  it('nobody listens: the question goes on', () => {
    const manager = registering();
    expect(manager.unreachable('register/tm-a@i1/1')).toMatchObject({ kind: 'ignored' });
    expect(manager.open).toHaveLength(1);
  });

  it('the answer is lost, but the heartbeats come: they are answered', () => {
    const manager = registering();
    expect(manager.heartbeat(4)).toEqual({ type: 'taskManager.reported', beat: 4, slots: [empty(0), empty(1)] });
    manager.registered(1);
    expect(manager.value).toBe('serving');
  });

  it('a heartbeat before anything was offered is too early', () => {
    expect(new Manager().heartbeat(1)).toEqual({ kind: 'refused', code: 'tooEarly', expected: true });
  });
});

describe('task manager: serving', () => {
  it('answers each heartbeat with what the slots hold now', () => {
    const manager = serving();
    expect(manager.heartbeat(1)).toMatchObject({ beat: 1, slots: [empty(0), empty(1)] });
    manager.reports(busy(1));
    expect(manager.heartbeat(2)).toMatchObject({ beat: 2, slots: [empty(0), busy(1)] });
    expect(manager.heartbeat(2)).toMatchObject({ beat: 2 });
  });

  it('each heartbeat starts the timeout anew; without one it registers again and keeps what runs', () => {
    const manager = serving(busy(0));
    manager.heartbeat(1);
    expect(Object.values(manager.running)).toEqual([heartbeatTimeoutMs]);
    manager.fire('heartbeatTimeout');
    expect(manager.value).toBe('registering');
    expect(manager.evicted()).toEqual([]);
    expect(manager.openAsk('register/tm-a@i1/2').message).toMatchObject({ slots: [busy(0), empty(1)] });
  });

  it('a late answer to an earlier registration changes nothing', () => {
    expect(serving().say({ type: 'resourceManager.registered', process: 'tm-a' })).toMatchObject({ kind: 'ignored' });
  });
});

describe('task manager: a leader announces itself', () => {
  const announced = { type: 'leader.announced' } as const;

  it('serving: it registers at once with whoever leads, and keeps what runs', () => {
    const manager = serving(busy(0));
    manager.say(announced);
    expect(manager.value).toBe('registering');
    expect(manager.evicted()).toEqual([]);
    expect(manager.openAsk('register/tm-a@i1/2').message).toMatchObject({ slots: [busy(0), empty(1)] });
    manager.registered(2);
    expect(manager.value).toBe('serving');
  });

  it('registering: the question goes on, and the time without a leader too', () => {
    const manager = registering();
    const { running } = manager;
    manager.take();
    expect(manager.say(announced)).toMatchObject({ kind: 'ignored' });
    expect(manager.take()).toEqual([]);
    expect(manager.running).toEqual(running);
    expect(manager.open).toEqual(['register/tm-a@i1/1']);
  });

  it('before its slots are there, and when it drains: it offers nothing', () => {
    const early = new Manager();
    expect(early.say(announced)).toMatchObject({ kind: 'ignored' });
    const draining = serving(busy(0));
    draining.say({ type: 'taskManager.drain' });
    expect(draining.say(announced)).toMatchObject({ kind: 'ignored' });
    expect([...early.open, ...draining.open]).toEqual([]);
  });
});

describe('task manager: without a leader', () => {
  it('ends what runs after the orphan timeout in all, and goes on registering', () => {
    const manager = serving(busy(0));
    manager.fire('heartbeatTimeout');
    expect(Object.values(manager.running)).toEqual([orphanTimeoutMs - heartbeatTimeoutMs]);
    manager.fire('orphanTimeout');
    expect(manager.evicted()).toEqual(['slot/0', 'slot/1']);
    expect(manager.value).toBe('registering');
    expect(manager.open).toHaveLength(1);
    manager.reports(empty(0));
    manager.registered(3);
    expect(manager.value).toBe('serving');
  });

  it('new questions do not make the orphan timeout longer', () => {
    const manager = serving(busy(0));
    manager.fire('heartbeatTimeout');
    manager.take();
    manager.expire('register/tm-a@i1/2');
    expect(manager.of('timer.start')).toEqual([]);
    expect(manager.of('timer.stop')).toEqual([]);
  });
});

describe('task manager: draining', () => {
  it('stops free slots at once, and the others when they have ended what they hold', () => {
    const manager = serving(busy(0));
    manager.say({ type: 'taskManager.drain' });
    expect(manager.evicted()).toEqual(['slot/0']);
    expect(manager.stopped()).toEqual(['slot/1']);
    expect(manager.waitingFor).toEqual(['slot/0']);
    expect(manager.heartbeat(9)).toMatchObject({ beat: 9 });
    manager.reports({ ...busy(0), progress: 4 });
    expect(manager.value).toBe('draining');
    manager.reports(empty(0));
    expect(manager.value).toBe('drained');
    expect(manager.done).toBe(true);
    expect(manager.stopped()).toContain('slot/0');
  });

  it('a slot that does not end is not waited for longer than the pause timeout', () => {
    const manager = serving(busy(0), busy(1));
    manager.say({ type: 'taskManager.drain' });
    expect(manager.say({ type: 'taskManager.drain' })).toMatchObject({ kind: 'ignored' });
    expect(Object.values(manager.running)).toEqual([pauseTimeoutMs]);
    manager.reports(empty(1));
    manager.fire('drainTimeout');
    expect(manager.done).toBe(true);
  });

  it('with nothing to end it ends at once, also while it registers', () => {
    const manager = registering();
    manager.say({ type: 'taskManager.drain' });
    expect(manager.done).toBe(true);
    expect(manager.open).toEqual([]);
  });
});
