import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../actors/kernel/actor.js';
import { allActors } from '../../scripts/diagrams/actors.js';

/** Every pair of state and message has an answer: a transition, harmless with a reason, or refused with a code. */
describe.each(allActors.map((actor) => [actor.role, actor] as const))(
  'actors: %s answers every message in every state',
  (_role, actor) => {
    const states = Object.entries(actor.states).filter(([, state]) => state.type !== 'final');
    const types = Object.keys(actor.messages);

    it.each(states.map(([name]) => name))('%s', (state) => {
      expect(types.filter((type) => answersTo(actor, state, type) === 0)).toEqual([]);
    });

    it('no table contradicts another', () => {
      const doubled = states.flatMap(([state]) =>
        types.filter((type) => ownAnswersTo(actor, state, type) > 1).map((type) => `${state} × ${type}`),
      );
      expect(doubled).toEqual([]);
    });

    it('every event, target and table entry names something that exists', () => {
      const stateNames = new Set(Object.keys(actor.states));
      const known = new Set(types);
      const strangers: string[] = [];
      for (const [name, state] of Object.entries(actor.states)) {
        for (const type of Object.keys(state.on ?? {})) if (!known.has(type)) strangers.push(`${name} on ${type}`);
        for (const branches of [...Object.values(state.on ?? {}), ...Object.values(state.after ?? {})]) {
          for (const { target } of [branches].flat() as { target?: string }[]) {
            if (target !== undefined && !stateNames.has(target)) strangers.push(`${name} to ${target}`);
          }
        }
      }
      for (const table of [actor.ignored, actor.refused]) {
        for (const [state, entries] of Object.entries(table)) {
          if (state !== '*' && !stateNames.has(state)) strangers.push(`table of ${state}`);
          for (const type of Object.keys(entries ?? {})) if (!known.has(type)) strangers.push(`${state} lists ${type}`);
        }
      }
      for (const entries of Object.values(actor.refused)) {
        for (const code of Object.values(entries ?? {}))
          if (!(code in actor.refusals)) strangers.push(`refusal ${code}`);
      }
      expect(strangers).toEqual([]);
    });
  },
);

describe('actors: the list', () => {
  it('holds every folder of actors/', () => {
    const folders = readdirSync(new URL('../../actors', import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !['kernel', 'protocol'].includes(entry.name))
      .map((entry) => entry.name);
    expect(allActors.map((actor) => actor.role).sort()).toEqual(folders.sort());
  });
});

function answersTo(actor: Actor, state: string, type: string): number {
  const shared = [type in actor.on, actor.ignored['*']?.[type] !== undefined, actor.refused['*']?.[type] !== undefined];
  return ownAnswersTo(actor, state, type) + shared.filter(Boolean).length;
}

function ownAnswersTo(actor: Actor, state: string, type: string): number {
  const own = [
    type in (actor.states[state]?.on ?? {}),
    actor.ignored[state]?.[type] !== undefined,
    actor.refused[state]?.[type] !== undefined,
  ];
  return own.filter(Boolean).length;
}
