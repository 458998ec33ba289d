import type { Epoch, JobRun } from '../../../actors/protocol/ids.js';
import { runText } from '../../../actors/protocol/ids.js';
import type { LogEntry } from '../../../actors/protocol/manifest.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry } from './log-entries.js';

/**
 * I2: epochs are claimed once each, in increasing order, and an entry of the log stands under an epoch that the very
 * life that wrote it had claimed; the runs of `recovered` entries increase strictly. Known from the store's events, at
 * the moment they take effect. It cannot see an epoch that a process leads with and never writes under.
 */
export const epochsIncrease: CheckerFactory = ({ record: { job } }) => new EpochsIncrease(job);

const claimPrefix = 'epochs/';

class EpochsIncrease implements Checker {
  readonly invariant = 'I2';
  private readonly claims = new Map<Epoch, string>();
  private newest: Epoch = 0;
  private newestRun: JobRun = -1;

  constructor(private readonly job: string) {}

  store(event: StoreEvent): void {
    if (event.name.startsWith(claimPrefix)) this.claim(event);
    else {
      const entry = createdEntry(event, this.job);
      if (entry !== null) this.entry(entry, writerOf(event));
    }
  }

  private claim(event: StoreEvent): void {
    const { kind, name } = event;
    const epoch = Number(name.slice(claimPrefix.length));
    if (kind !== 'create')
      throw new Violation('I2', `the claim ${name} was changed by a ${kind}`, { writer: writerOf(event) });
    if (!(epoch > this.newest)) {
      throw new Violation('I2', `epoch ${epoch} was claimed after epoch ${this.newest}`, { writer: writerOf(event) });
    }
    this.newest = epoch;
    this.claims.set(epoch, writerOf(event));
  }

  private entry(entry: LogEntry, writer: string): void {
    const claimant = this.claims.get(entry.epoch);
    if (claimant !== writer) {
      throw new Violation('I2', `entry ${entry.index} of epoch ${entry.epoch} was written by ${writer}`, { claimant });
    }
    if (entry.kind !== 'recovered') return;
    if (entry.run <= this.newestRun) {
      throw new Violation('I2', `run ${runText(entry.run)} began after run ${runText(this.newestRun)}`, { entry });
    }
    this.newestRun = entry.run;
  }
}

const writerOf = ({ process, life }: StoreEvent): string => `${process}.${life}`;
