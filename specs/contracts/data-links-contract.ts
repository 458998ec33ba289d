import { beforeEach, describe, expect, it } from 'vitest';
import type { SlotAddress } from '../../actors/protocol/ids.js';
import type { DataLinks } from '../../src/ports/bus.js';
import type { Until } from './until.js';

export interface DataLinksWorld {
  /** The same links as two processes see them. */
  readonly a: DataLinks;
  readonly b: DataLinks;
  readonly until: Until;
  /** Settles when who listens is known everywhere; for links on which that takes a while. */
  readonly settled?: () => Promise<void>;
}

const slotOf = (process: string, slot: number, incarnation = '1'): SlotAddress => ({ process, incarnation, slot });
const frameOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255);
const numberOf = (frame: Uint8Array): number => ((frame[0] ?? 0) << 8) | (frame[1] ?? 0);

/** What all DataLinks do while nothing is cut. */
export function dataLinksContract(name: string, open: () => Promise<DataLinksWorld>): void {
  describe(`data links: ${name}`, () => {
    let world: DataLinksWorld;
    beforeEach(async () => {
      world = await open();
    });

    it('send: frames of one pair arrive in order, and never from within the call', async () => {
      const received: number[] = [];
      world.b.listen(slotOf('b', 0), (frame) => received.push(numberOf(frame)));
      await world.settled?.();
      const sent = Array.from({ length: 500 }, (_, i) => i);
      for (const number of sent) world.a.send(slotOf('a', 0), slotOf('b', 0), frameOf(number));
      expect(received).toEqual([]);
      await world.until(() => received.length === sent.length);
      expect(received).toEqual(sent);
    });

    it('send: order holds per pair also when frames answer frames', async () => {
      // A receiver that sends from within its callback must not be called again before it has returned.
      const atA: number[] = [];
      const atB: number[] = [];
      let depth = 0;
      const rounds = 50;
      world.a.listen(slotOf('a', 0), (frame) => {
        depth += 1;
        expect(depth).toBe(1);
        atA.push(numberOf(frame));
        if (atA.length < rounds) world.a.send(slotOf('a', 0), slotOf('b', 0), frameOf(numberOf(frame) + 1));
        depth -= 1;
      });
      world.b.listen(slotOf('b', 0), (frame) => {
        depth += 1;
        expect(depth).toBe(1);
        atB.push(numberOf(frame));
        world.b.send(slotOf('b', 0), slotOf('a', 0), frame);
        depth -= 1;
      });
      await world.settled?.();
      world.a.send(slotOf('a', 0), slotOf('b', 0), frameOf(0));
      await world.until(() => atA.length === rounds);
      expect(atA).toEqual(Array.from({ length: rounds }, (_, i) => i));
      expect(atB).toEqual(atA);
    });

    it('send: slots of one process, and lives of one slot, are told apart', async () => {
      const received: string[] = [];
      world.b.listen(slotOf('b', 0), () => received.push('slot 0'));
      world.b.listen(slotOf('b', 1), () => received.push('slot 1'));
      world.b.listen(slotOf('b', 1, '2'), () => received.push('slot 1, life 2'));
      await world.settled?.();
      world.a.send(slotOf('a', 0), slotOf('b', 1, '3'), frameOf(1));
      world.a.send(slotOf('a', 0), slotOf('b', 1, '2'), frameOf(1));
      await world.until(() => received.length > 0);
      expect(received).toEqual(['slot 1, life 2']);
    });

    it('send: a large frame arrives whole', async () => {
      const big = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 7) & 255);
      const received: Uint8Array[] = [];
      world.b.listen(slotOf('b', 0), (frame) => received.push(frame.slice()));
      await world.settled?.();
      // Handed over: from here on the sender has nothing in its hands.
      world.a.send(slotOf('a', 0), slotOf('b', 0), big.slice());
      await world.until(() => received.length > 0);
      expect(Buffer.compare(received[0] ?? new Uint8Array(0), big)).toBe(0);
    });

    it('unlisten: nothing arrives afterwards', async () => {
      const received: string[] = [];
      const unlisten = world.b.listen(slotOf('b', 0), () => received.push('closed'));
      world.b.listen(slotOf('b', 1), () => received.push('open'));
      unlisten();
      await world.settled?.();
      world.a.send(slotOf('a', 0), slotOf('b', 0), frameOf(1));
      world.a.send(slotOf('a', 0), slotOf('b', 1), frameOf(2));
      await world.until(() => received.length > 0);
      expect(received).toEqual(['open']);
    });
  });
}
