import { describe, expect, it } from 'vitest';
import { jobRun } from '../../../../actors/protocol/ids.js';
import { epochsIncrease } from '../../../../src/simulation/checkers/i2-epochs-increase.js';
import { CraftedRun, leader, run1, run2 } from './crafted-run.js';

const second = { process: 'jm', life: 2 };

describe('I2: epochs increase', () => {
  it('is silent when each leader claims a higher epoch and writes under its own', () => {
    const run = new CraftedRun(epochsIncrease);
    run.claim(1);
    run.log({ kind: 'recovered', epoch: 1, run: run1, from: null });
    run.log({ kind: 'recovered', epoch: 1, run: run2, from: null });
    run.claim(2, second);
    run.log({ kind: 'recovered', epoch: 2, run: jobRun(2, 1), from: null }, second);
  });

  it('fires when an epoch is claimed below another', () => {
    const run = new CraftedRun(epochsIncrease);
    run.claim(2);
    expect(() => run.claim(1, second)).toThrow('I2: epoch 1 was claimed after epoch 2');
  });

  it('fires when a claim is taken back', () => {
    const run = new CraftedRun(epochsIncrease);
    run.claim(1);
    expect(() => run.write('delete', 'epochs/00000001', new Uint8Array(0), leader)).toThrow('I2');
  });

  it('fires when somebody writes under an epoch that another claimed', () => {
    const run = new CraftedRun(epochsIncrease);
    run.claim(1);
    const write = () => run.log({ kind: 'recovered', epoch: 1, run: run1, from: null }, second);
    expect(write).toThrow('I2: entry 0 of epoch 1 was written by jm.2');
  });

  it('fires when a run does not follow the one before', () => {
    const run = new CraftedRun(epochsIncrease);
    run.claim(1);
    run.recovered(run2);
    expect(() => run.recovered(run1)).toThrow('I2: run 1.1 began after run 1.2');
  });
});
