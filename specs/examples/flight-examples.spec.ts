import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allFlights, loops } from './flight-loops.js';

const page = readFileSync(new URL('../../examples/README.md', import.meta.url), 'utf8');
const documented = [...page.matchAll(/^\| (\S+) \| (\S+) \| ([\d,]+) \| `(\{.+\})` \|$/gm)].map(
  ([, job = '', folder = '', rows = '', row = '']) => ({ job, folder, rows, row }),
);
const flights = allFlights();

describe('examples on flights', () => {
  it('what the page says they put out is what plain loops give', () => {
    const said = documented.map(({ job, folder, rows }) => `${job} ${folder} ${rows}`);
    const found = Object.entries(loops).flatMap(([job, loop]) =>
      Object.entries(loop(flights)).map(([folder, rows]) => `${job} ${folder} ${rows.length.toLocaleString('en-US')}`),
    );
    expect(said).toEqual(found);
  });

  it.each(documented)('$job: the row of $folder is one of them', ({ job, folder, row }) => {
    expect(loops[job]?.(flights)[folder]).toContainEqual(JSON.parse(row));
  });

  it('each says what it does and how it is run, in fewer than 60 lines', () => {
    for (const job of Object.keys(loops)) {
      const text = readFileSync(new URL(`../../examples/${job}.ts`, import.meta.url), 'utf8');
      expect(text.split('\n').length).toBeLessThanOrEqual(60);
      expect(text).toMatch(new RegExp(`Run it with: npx weir run examples/${job}\\.ts`));
    }
  });
});
