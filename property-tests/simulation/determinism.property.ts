import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRun, runOf } from '../../src/simulation/generate.js';
import { simulate } from '../../src/simulation/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('simulation: a run is a pure function of its seed', () => {
  it('the same seed gives the same digest, whatever ran before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const first = simulate(runOf(planRun(seed)));
        simulate(runOf(planRun(seed + 1)));
        const second = simulate(runOf(planRun(seed)));
        expect(second.digest).toBe(first.digest);
        expect(second.events).toBe(first.events);
      }),
      { seed: 20, numRuns: 25, endOnFailure: true },
    );
  });

  it('the deviations that a run took, given as a list, give the same run', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const drawn = simulate(runOf(planRun(seed)));
        expect(simulate(runOf(planRun(seed), drawn.deviations)).digest).toBe(drawn.digest);
      }),
      { seed: 21, numRuns: 25, endOnFailure: true },
    );
  });

  it('a fresh process gives the digest that this one gives after many runs', async () => {
    const seed = 4_711;
    for (let before = 0; before < 20; before += 1) simulate(runOf(planRun(seed + 100 + before)));
    const here = simulate(runOf(planRun(seed))).digest;
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'scripts/replay.ts', '--seed', String(seed)], {
      cwd: root,
      maxBuffer: 64_000_000,
    });
    expect(stdout).toContain(`digest ${here}`);
  });
});
