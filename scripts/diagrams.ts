import { readFileSync, writeFileSync } from 'node:fs';
import { allActors } from './diagrams/actors.js';
import { withDrawings } from './diagrams/draw.js';

/** Draws every actor's message table and state diagram into its README. */
for (const actor of allActors) {
  const path = new URL(`../actors/${actor.role}/README.md`, import.meta.url);
  const before = readFileSync(path, 'utf8');
  const after = withDrawings(before, actor);
  if (after !== before) writeFileSync(path, after);
  console.log(`${after === before ? 'unchanged' : 'drawn    '} actors/${actor.role}/README.md`);
}
