import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutants } from '../../../scripts/mutants/list.js';

const root = new URL('../../../', import.meta.url);
/** Rows of the table of known races that the simulator must be able to find again. */
const requiredRaces = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23];

describe('mutants: the list', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s stands once in its file and says what it harms',
    (_name, mutant) => {
      const text = readFileSync(new URL(mutant.file, root), 'utf8');
      expect(text.split(mutant.find).length - 1).toBe(1);
      expect(mutant.replace).not.toBe(mutant.find);
      expect(mutant.harm.length).toBeGreaterThan(20);
    },
  );

  it('has a name for each, and every required race', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(20);
    const planted = new Set(mutants.map(({ race }) => race));
    expect(requiredRaces.filter((race) => !planted.has(race))).toEqual([]);
  });
});
