import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry, endsLog, idText } from './log-entries.js';
import { restoreFault } from './manifest-blobs.js';

/**
 * I7: the newest complete checkpoint of a job can be restored, also when the job has ended and leaves its checkpoints: all blobs are there, with
 * the sizes and checksums of the manifest. Looked at whenever it could be needed: at every crash, when a run goes on
 * from it, and at the end. It cannot see whether a restore reads the bytes as they were meant; I9 does.
 */
export const restorable: CheckerFactory = (context) => new Restorable(context);

class Restorable implements Checker {
  readonly invariant = 'I7';
  private latest: CheckpointManifest | null = null;
  /** The job has its result, and leaves no checkpoints. */
  private isOver = false;

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    this.isOver ||= endsLog(event, this.context.record);
    // What was on its way when the job ended is void; where checkpoints outlive it, it is one of them.
    if (this.isOver) this.latest = null;
    if (this.isOver) return;
    const entry = createdEntry(event, job);
    if (entry?.kind === 'checkpoint') this.latest = entry.checkpoint;
    else if (entry !== null) this.check('a new run goes on from it');
  }

  crashed(process: string, life: number): void {
    this.check(`${process}.${life} has crashed`);
  }

  ended(): void {
    this.check('the run has ended');
  }

  private check(when: string): void {
    if (this.latest === null) return;
    const fault = restoreFault(this.context.store, this.latest);
    if (fault === null) return;
    throw new Violation('I7', `checkpoint ${idText(this.latest.id)} cannot be restored: ${fault}`, { when });
  }
}
