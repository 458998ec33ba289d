import { describe, expect, it } from 'vitest';
import type { SubtaskSnapshot } from '../../../../actors/protocol/manifest.js';
import { consistentCut } from '../../../../src/simulation/checkers/i9-consistent-cut.js';
import { CountingRun, counted } from './crafted-job.js';
import { CraftedRun, id, manifest } from './crafted-run.js';

describe('I9: consistent cut', () => {
  it('is silent when state and promised output follow from the positions, part by part', () => {
    const run = new CountingRun(consistentCut);
    run.pending(0, counted(2));
    run.complete(run.cut(1, { read: 2, parts: [0] }));
    run.commit(0);
    run.pending(1, counted(6).slice(2));
    // The first part is promised still: nobody had heard yet that it is committed.
    run.complete(run.cut(2, { read: 6, parts: [0, 1] }));
  });

  it('fires when state has a record that the position does not give', () => {
    const run = new CountingRun(consistentCut);
    run.pending(0, counted(2));
    expect(() => run.complete(run.cut(1, { read: 2, folded: 3, parts: [0] }))).toThrow('another state of stage-0');
  });

  it('fires when state lacks a record that the position gives', () => {
    const run = new CountingRun(consistentCut);
    run.pending(0, counted(3));
    expect(() => run.complete(run.cut(1, { read: 3, folded: 2, parts: [0] }))).toThrow('another state of stage-0');
  });

  it('fires when a promised part has more, or less, than the position gives', () => {
    for (const records of [counted(3), counted(1)]) {
      const run = new CountingRun(consistentCut);
      run.pending(0, records);
      expect(() => run.complete(run.cut(1, { read: 2, parts: [0] }))).toThrow(
        'I9: with checkpoint 1-1 the log promises',
      );
    }
  });

  it('what a reader that was stopped had left stays where it was when later checkpoints hold no part of it', () => {
    const run = new CountingRun(consistentCut);
    run.pending(0, counted(2));
    const cut = run.cut(1, { read: 2, parts: [0] });
    const [reader, ...others] = cut.subtasks as [SubtaskSnapshot, ...SubtaskSnapshot[]];
    run.complete({ ...cut, subtasks: [{ ...reader, drained: true }, ...others] });
    run.complete({ ...cut, id: id(2), subtasks: others, finished: [reader.subtask] });
  });

  it('fires when a promised part is not there', () => {
    const run = new CountingRun(consistentCut);
    expect(() => run.complete(run.cut(1, { read: 2, parts: [0] }))).toThrow('and there is no such file');
  });

  it('looks at nothing but generated jobs', () => {
    new CraftedRun(consistentCut).complete(manifest());
  });
});
