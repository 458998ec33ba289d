import { describe, expect, it } from 'vitest';
import { RateLimit } from '../../../src/connectors/rate-limit.js';
import { VirtualClock } from './virtual-clock.js';

/** Takes whatever is allowed whenever it is woken, as a reader does; counts records and wakes. */
function greedy(clock: VirtualClock, perSecond: number, recordsMax = 1_000) {
  const counted = { records: 0, wakes: 0, largest: 0 };
  const poll = (): void => {
    for (let allowed = limit.allowed(recordsMax); allowed > 0; allowed = limit.allowed(recordsMax)) {
      limit.spend(allowed);
      counted.records += allowed;
      counted.largest = Math.max(counted.largest, allowed);
    }
  };
  const limit = new RateLimit(clock, perSecond, () => {
    counted.wakes += 1;
    poll();
  });
  return { counted, poll, limit };
}

describe('rate limit', () => {
  it.each([0.5, 3, 50, 500, 12_345, 1_000_000])(
    '%d records a second are that many, evenly, with few wakes',
    (perSecond) => {
      const clock = new VirtualClock();
      const { counted, poll } = greedy(clock, perSecond);
      poll();
      const seconds = 20;
      clock.pass(seconds * 1_000);
      expect(counted.records).toBeGreaterThanOrEqual(Math.floor(perSecond * seconds * 0.99));
      expect(counted.records).toBeLessThanOrEqual(Math.ceil(perSecond * seconds) + 1);
      expect(counted.wakes).toBeLessThanOrEqual(101 * seconds);
      expect(counted.largest).toBeLessThanOrEqual(Math.max(1, perSecond * 0.011));
    },
  );

  it('a pause is not made up for: at most 100 ms worth comes at once', () => {
    const clock = new VirtualClock();
    const { counted, poll } = greedy(clock, 1_000);
    clock.pass(60_000);
    poll();
    expect(counted.records).toBe(100);
    clock.pass(1_000);
    expect(counted.records).toBeLessThanOrEqual(1_100);
  });

  it('a new one starts with a single record, so a restore is no burst', () => {
    const { counted, poll } = greedy(new VirtualClock(), 1_000);
    poll();
    expect(counted.records).toBe(1);
  });

  it('closed, it wakes nobody', () => {
    const clock = new VirtualClock();
    const { counted, poll, limit } = greedy(clock, 10);
    poll();
    limit.close();
    clock.pass(10_000);
    expect(counted.wakes).toBe(0);
  });
});
