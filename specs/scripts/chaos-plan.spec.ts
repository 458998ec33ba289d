import { describe, expect, it } from 'vitest';
import { drawPlan, faultKinds } from '../../scripts/chaos/plan.js';

const lastsMs = 180_000;

describe('chaos: the plan of faults', () => {
  it('is a pure function of its seed', () => {
    expect(drawPlan(3, lastsMs)).toEqual(drawPlan(3, lastsMs));
    expect(drawPlan(3, lastsMs)).not.toEqual(drawPlan(4, lastsMs));
  });

  it.each(Array.from({ length: 50 }, (_, seed) => [seed]))(
    'seed %i: enough faults of every kind, all over in time, one at a time for each target',
    (seed) => {
      const plan = drawPlan(seed, lastsMs);
      expect(plan.length).toBeGreaterThanOrEqual(20);
      expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
      for (const { atMs, forMs } of plan) expect(atMs + forMs).toBeLessThanOrEqual(lastsMs);
      for (const [i, { target, atMs }] of plan.entries()) {
        const before = plan.slice(0, i).findLast((each) => each.target === target);
        if (before !== undefined) expect(before.atMs + before.forMs).toBeLessThan(atMs);
      }
    },
  );

  it('a minute of it, seed 11, has seen every kind', () => {
    expect(new Set(drawPlan(11, 36_000).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  });
});
