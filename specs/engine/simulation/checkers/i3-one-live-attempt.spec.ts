import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../actors/kernel/effect.js';
import { oneLiveAttempt } from '../../../../src/simulation/checkers/i3-one-live-attempt.js';
import { address, CraftedRun, id, manifest, message, part, run1, run2 } from './crafted-run.js';

const coordinator = 'checkpoint-coordinator/sim';
const place = { process: 'tm-1', incarnation: 'tm-1.1', slot: 0 };
const start: Effect = {
  kind: 'actor.start',
  role: 'checkpoint-coordinator',
  actor: coordinator,
  input: { run: run1, placement: { 'in#0': place } },
};

const acks = (run: CraftedRun, { of = run1, life = 1, contextPatch = { missing: 1 } as object } = {}): void =>
  run.trace({
    actor: coordinator,
    from: address('tm-1', life, `subtask/sim/${of}/in#0`),
    message: message('subtask.snapshotted', { run: of, checkpoint: id(1), snapshot: part('in#0') }),
    contextPatch: { ...contextPatch },
  });

function begun(): CraftedRun {
  const run = new CraftedRun(oneLiveAttempt);
  run.trace({ effects: [start] });
  return run;
}

describe('I3: one live attempt', () => {
  it('is silent when a coordinator counts what its own run says from where it was placed', () => {
    acks(begun());
  });

  it('is silent when a stale question is answered again and changes nothing', () => {
    acks(begun(), { of: run2, contextPatch: {} });
  });

  it('fires when a coordinator counts an acknowledgement of another run', () => {
    expect(() => acks(begun(), { of: run2 })).toThrow('I3: checkpoint-coordinator/sim of run 1.1 acted on');
  });

  it('fires when it counts one from another life of the process', () => {
    expect(() => acks(begun(), { life: 2 })).toThrow('of a second attempt of in#0');
  });

  it('fires when the job-master acts on a subtask of the round before', () => {
    const run = new CraftedRun(oneLiveAttempt);
    run.trace({ contextPatch: { epoch: 1, round: 1, placement: { 'in#0': place } } });
    run.trace({ contextPatch: { round: 2 } });
    const restored = message('subtask.restored', { run: run1, subtask: 'in#0' });
    const from = address('tm-1', 1, 'subtask/sim/1/in#0');
    expect(() => run.trace({ message: restored, from, contextPatch: { phases: {} } })).toThrow('of run 1.2 acted on');
  });

  it('tells blobs that a checkpoint may refer to from those of dead attempts', () => {
    const run = new CraftedRun(oneLiveAttempt);
    const written = run.items('a', 'in', ['x'], run1);
    run.complete(manifest({ subtasks: [part('in#0', [written])] }));
    const own = run.items('b', 'in', ['y'], run2);
    // The next run refers on to what the checkpoint held and to its own.
    run.complete(manifest({ id: id(2), run: run2, subtasks: [part('in#0', [written, own])] }));
    const dead = run.items('c', 'in', ['z'], run1);
    const refers = () => run.complete(manifest({ id: id(3), run: run2, subtasks: [part('in#0', [dead])] }));
    expect(refers).toThrow('which run 1.2 did not write and no checkpoint held');
  });
});
