import { describe, expect, it } from 'vitest';
import { liveness } from '../../../../src/simulation/checkers/i19-liveness.js';
import { CraftedRun, manifest } from './crafted-run.js';

const restart = (run: CraftedRun): void => run.trace({ fromState: 'running', toState: 'pausing' });

describe('I19: liveness', () => {
  it('is silent when a checkpoint completes soon after the healing, or the job had ended before', () => {
    const run = new CraftedRun(liveness);
    for (let n = 0; n < 20; n += 1) restart(run);
    run.heal();
    restart(run);
    run.at(5_000).complete(manifest());
    run.at(50_000).trace({});
    const over = new CraftedRun(liveness);
    over.result('finished');
    over.heal();
    over.at(50_000).trace({});
  });

  it('fires when nothing completes', () => {
    const run = new CraftedRun(liveness);
    run.complete(manifest());
    run.heal();
    expect(() => run.at(20_001).trace({})).toThrow('I19: no checkpoint has completed for 20000 ms');
  });

  it('fires at a storm of restarts', () => {
    const run = new CraftedRun(liveness);
    run.heal();
    for (let n = 0; n < 6; n += 1) restart(run);
    expect(() => restart(run)).toThrow('I19: the job was restarted 7 times');
  });
});
