import { describe, expect, it } from 'vitest';
import { oneEffectiveLeader } from '../../../../src/simulation/checkers/i1-one-effective-leader.js';
import { address, CraftedRun, manifest, message, run1 } from './crafted-run.js';

const leads = (run: CraftedRun, life: number, epoch: number): void =>
  run.trace({
    incarnation: `jm.${life}`,
    actor: 'resource-manager',
    message: message('actor.start'),
    fromState: null,
    contextPatch: { epoch },
  });

const hears = (run: CraftedRun, life: number, verdict: 'taken' | 'dropped' = 'taken'): void =>
  run.trace({
    process: 'tm-1',
    incarnation: 'tm-1.1',
    actor: 'slot/0',
    from: address('jm', life, 'job-master/sim'),
    message: message('slot.open'),
    verdict: verdict === 'taken' ? { kind: 'taken' } : { kind: 'dropped', cause: 'past', reason: 'older epoch' },
  });

describe('I1: one effective leader', () => {
  it('is silent while receivers only ever go on to newer epochs', () => {
    const run = new CraftedRun(oneEffectiveLeader);
    leads(run, 1, 1);
    hears(run, 1);
    leads(run, 2, 2);
    hears(run, 2);
    // The host refuses what comes late of the older one.
    hears(run, 1, 'dropped');
    run.recovered(run1);
    run.complete(manifest());
  });

  it('fires when a process takes a message of an older epoch after one of a newer', () => {
    const run = new CraftedRun(oneEffectiveLeader);
    leads(run, 1, 1);
    leads(run, 2, 2);
    hears(run, 2);
    expect(() => hears(run, 1)).toThrow('I1: tm-1@tm-1.1 took a message of epoch 1 after one of epoch 2');
  });

  it('fires when the log takes an entry of an older epoch after one of a newer', () => {
    const run = new CraftedRun(oneEffectiveLeader);
    run.log({ kind: 'recovered', epoch: 2, run: run1, from: null });
    expect(() => run.complete(manifest())).toThrow('I1: the log took an entry of epoch 1');
  });
});
