import type { Shortage } from '../../actors/resource-manager/messages.js';
import type { TraceRecord } from '../ports/telemetry.js';
import { RunProgress, type Voice } from './run-progress.js';

/** Tells a person of a job with a cluster of its own what the log of its job manager does not: where it goes on, and whom it waits for. */
export class ApplicationProgress {
  private readonly run: RunProgress;
  private isShort = false;

  constructor(
    private readonly voice: Voice,
    private readonly job: string,
    private readonly cluster: string,
  ) {
    this.run = new RunProgress(voice, job, 'checkpoints');
  }

  onTrace(record: TraceRecord): void {
    this.run.onTrace(record);
    const shortages = record.contextPatch.shortages as readonly Shortage[] | undefined;
    if (record.actor !== 'resource-manager' || shortages === undefined) return;
    this.advise(shortages.find(({ job }) => job === this.job));
  }

  /** Once for each time that slots are missing; the log tells how many there are. */
  private advise(shortage: Shortage | undefined): void {
    const wasShort = this.isShort;
    this.isShort = shortage !== undefined;
    if (shortage === undefined || wasShort) return;
    const missing = shortage.wanted - shortage.available;
    this.voice.say(`${missing} more to come: weir taskmanager --cluster ${this.cluster} --slots ${missing}`);
  }
}
