import type { TaskTrace } from '../../ports/telemetry.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';

/**
 * I22: an attempt that has met a damaged frame does nothing more that lasts: it aligns, snapshots, drains and commits
 * no more, so that nothing which may have followed from the frame is ever in a checkpoint. Known from the data plane's
 * traces: the failure FRAME_CORRUPT of an attempt and what the same attempt traces after it. It cannot see a damaged
 * frame that nobody noticed; I9 and I10 do, by what becomes of it.
 */
export const corruptFrameChangesNothing: CheckerFactory = () => new CorruptFrameChangesNothing();

const lasting: ReadonlySet<string> = new Set(['aligned', 'snapshotTaken', 'committed', 'drained', 'finished']);

class CorruptFrameChangesNothing implements Checker {
  readonly invariant = 'I22';
  private readonly rejected = new Map<string, number>();

  task({ what, detail, process, subtask, run, atMs }: TaskTrace): void {
    const attempt = `${process}/${run}/${subtask}`;
    if (what === 'failed' && detail.code === 'FRAME_CORRUPT') this.rejected.set(attempt, atMs);
    if (!lasting.has(what)) return;
    const rejectedAtMs = this.rejected.get(attempt);
    if (rejectedAtMs === undefined) return;
    throw new Violation('I22', `${subtask} goes on (${what}) after a damaged frame`, {
      process,
      run,
      rejectedAtMs,
      detail,
    });
  }
}
