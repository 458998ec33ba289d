import { describe, it } from 'vitest';
import { expectNothingFound, runsPerSuite } from './schedules.js';

const firstSeed = 100_000;

describe(`simulation: generated failures, seeds from ${firstSeed}`, () => {
  it(`${runsPerSuite} runs keep every invariant and end with every record committed once`, {
    timeout: 300_000,
  }, async () => {
    await expectNothingFound(firstSeed, runsPerSuite);
  });
});
