import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allActors } from '../../scripts/diagrams/actors.js';
import { withDrawings } from '../../scripts/diagrams/draw.js';

describe('actors: drawings', () => {
  it.each(allActors.map((actor) => [actor.role, actor] as const))(
    'the README of %s shows the machine that runs',
    (role, actor) => {
      const readme = readFileSync(new URL(`../../actors/${role}/README.md`, import.meta.url), 'utf8');
      expect(readme, 'stale: run `npm run diagrams`').toBe(withDrawings(readme, actor));
    },
  );
});
