import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { Actor } from '../../actors/kernel/actor.js';
import type { Effect } from '../../actors/kernel/effect.js';
import type { Meta } from '../../actors/kernel/message.js';
import { start, step } from '../../actors/kernel/step.js';
import type { TraceRecord } from '../../src/ports/telemetry.js';
import { jobManagerRoles } from '../../src/runtime/process/job-manager.js';
import { taskManagerRoles } from '../../src/runtime/process/task-manager.js';
import { planRun, runOf } from '../../src/simulation/generate.js';
import { simulate } from '../../src/simulation/run.js';

const roles: Readonly<Record<string, Actor>> = { ...jobManagerRoles, ...taskManagerRoles };
const firstSeed = 31;
const runs = 12;

interface Life {
  readonly actor: Actor;
  readonly input: unknown;
  readonly records: TraceRecord[];
}

/** Every life of every actor of a simulated run that another actor started: its input, and the messages that reached it. */
function livesOf(seed: number): readonly Life[] {
  const lives = new Map<string, Life>();
  const all: Life[] = [];
  simulate({
    ...runOf(planRun(seed)),
    checkers: [],
    onTrace: (record) => {
      const name = `${record.process}@${record.incarnation}/${record.actor}`;
      if (record.fromState !== null && record.verdict.kind !== 'dropped') lives.get(name)?.records.push(record);
      for (const effect of record.effects) {
        if (effect.kind !== 'actor.start') continue;
        const life = { actor: roles[effect.role] as Actor, input: effect.input, records: [] };
        lives.set(`${record.process}@${record.incarnation}/${effect.actor}`, life);
        all.push(life);
      }
    },
  });
  return all;
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const each of Object.values(value)) deepFreeze(each);
}

describe('actors: the machines that run in the cluster, over the messages of simulated runs', () => {
  it.each(Array.from({ length: runs }, (_, index) => firstSeed + index))(
    "seed %i: step equals XState's transition(), contexts equal their JSON, and nothing is changed in place",
    (seed) => {
      for (const { actor, input, records } of livesOf(seed)) {
        let { state } = start(actor, input);
        let [snapshot] = initialTransition(actor.machine, input as never);
        for (const { message, from, actor: self } of records) {
          if (state.done) break;
          const meta: Meta = { from: from ?? { process: 'p', incarnation: 'i', actor: self }, ask: null, wallMs: 0 };
          deepFreeze(state);
          const next = step(actor, state, message, meta);
          [snapshot] = transition(actor.machine, snapshot, { ...message, meta } as never);
          expect({ value: next.state.value, context: next.state.context }).toEqual({
            value: snapshot.value,
            context: snapshot.context,
          });
          expect(throughJson(next.state.context)).toEqual(next.state.context);
          expect(throughJson(next.effects as readonly Effect[])).toEqual(next.effects);
          state = next.state;
        }
      }
    },
  );
});
