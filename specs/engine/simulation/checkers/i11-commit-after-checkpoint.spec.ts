import { describe, expect, it } from 'vitest';
import { commitAfterCheckpoint } from '../../../../src/simulation/checkers/i11-commit-after-checkpoint.js';
import { CountingRun, counted, finalPath, pendingPath } from './crafted-job.js';

function promised(): CountingRun {
  const run = new CountingRun(commitAfterCheckpoint);
  run.pending(0, counted(2));
  run.complete(run.cut(1, { read: 2, parts: [0] }));
  return run;
}

describe('I11: commit after checkpoint', () => {
  it('is silent when each part is shown after the entry that promises it, once', () => {
    const run = promised();
    run.commit(0);
    run.complete(run.cut(2, { read: 2, parts: [0] }));
    run.result('finished');
    run.checker.ended?.();
  });

  it('fires when a part is shown before any checkpoint promises it', () => {
    const run = new CountingRun(commitAfterCheckpoint);
    run.pending(0, counted(2));
    expect(() => run.commit(0)).toThrow('I11: out/part-files-0-1.1-0.jsonl was committed, and no complete checkpoint');
  });

  it('fires when it is shown from another file, or a second time', () => {
    const run = promised();
    run.pending(1, counted(2));
    expect(() => run.file('rename', pendingPath(1), finalPath(0))).toThrow('was committed from');
    const twice = promised();
    twice.commit(0);
    expect(() => twice.commit(0)).toThrow('was committed twice');
  });

  it('fires when the job finishes without a part that was promised', () => {
    expect(() => promised().result('finished')).toThrow('the job has finished without');
  });
});
