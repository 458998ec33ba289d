import { describe, expect, it } from 'vitest';
import type { JobRun } from '../../../../actors/protocol/ids.js';
import { noOpenTransaction } from '../../../../src/simulation/checkers/i12-no-open-transaction.js';
import { pendingPath } from './crafted-job.js';
import { address, CraftedRun, id, manifest, message, run1, run2 } from './crafted-run.js';

const trigger = (run: CraftedRun, of: JobRun): void =>
  run.trace({
    actor: 'checkpoint-coordinator/sim',
    effects: [
      {
        kind: 'ask',
        id: 'trigger',
        to: address('tm-1', 1, 'subtask/sim/1/in#0'),
        message: message('subtask.triggerCheckpoint', { run: of, checkpoint: id(1), base: null }),
        everyMs: 1,
        deadlineMs: 1,
      },
    ],
  });

/** The first run begins a part; the second completes a checkpoint and finishes the job. */
function recovered(): CraftedRun {
  const run = new CraftedRun(noOpenTransaction);
  run.recovered(run1);
  run.at(10).file('create', '.part-files-0-1.1-0.sim.inprogress');
  run.recovered(run2);
  trigger(run.at(20), run2);
  run.at(30).complete(manifest({ run: run2 }));
  return run;
}

const end = (run: CraftedRun): void => {
  run.result('finished');
  run.checker.ended?.();
};

describe('I12: no open transaction', () => {
  it('is silent when the later run has cleared away what it found', () => {
    const run = recovered();
    run.file('remove', '.part-files-0-1.1-0.sim.inprogress');
    end(run);
  });

  it('fires when a part of an older run is left that was there when the later one looked', () => {
    expect(() => end(recovered())).toThrow('I12: .part-files-0-1.1-0.sim.inprogress of run 1.1 is left open');
  });

  it('is silent about what a cut-off attempt did after that', () => {
    const run = recovered();
    run.file('rename', '.part-files-0-1.1-0.sim.inprogress', pendingPath(0));
    end(run);
  });

  it('fires when the run that finished the job leaves something itself', () => {
    const run = new CraftedRun(noOpenTransaction);
    run.recovered(run1);
    run.file('create', pendingPath(0));
    expect(() => end(run)).toThrow('and run 1.1 has finished the job');
  });
});
