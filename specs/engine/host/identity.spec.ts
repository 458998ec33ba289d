import { describe, expect, it } from 'vitest';
import { EnvelopeWriter } from '../../../src/runtime/host/envelope.js';
import { ToyWorld } from './toy.js';

const from = { process: 'leader', incarnation: 'leader.1', actor: 'x' };
const toPong = (incarnation: string): { process: string; incarnation: string; actor: string } => ({
  process: 'b',
  incarnation,
  actor: 'pong',
});

describe('identity: who is meant, and who may speak', () => {
  function send(toy: ToyWorld, fields: { incarnation?: string; epoch?: number | null; type?: string }): void {
    const sender = toy.processes.get('a');
    if (sender === undefined) throw new Error('no process a');
    const message = { type: fields.type ?? 'pong.count' };
    const envelope = {
      to: toPong(fields.incarnation ?? 'b.1'),
      from,
      epoch: fields.epoch ?? null,
      kind: 'send' as const,
      ask: '',
      message,
    };
    toy.network.busOf(sender).send('b', 'send', new EnvelopeWriter().encode(envelope), null);
    toy.runFor(5);
  }
  const count = (host: ReturnType<ToyWorld['pong']>): number =>
    (host.stateOf('pong')?.context as { count: number } | undefined)?.count ?? 0;

  it('what is meant for another life of the process is dropped and traced', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    send(toy, { incarnation: 'b.0' });
    expect(count(b)).toBe(0);
    expect(toy.dropped()).toEqual(['pong.count: meant for incarnation b.0']);
  });

  it('a first contact may name no incarnation', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    send(toy, { incarnation: '*' });
    expect(count(b)).toBe(1);
  });

  it('an epoch older than the newest accepted is refused; the newest stays the measure', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    send(toy, { epoch: 3 });
    send(toy, { epoch: 2 });
    send(toy, { epoch: 3 });
    send(toy, { epoch: 4 });
    send(toy, { epoch: 3 });
    expect(count(b)).toBe(3);
    expect(toy.dropped()).toEqual(['pong.count: epoch 2 is older than 3', 'pong.count: epoch 3 is older than 4']);
  });

  it('a broadcast reaches the actors of that name in every process, and its epoch fences what comes after it', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    const c = toy.host('c', 'c.1', null);
    c.startActor('pong', 'pong', { ready: true });
    const leader = toy.host('leader', 'leader.2', 5);
    const effect = { kind: 'broadcast', actor: 'pong', message: { type: 'pong.count' } } as const;
    leader.startActor('crier', 'crier', { effect });
    toy.runFor(5);
    send(toy, { epoch: 4 });
    expect([count(b), count(c)]).toEqual([1, 1]);
    // Of the others that listen none has such an actor.
    expect([...toy.dropped()].sort()).toEqual([
      'pong.count: epoch 4 is older than 5',
      'pong.count: no such actor',
      'pong.count: no such actor',
    ]);
  });

  it('a message from the wire whose type begins with xstate. is refused', () => {
    const toy = new ToyWorld();
    toy.pong();
    send(toy, { type: 'xstate.after.tickMs.ping.waiting' });
    expect(toy.dropped()).toEqual([': malformed: reserved type xstate.after.tickMs.ping.waiting']);
  });

  it('bytes of strangers are dropped and end nothing', () => {
    const toy = new ToyWorld();
    const b = toy.pong();
    const sender = toy.processes.get('a');
    for (const bytes of [[], [0xc1], [0xdd, 0, 0xff, 0xff, 0xff], [0x91, 1], [0x80]]) {
      if (sender !== undefined) toy.network.busOf(sender).send('b', 'send', Uint8Array.from(bytes), null);
    }
    toy.runFor(5);
    send(toy, {});
    expect(count(b)).toBe(1);
    expect(toy.panics).toEqual([]);
    expect(toy.dropped()).toHaveLength(5);
  });
});

describe('timers: a generation is checked when the message leaves the mailbox', () => {
  it('the state is left and entered again while the timer of the first stay is queued', () => {
    const toy = new ToyWorld();
    toy.pong(false);
    toy.a.tell('ping', { type: 'ping.begin' });
    toy.runFor(1);
    // The tick of the first stay is due at 50 ms. The state is left and entered again just before, in the same turn of the mailbox.
    toy.world.at(50.01, () => toy.a.tell('ping', { type: 'ping.leave' }));
    toy.runFor(52);
    expect(toy.dropped()).toEqual(['xstate.after.tickMs.ping.waiting: the timer was stopped or started anew']);
    expect(toy.context().ticks).toBe(0);
    toy.runFor(50);
    expect(toy.context().ticks).toBe(1);
  });
});
