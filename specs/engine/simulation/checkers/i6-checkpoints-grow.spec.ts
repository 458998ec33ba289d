import { describe, expect, it } from 'vitest';
import { logKey } from '../../../../actors/job-master/log.js';
import { checkpointsGrow } from '../../../../src/simulation/checkers/i6-checkpoints-grow.js';
import { CraftedRun, id, job, manifest, run1, run2 } from './crafted-run.js';

function begun(): CraftedRun {
  const run = new CraftedRun(checkpointsGrow);
  run.recovered(run1);
  return run;
}

describe('I6: checkpoints grow', () => {
  it('is silent for runs that go on from the newest checkpoint, one after the other', () => {
    const run = begun();
    run.complete(manifest({ id: id(1) }));
    run.complete(manifest({ id: id(2) }));
    run.recovered(run2, id(2));
    run.complete(manifest({ id: id(3), run: run2 }));
  });

  it('fires when an index is left out', () => {
    const run = begun();
    expect(() => run.log({ kind: 'checkpoint', index: 2, checkpoint: manifest() })).toThrow('the next is 1');
  });

  it('fires when an entry is replaced or deleted', () => {
    for (const kind of ['put', 'delete'] as const) {
      expect(() => begun().write(kind, logKey(job, 0))).toThrow(`was changed by a ${kind}`);
    }
  });

  it('fires when a checkpoint completes that is not newer than the last', () => {
    const run = begun();
    run.complete(manifest({ id: id(2) }));
    expect(() => run.complete(manifest({ id: id(2) }))).toThrow('checkpoint 1-2 completed after 1-2');
  });

  it('fires when a checkpoint of the run before lands behind a recovery', () => {
    const run = begun();
    run.recovered(run2);
    expect(() => run.complete(manifest())).toThrow('checkpoint 1-1 of run 1.1 completed in run 1.2');
  });

  it('fires when a run goes on from an older checkpoint than the newest', () => {
    const run = begun();
    run.complete(manifest({ id: id(1) }));
    run.complete(manifest({ id: id(2) }));
    expect(() => run.recovered(run2, id(1))).toThrow('goes on from another checkpoint than the newest');
  });

  it('fires when two entries have one nonce', () => {
    const run = begun();
    expect(() => run.log({ kind: 'recovered', nonce: 'nonce-0', run: run2, from: null })).toThrow('nonce of another');
  });
});
