import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../actors/kernel/effect.js';
import type { LostTaskManager } from '../../../actors/resource-manager/messages.js';
import type { SlotUse, TaskManagerRow } from '../../../actors/resource-manager/table.js';
import { ClusterFacts } from '../../../src/metrics/cluster-facts.js';
import { stepOf } from './trace-record.js';

const free: SlotUse = { kind: 'free' };
const granted: SlotUse = { kind: 'granted', job: 'a', run: 1, shown: 'here' };

const row = (process: string, ...uses: readonly SlotUse[]): TaskManagerRow => ({
  process,
  incarnation: `${process}-life`,
  status: 'registered',
  slotMemoryBytes: 64,
  slots: uses.map((use, slot) => ({ slot, use, closed: null })),
});

const lost = (incarnation: string): LostTaskManager => ({
  process: 'tm-1',
  incarnation,
  status: 'lost',
  reason: 'unreachable',
});

const table = (facts: ClusterFacts, contextPatch: Readonly<Record<string, unknown>>): void =>
  facts.trace(stepOf({ actor: 'resource-manager', fromState: 'serving', toState: 'serving', contextPatch }));

const beat = (number: number): Effect => ({
  kind: 'ask',
  id: `heartbeat/tm-1/${number}`,
  to: { process: 'tm-1', incarnation: 'tm-1-life', actor: 'task-manager' },
  message: { type: 'taskManager.heartbeat', beat: number } as Effect extends { message: infer M } ? M : never,
  everyMs: 500,
  deadlineMs: 3_000,
});

describe('metrics: the cluster, from the steps of a leader', () => {
  it('slots are counted by what they are used for', () => {
    const facts = new ClusterFacts();
    table(facts, { taskManagers: [row('tm-1', free, granted), row('tm-2', free)] });
    expect(facts.slots()).toEqual({ total: 3, free: 2 });
  });

  it('each loss counts once, also when the table forgets it again', () => {
    const facts = new ClusterFacts();
    table(facts, { lost: [] });
    table(facts, { lost: [lost('first')] });
    table(facts, { lost: [lost('first'), lost('second')] });
    table(facts, { lost: [lost('second')] });
    expect([...facts.lost]).toEqual([['unreachable', 2]]);
  });

  it('jobs are counted in the states that a client sees', () => {
    const facts = new ClusterFacts();
    const result = (job: string, outcome: string) => ({ format: 1, job, outcome, failure: null });
    const results = { b: result('b', 'finished'), c: result('c', 'failed'), d: result('d', 'finished') };
    facts.trace(stepOf({ contextPatch: { epoch: 4, running: ['a'], results, damaged: {} } }));
    expect(facts.epoch).toBe(4);
    expect(facts.jobs()).toEqual({ running: 1, finished: 2, failed: 1, canceled: 0, damaged: 0 });
  });

  it('a round trip is that of the beat that was answered, and goes with its task manager', () => {
    const facts = new ClusterFacts();
    const actor = 'heartbeat/tm-1@tm-1-life';
    table(facts, { taskManagers: [row('tm-1', free)] });
    facts.trace(stepOf({ actor, atMs: 100, toState: 'alive', effects: [beat(1)] }));
    facts.trace(stepOf({ actor, atMs: 600, fromState: 'alive', toState: 'alive', effects: [beat(2)] }));
    const message = { type: 'taskManager.reported', beat: 2 };
    facts.trace(stepOf({ actor, atMs: 607, fromState: 'alive', toState: 'alive', message }));
    expect(facts.heartbeats()).toEqual([['tm-1', 7]]);
    table(facts, { taskManagers: [] });
    expect(facts.heartbeats()).toEqual([]);
  });
});
