import { beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../src/ports/bus.js';
import type { Until } from './until.js';

export interface BusWorld {
  /** The same bus as two processes see it. */
  readonly a: Bus;
  readonly b: Bus;
  readonly until: Until;
  /** Settles when who listens is known everywhere; for a bus on which that takes a while. */
  readonly settled?: () => Promise<void>;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What every Bus does while its network is whole. */
export function busContract(name: string, open: () => Promise<BusWorld>): void {
  describe(`bus: ${name}`, () => {
    let world: BusWorld;
    beforeEach(async () => {
      world = await open();
    });

    it('send: the bytes arrive at the process that listens, and never from within the call', async () => {
      const received: string[] = [];
      world.b.listen('b', (bytes) => received.push(textOf(bytes)));
      world.a.listen('a', () => received.push('at a'));
      await world.settled?.();
      world.a.send('b', 'send.test', bytesOf('hello'), null);
      expect(received).toEqual([]);
      await world.until(() => received.length > 0);
      expect(received).toEqual(['hello']);
    });

    it('send: a process reaches itself in the same way', async () => {
      const received: string[] = [];
      world.a.listen('a', (bytes) => received.push(textOf(bytes)));
      await world.settled?.();
      world.a.send('a', 'send.test', bytesOf('self'), null);
      expect(received).toEqual([]);
      await world.until(() => received.length > 0);
      expect(received).toEqual(['self']);
    });

    it('send: 100 messages of one pair arrive, each with its own bytes', async () => {
      const received: string[] = [];
      world.b.listen('b', (bytes) => received.push(textOf(bytes)));
      await world.settled?.();
      const sent = Array.from({ length: 100 }, (_, i) => `message ${i}`);
      for (const text of sent) world.a.send('b', 'send.test', bytesOf(text), null);
      await world.until(() => received.length === sent.length);
      // Order is not promised by a Bus, only that nothing is made up.
      expect([...received].sort()).toEqual([...sent].sort());
    });

    it('unreachable: told once, and later, when nobody listens', async () => {
      let told = 0;
      world.a.send('nobody', 'send.test', bytesOf('x'), () => {
        told += 1;
      });
      expect(told).toBe(0);
      await world.until(() => told > 0);
      let delivered = false;
      world.b.listen('b', () => {
        delivered = true;
      });
      await world.settled?.();
      world.a.send('b', 'send.test', bytesOf('after'), null);
      await world.until(() => delivered);
      expect(told).toBe(1);
    });

    it('unreachable: not told when somebody listens; no callback is fine', async () => {
      const events: string[] = [];
      world.b.listen('b', () => events.push('received'));
      await world.settled?.();
      world.a.send('nobody', 'send.test', bytesOf('x'), null);
      world.a.send('b', 'send.test', bytesOf('x'), () => events.push('unreachable'));
      await world.until(() => events.length > 0);
      expect(events).toEqual(['received']);
    });

    it('broadcast: everybody who listens gets it, the sender too, and never from within the call', async () => {
      const received: string[] = [];
      for (const [bus, name] of [[world.a, 'a'] as const, [world.b, 'b'] as const, [world.b, 'c'] as const])
        bus.listen(name, (bytes) => received.push(`${name}: ${textOf(bytes)}`));
      const unlisten = world.b.listen('d', () => received.push('d'));
      unlisten();
      await world.settled?.();
      world.a.broadcast('send.test', bytesOf('all'));
      expect(received).toEqual([]);
      await world.until(() => received.length === 3);
      expect(received.sort()).toEqual(['a: all', 'b: all', 'c: all']);
    });

    it('broadcast: nobody listens, and nothing is told', async () => {
      const received: string[] = [];
      world.a.broadcast('send.test', bytesOf('before'));
      await world.settled?.();
      world.b.listen('b', (bytes) => received.push(textOf(bytes)));
      await world.settled?.();
      world.a.broadcast('send.test', bytesOf('after'));
      await world.until(() => received.length > 0 && received.at(-1) === 'after');
    });

    it('unlisten: nothing arrives afterwards, and the process counts as absent', async () => {
      const events: string[] = [];
      const unlisten = world.b.listen('b', () => events.push('received'));
      unlisten();
      await world.settled?.();
      world.a.send('b', 'send.test', bytesOf('x'), () => events.push('unreachable'));
      await world.until(() => events.length > 0);
      expect(events).toEqual(['unreachable']);
    });

    it('unlisten: of an earlier life does not silence the one that listens now', async () => {
      const events: string[] = [];
      const unlisten = world.b.listen('b', () => events.push('old'));
      unlisten();
      world.b.listen('b', () => events.push('new'));
      unlisten();
      await world.settled?.();
      world.a.send('b', 'send.test', bytesOf('x'), null);
      await world.until(() => events.length > 0);
      expect(events).toEqual(['new']);
    });
  });
}
