import { logKey, logPrefix } from '../../../actors/job-master/log.js';
import type { CheckpointId, JobRun } from '../../../actors/protocol/ids.js';
import { compareCheckpoints, runText, sameCheckpoint } from '../../../actors/protocol/ids.js';
import type { LogEntry } from '../../../actors/protocol/manifest.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry, idText } from './log-entries.js';

/**
 * I6: the manifest log is contiguous from 0, each entry is created once and never replaced or deleted, with a nonce of
 * its own; the ids of checkpoints increase along it; each `recovered` entry goes on from the newest complete
 * checkpoint, so that latest never regresses (unless the job may roll back); and between two of them all checkpoints
 * are of the run that the first began. Known from the store's events. It cannot see whether a leader believes what the
 * log says: that shows in the next entry it writes.
 */
export const checkpointsGrow: CheckerFactory = ({ record: { job, graph } }) =>
  new CheckpointsGrow(job, graph.options.allowRollback);

class CheckpointsGrow implements Checker {
  readonly invariant = 'I6';
  private nextIndex = 0;
  private latest: CheckpointId | null = null;
  private run: JobRun | null = null;
  private readonly nonces = new Set<string>();

  constructor(
    private readonly job: string,
    private readonly allowRollback: boolean,
  ) {}

  store(event: StoreEvent): void {
    if (!event.name.startsWith(logPrefix(this.job))) return;
    if (event.kind !== 'create') {
      throw new Violation('I6', `${event.name} was changed by a ${event.kind}`, {
        process: event.process,
        life: event.life,
      });
    }
    const entry = createdEntry(event, this.job);
    if (entry !== null) this.entry(event.name, entry);
  }

  private entry(name: string, entry: LogEntry): void {
    const { index, nonce, epoch } = entry;
    if (index !== this.nextIndex || name !== logKey(this.job, index)) {
      throw new Violation('I6', `${name} holds entry ${index}, and the next is ${this.nextIndex}`);
    }
    if (this.nonces.has(nonce)) throw new Violation('I6', `entry ${index} has the nonce of another`, { nonce });
    this.nonces.add(nonce);
    this.nextIndex += 1;
    if (entry.kind === 'recovered') {
      // The savepoint that the job began with stands before all of its own checkpoints.
      const from = entry.savepoint === undefined ? entry.from : null;
      if (!this.allowRollback && !sameCheckpoint(from, this.latest)) {
        const seen = { newest: idText(this.latest), from: idText(entry.from) };
        throw new Violation('I6', `run ${runText(entry.run)} goes on from another checkpoint than the newest`, seen);
      }
      this.run = entry.run;
      return;
    }
    const { id, run } = entry.checkpoint;
    if (this.run === null || run !== this.run || id.epoch !== epoch) {
      const current = this.run === null ? 'none' : runText(this.run);
      throw new Violation('I6', `checkpoint ${idText(id)} of run ${runText(run)} completed in run ${current}`, {
        epoch,
        index,
      });
    }
    if (this.latest !== null && compareCheckpoints(id, this.latest) <= 0) {
      throw new Violation('I6', `checkpoint ${idText(id)} completed after ${idText(this.latest)}`, { index });
    }
    this.latest = id;
  }
}
