import { describe, expect, it } from 'vitest';
import { corruptFrameChangesNothing } from '../../../../src/simulation/checkers/i22-corrupt-frame-changes-nothing.js';
import { CraftedRun, run2 } from './crafted-run.js';

const corrupt = { what: 'failed', detail: { code: 'FRAME_CORRUPT' } } as const;

describe('I22: a corrupt frame changes nothing', () => {
  it('is silent when the attempt ends there, and another one goes on', () => {
    const run = new CraftedRun(corruptFrameChangesNothing);
    run.task({ what: 'snapshotTaken' });
    run.task(corrupt);
    run.task({ what: 'closeFailed' });
    run.task({ what: 'snapshotTaken', subtask: 'in#1' });
    run.task({ what: 'snapshotTaken', run: run2 });
  });

  it('fires when the same attempt snapshots, commits or drains after it', () => {
    for (const what of ['aligned', 'snapshotTaken', 'committed', 'drained', 'finished']) {
      const run = new CraftedRun(corruptFrameChangesNothing);
      run.task(corrupt);
      expect(() => run.task({ what })).toThrow(`I22: in#0 goes on (${what}) after a damaged frame`);
    }
  });
});
