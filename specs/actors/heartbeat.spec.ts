import { describe, expect, it } from 'vitest';
import { type HeartbeatInput, heartbeatActor } from '../../actors/heartbeat/machine.js';
import type { HeartbeatMessage } from '../../actors/heartbeat/messages.js';
import { defaultClusterOptions, type SlotReport } from '../../actors/protocol/deployment.js';
import type { Allocation } from '../../actors/protocol/ids.js';
import { Driver } from './driver.js';

const input: HeartbeatInput = { process: 'tm-1', incarnation: 'i1', options: defaultClusterOptions };
const allocation: Allocation = { job: 'flights', run: 7, epoch: 1 };
const busy = (progress: number): SlotReport => ({ slot: 0, allocation, progress, subtasks: ['count#0'] });

type HeartbeatFact = { readonly type: string };

class Heart extends Driver {
  constructor(options = input.options) {
    super(heartbeatActor, { ...input, options });
  }

  answerBeat(beat: number, slots: readonly SlotReport[] = []): void {
    this.answer(`heartbeat/tm-1/${beat}`, { type: 'taskManager.reported', beat, slots } as HeartbeatMessage);
  }

  answerNewest(slots: readonly SlotReport[] = []): void {
    this.answerBeat(this.newest, slots);
  }

  get newest(): number {
    return Number(this.open.at(-1)?.split('/').at(-1));
  }

  nobodyListens(beat: number): void {
    this.unreachable(`heartbeat/tm-1/${beat}`);
  }

  says(): readonly unknown[] {
    return this.told('resource-manager');
  }

  passIntervals(count: number): void {
    for (let i = 0; i < count && !this.done; i += 1) this.fire('interval');
  }
}

const lost = (reason: string): unknown => ({ type: 'heartbeat.lost', process: 'tm-1', incarnation: 'i1', reason });

describe('heartbeat: beating', () => {
  it('asks a beat at once and one every interval, overlapping', () => {
    const heart = new Heart();
    heart.passIntervals(2);
    expect(heart.open).toEqual(['heartbeat/tm-1/1', 'heartbeat/tm-1/2', 'heartbeat/tm-1/3']);
    expect(heart.openAsk('heartbeat/tm-1/3')).toMatchObject({
      to: { process: 'tm-1', incarnation: 'i1', actor: 'task-manager' },
      message: { type: 'taskManager.heartbeat', beat: 3 },
      everyMs: 500,
      deadlineMs: 3_000,
    });
  });

  it('passes every report on', () => {
    const heart = new Heart();
    heart.answerBeat(1, [busy(4)]);
    expect(heart.says()).toEqual([
      { type: 'heartbeat.reported', process: 'tm-1', incarnation: 'i1', slots: [busy(4)] },
    ]);
  });

  it('an answer closes the older beats, so that no old report follows a newer one', () => {
    const heart = new Heart();
    heart.passIntervals(2);
    heart.answerBeat(2);
    expect(heart.open).toEqual(['heartbeat/tm-1/3']);
  });

  it('a single lost answer is harmless: the deadline of one beat means nothing', () => {
    const heart = new Heart();
    heart.passIntervals(1);
    expect(heart.expire('heartbeat/tm-1/1')).toMatchObject({ kind: 'ignored' });
    heart.answerBeat(2);
    heart.passIntervals(6);
    expect(heart.value).toBe('alive');
  });
});

describe('heartbeat: missed', () => {
  it('is lost after the timeout, never earlier', () => {
    const heart = new Heart();
    heart.passIntervals(5);
    expect(heart.value).toBe('alive');
    heart.passIntervals(1);
    expect(heart.done).toBe(true);
    expect(heart.says()).toEqual([lost('missed')]);
  });

  it('an answer in an interval makes that interval count nothing', () => {
    // Answered just before an interval ends, that interval is no silence: else the loss would come too early.
    const heart = new Heart();
    heart.passIntervals(5);
    heart.answerNewest();
    heart.passIntervals(6);
    expect(heart.value).toBe('alive');
    heart.passIntervals(1);
    expect(heart.value).toBe('lost');
  });

  it('a process that answers, but has no task manager any more, is silent', () => {
    const heart = new Heart();
    expect(heart.absent('heartbeat/tm-1/1')).toMatchObject({ kind: 'ignored' });
    heart.passIntervals(6);
    expect(heart.says()).toEqual([lost('missed')]);
  });
});

describe('heartbeat: unreachable', () => {
  it('suspects first, and is lost when nobody listens to a beat asked 150 ms later', () => {
    const heart = new Heart();
    heart.nobodyListens(1);
    expect(heart.value).toBe('suspected');
    expect(Object.values(heart.running)).toEqual([150]);
    heart.fire('probeDelay');
    heart.nobodyListens(2);
    expect(heart.done).toBe(true);
    expect(heart.says()).toMatchObject([{ type: 'heartbeat.suspected' }, lost('unreachable')]);
  });

  it('repetitions of beats from before the suspicion are one sign together', () => {
    const heart = new Heart();
    heart.passIntervals(2);
    heart.nobodyListens(3);
    heart.nobodyListens(2);
    heart.nobodyListens(1);
    heart.fire('probeDelay');
    heart.nobodyListens(3);
    expect(heart.value).toBe('suspected');
  });

  it('an answer ends the suspicion, and the next one begins anew', () => {
    const heart = new Heart();
    heart.nobodyListens(1);
    heart.fire('probeDelay');
    heart.answerBeat(2);
    expect(heart.value).toBe('alive');
    heart.nobodyListens(heart.newest);
    heart.nobodyListens(heart.newest);
    expect(heart.value).toBe('suspected');
  });

  it('a suspicion that gets no answer at all ends in missed', () => {
    const heart = new Heart();
    heart.nobodyListens(1);
    for (let waitedMs = 0; waitedMs < 2_850; waitedMs += 150) heart.fire('probeDelay');
    expect(heart.value).toBe('suspected');
    heart.fire('probeDelay');
    expect(heart.says().at(-1)).toEqual(lost('missed'));
  });
});

describe('heartbeat: our own connection', () => {
  it('while it is down nothing is asked and nothing counts', () => {
    const heart = new Heart();
    heart.passIntervals(4);
    heart.tell({ type: 'connection.down' });
    expect(heart.value).toBe('disconnected');
    expect(heart.open).toEqual([]);
    expect(heart.running).toEqual({});
    expect(heart.waitingFor).toEqual(['connection.up']);
    heart.tell({ type: 'connection.up' });
    heart.passIntervals(6);
    expect(heart.value).toBe('alive');
  });

  it('a suspicion is dropped with it', () => {
    const heart = new Heart();
    heart.nobodyListens(1);
    heart.tell({ type: 'connection.down' });
    heart.tell({ type: 'connection.up' });
    expect(heart.value).toBe('alive');
  });

  it('a peer that is not back yet is not suspected', () => {
    // After a restart of nats-server a healthy process looked absent for 1.5 s.
    const heart = new Heart();
    heart.tell({ type: 'connection.down' });
    heart.tell({ type: 'connection.up' });
    heart.passIntervals(3);
    heart.nobodyListens(heart.newest);
    expect(heart.value).toBe('alive');
    heart.passIntervals(1);
    heart.nobodyListens(heart.newest);
    expect(heart.value).toBe('suspected');
  });
});

describe('heartbeat: stuck slots', () => {
  const options = { ...defaultClusterOptions, stuckTimeoutMs: 2_000 };
  const stuck = { type: 'heartbeat.slotStuck', process: 'tm-1', incarnation: 'i1', slot: 0, allocation };
  const beats = (heart: Heart, count: number, slot: (beat: number) => SlotReport): void => {
    for (let i = 0; i < count; i += 1) {
      heart.answerNewest([slot(i)]);
      heart.passIntervals(1);
    }
  };

  it('a counter that stands still is told once', () => {
    const heart = new Heart(options);
    beats(heart, 5, () => busy(3));
    expect(heart.says()).not.toContainEqual(stuck);
    beats(heart, 5, () => busy(3));
    expect(heart.says().filter((each) => (each as HeartbeatFact).type === 'heartbeat.slotStuck')).toEqual([stuck]);
  });

  it('a counter that moves, an empty slot, and a slot that still loads are not stuck', () => {
    for (const slot of [
      (beat: number): SlotReport => busy(beat),
      (): SlotReport => ({ slot: 0, allocation: null, progress: 0, subtasks: [] }),
      (): SlotReport => ({ slot: 0, allocation, progress: 0, subtasks: [] }),
    ]) {
      const heart = new Heart(options);
      beats(heart, 20, slot);
      expect(heart.says()).not.toContainEqual(stuck);
    }
  });

  it('another allocation in the slot starts anew', () => {
    const heart = new Heart(options);
    beats(heart, 4, () => busy(3));
    const next = { ...allocation, run: 8 };
    beats(heart, 4, () => ({ ...busy(3), allocation: next }));
    expect(heart.says()).not.toContainEqual(stuck);
    beats(heart, 4, () => ({ ...busy(3), allocation: next }));
    expect(heart.says()).toContainEqual({ ...stuck, allocation: next });
  });
});
