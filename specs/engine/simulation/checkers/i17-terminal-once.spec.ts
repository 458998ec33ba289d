import { describe, expect, it } from 'vitest';
import { terminalOnce } from '../../../../src/simulation/checkers/i17-terminal-once.js';
import { CraftedRun, message } from './crafted-run.js';

const starts = (run: CraftedRun, life: number): void =>
  run.trace({ incarnation: `jm.${life}`, message: message('actor.start'), fromState: null, toState: 'created' });

const goesOn = (run: CraftedRun, life: number, toState: string): void =>
  run.trace({ incarnation: `jm.${life}`, fromState: 'created', toState });

describe('I17: terminal once', () => {
  it('is silent when a later leader finds the result and ends', () => {
    const run = new CraftedRun(terminalOnce);
    starts(run, 1);
    goesOn(run, 1, 'finishing');
    run.result('finished');
    // It was at work already.
    goesOn(run, 1, 'finishing');
    starts(run, 2);
    goesOn(run, 2, 'finished');
  });

  it('fires when a later leader runs the job again, or says otherwise than the result', () => {
    const run = new CraftedRun(terminalOnce);
    run.result('finished');
    starts(run, 2);
    expect(() => goesOn(run, 2, 'retrievingCheckpoint')).toThrow('is retrievingCheckpoint, but the job has finished');
    expect(() => goesOn(run, 2, 'canceled')).toThrow('says canceled, and the result says finished');
  });

  it('fires when the result is replaced or deleted', () => {
    for (const kind of ['put', 'delete'] as const) {
      const run = new CraftedRun(terminalOnce);
      run.result('finished');
      expect(() => run.result('finished', kind)).toThrow(`I17: the result of the job was changed by a ${kind}`);
    }
  });
});
