import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../actors/kernel/effect.js';
import { stopIsKept } from '../../../../src/simulation/checkers/i23-stop-is-kept.js';
import { CraftedRun, job, message } from './crafted-run.js';

const stops: Effect = {
  kind: 'tell',
  actor: 'source-coordinator/sim/in',
  message: message('sourceCoordinator.stop', { run: 1 }),
};
const started = (run: CraftedRun): void =>
  run.trace({ message: message('actor.start'), fromState: null, toState: 'created' });
const runs = (run: CraftedRun, ...effects: readonly Effect[]): void =>
  run.trace({ fromState: 'rewindingSources', toState: 'running', effects });

describe('I23: a wish to stop is kept', () => {
  it('is silent when every job-master that is started after the wish stops its runs, and an earlier one does when it hears of it', () => {
    const run = new CraftedRun(stopIsKept);
    started(run);
    runs(run);
    run.stop();
    runs(run);
    run.trace({ effects: [stops] });
    started(run);
    runs(run, stops);
  });

  it('fires when a later job-master runs the job on', () => {
    const run = new CraftedRun(stopIsKept);
    run.stop();
    started(run);
    expect(() => runs(run)).toThrow('I23: job-master/sim runs the job on, which is to stop');
  });

  it('fires when somebody is told to stop before that is durable', () => {
    const run = new CraftedRun(stopIsKept);
    started(run);
    expect(() => run.trace({ effects: [stops] })).toThrow('no wish to do so is durable');
  });

  it('fires when the wish is deleted', () => {
    expect(() => new CraftedRun(stopIsKept).write('delete', `jobs/${job}/stop`)).toThrow('was deleted');
  });
});
