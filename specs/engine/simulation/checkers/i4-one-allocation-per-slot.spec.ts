import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../actors/kernel/effect.js';
import type { JobRun } from '../../../../actors/protocol/ids.js';
import type { JobVertex } from '../../../../actors/protocol/job-graph.js';
import { oneAllocationPerSlot } from '../../../../src/simulation/checkers/i4-one-allocation-per-slot.js';
import { address, CraftedRun, job, message, run1, run2, smallRecord } from './crafted-run.js';

const slot = { process: 'tm-1', incarnation: 'tm-1.1', slot: 0 };
const allocation = (run: JobRun) => ({ job, run, epoch: 1 });

const inSlot = (run: CraftedRun, type: string, of: JobRun, effects: readonly Effect[] = []): void =>
  run.trace({
    process: 'tm-1',
    incarnation: 'tm-1.1',
    actor: 'slot/0',
    message: message(type, { allocation: allocation(of) }),
    effects,
  });

const load = (of: JobRun): Effect => ({
  kind: 'slot.load',
  slot: 0,
  allocation: allocation(of),
  record: smallRecord,
  graph: smallRecord.graph,
  placement: {},
});

const startSubtask = (of: JobRun): Effect => ({
  kind: 'actor.start',
  role: 'subtask',
  actor: `subtask/sim/${of}/in#0`,
  input: { subtask: 'in#0', slot, allocation: allocation(of) },
});

const grant = (run: CraftedRun, of: JobRun): void =>
  run.trace({
    actor: 'resource-manager',
    message: message('resourceManager.requestSlots', { job, run: of, count: 1 }),
    effects: [
      {
        kind: 'answer',
        ask: { id: 'slots', from: address('jm', 1, 'job-master/sim') },
        message: { type: 'resourceManager.slotsGranted', run: of, slots: [slot] } as { type: string },
      },
    ],
  });

describe('I4: one allocation per slot', () => {
  it('fires when a slot is to hold subtasks of two slot sharing groups', () => {
    const [vertex, ...others] = smallRecord.graph.vertices;
    const graph = { ...smallRecord.graph, vertices: [{ ...vertex, slotSharingGroup: 'own' } as JobVertex, ...others] };
    const placement = Object.fromEntries(graph.vertices.map(({ id }) => [`${id}#0`, slot]));
    const run = new CraftedRun(oneAllocationPerSlot);
    const both = { ...load(run1), graph, placement } as Effect;
    expect(() => inSlot(run, 'slot.open', run1, [both])).toThrow('loads subtasks of several slot sharing groups');
    const one = { ...load(run1), graph, placement: { [`${vertex?.id}#0`]: slot } } as Effect;
    expect(() => inSlot(new CraftedRun(oneAllocationPerSlot), 'slot.open', run1, [one])).not.toThrow();
  });

  it('is silent when a slot is unloaded before it loads another run', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    inSlot(run, 'slot.open', run1, [load(run1)]);
    inSlot(run, 'slot.loaded', run1, [startSubtask(run1)]);
    inSlot(run, 'slot.unloaded', run1);
    inSlot(run, 'slot.open', run2, [load(run2)]);
    inSlot(run, 'slot.loaded', run2, [startSubtask(run2)]);
  });

  it('fires when a slot loads a run while it holds another', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    inSlot(run, 'slot.open', run1, [load(run1)]);
    expect(() => inSlot(run, 'slot.open', run2, [load(run2)])).toThrow('loads run 1.2 while it holds run 1.1');
  });

  it('fires when a slot starts subtasks of a run that it does not hold', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    inSlot(run, 'slot.open', run2, [load(run2)]);
    expect(() => inSlot(run, 'slot.loaded', run1, [startSubtask(run1)])).toThrow('that it does not hold');
  });

  it('is silent when a slot is granted anew after it was closed, or its task manager was lost', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    grant(run, run1);
    // The repetition of a question is answered alike.
    grant(run, run1);
    run.trace({ actor: 'resource-manager', message: message('slot.closed', { slot, allocation: allocation(run1) }) });
    grant(run, run2);
    run.trace({ actor: 'resource-manager', message: message('heartbeat.lost', { ...slot, reason: 'missed' }) });
    grant(run, run2 + 1);
  });

  it('fires when a slot is granted to a second run', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    grant(run, run1);
    expect(() => grant(run, run2)).toThrow("is granted to run 1.2 and still run 1.1's");
  });

  it('fires when a slot is granted that was reported to hold another run', () => {
    const run = new CraftedRun(oneAllocationPerSlot);
    const slots = [{ slot: 0, allocation: allocation(run1), progress: 0, subtasks: [] }];
    run.trace({ actor: 'resource-manager', message: message('resourceManager.register', { ...slot, slots }) });
    expect(() => grant(run, run2)).toThrow("is granted to run 1.2 and still run 1.1's");
    run.trace({ actor: 'resource-manager', message: message('slot.closed', { slot, allocation: allocation(run1) }) });
    grant(run, run2);
  });
});
