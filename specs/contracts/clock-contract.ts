import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock, Loops } from '../../src/ports/clock.js';
import type { Until } from './until.js';

export interface ClockWorld {
  readonly clock: Clock;
  readonly loops: Loops;
  readonly until: Until;
}

/** What every Clock, and the Loops of its world, do. */
export function clockContract(name: string, open: () => Promise<ClockWorld>): void {
  describe(`clock: ${name}`, () => {
    let world: ClockWorld;
    beforeEach(async () => {
      world = await open();
    });

    it('timer: fires once, not within the call, and not before its delay has passed', async () => {
      const { clock } = world;
      const fired: number[] = [];
      const fromMs = clock.monotonicMs();
      for (const delayMs of [0, 1, 7, 20]) clock.setTimer(delayMs, () => fired.push(clock.monotonicMs() - delayMs));
      expect(fired).toEqual([]);
      await world.until(() => fired.length >= 4);
      for (const dueMs of fired) expect(dueMs).toBeGreaterThanOrEqual(fromMs);
      expect(fired).toHaveLength(4);
    });

    it('timer: the sooner due fires first', async () => {
      const fired: number[] = [];
      for (const delayMs of [30, 10, 20]) world.clock.setTimer(delayMs, () => fired.push(delayMs));
      await world.until(() => fired.length === 3);
      expect(fired).toEqual([10, 20, 30]);
    });

    it('timer: a canceled one never fires, also when it is canceled by one that is due at the same time', async () => {
      const { clock } = world;
      const fired: string[] = [];
      const early = clock.setTimer(1, () => fired.push('canceled at once'));
      early.cancel();
      early.cancel();
      const second = { cancel: (): void => undefined };
      clock.setTimer(5, () => {
        fired.push('first');
        second.cancel();
      });
      const timer = clock.setTimer(5, () => fired.push('canceled by the first'));
      second.cancel = () => timer.cancel();
      clock.setTimer(25, () => fired.push('last'));
      await world.until(() => fired.includes('last'));
      expect(fired).toEqual(['first', 'last']);
    });

    it('timer: one that is due in years does not fire now', async () => {
      // The timers of some runtimes take a delay that is too long for none at all.
      const fired: string[] = [];
      const far = world.clock.setTimer(100 * 24 * 3_600_000, () => fired.push('far'));
      world.clock.setTimer(10, () => fired.push('near'));
      await world.until(() => fired.length > 0);
      expect(fired).toEqual(['near']);
      far.cancel();
    });

    it('time: monotonic time never goes back', async () => {
      let before = world.clock.monotonicMs();
      for (let i = 0; i < 20; i += 1) {
        let fired = false;
        world.clock.setTimer(1, () => {
          fired = true;
        });
        await world.until(() => fired);
        const now = world.clock.monotonicMs();
        expect(now).toBeGreaterThan(before);
        before = now;
      }
      expect(world.clock.wallMs()).toBeGreaterThan(0);
    });

    it('loop: no turn before it is woken; turns go on while there is more; it parks until it is woken again', async () => {
      let left = 0;
      let turns = 0;
      const loop = world.loops.create((recordsMax) => {
        expect(recordsMax).toBeGreaterThan(0);
        turns += 1;
        left -= 1;
        return left > 0 ? 'more' : 'parked';
      });
      left = 5;
      loop.wake();
      loop.wake();
      expect(turns).toBe(0);
      await world.until(() => left === 0);
      let laterTurn = false;
      world.clock.setTimer(5, () => {
        laterTurn = true;
      });
      await world.until(() => laterTurn);
      expect(turns).toBe(5);
      left = 2;
      loop.wake();
      await world.until(() => left === 0);
      expect(turns).toBe(7);
      loop.stop();
    });

    it('loop: woken during a turn that parks, it turns once more', async () => {
      let turns = 0;
      const loop = world.loops.create(() => {
        turns += 1;
        if (turns === 1) loop.wake();
        return 'parked';
      });
      loop.wake();
      await world.until(() => turns === 2);
      loop.stop();
    });

    it('loop: timers get their turn beside one that always has more', async () => {
      let turns = 0;
      const loop = world.loops.create(() => {
        turns += 1;
        return 'more';
      });
      loop.wake();
      let fired = false;
      world.clock.setTimer(5, () => {
        fired = true;
      });
      await world.until(() => fired);
      expect(turns).toBeGreaterThan(0);
      loop.stop();
    });

    it('loop: stopped, also from within a turn, it never turns again', async () => {
      let turns = 0;
      const loop = world.loops.create(() => {
        turns += 1;
        loop.stop();
        return 'more';
      });
      loop.wake();
      await world.until(() => turns > 0);
      loop.wake();
      let later = false;
      world.clock.setTimer(5, () => {
        later = true;
      });
      await world.until(() => later);
      expect(turns).toBe(1);
    });
  });
}
