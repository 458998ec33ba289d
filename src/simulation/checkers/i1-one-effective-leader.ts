import type { Epoch } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { Leaders, lifeText } from './leaders.js';
import { createdEntry } from './log-entries.js';

/**
 * I1: once a receiver has taken something of epoch e', it takes nothing of an older epoch. Receivers are the processes,
 * which take messages, and the manifest log, which takes entries. The epoch of a message is that of its sender's life,
 * as the trace of that life's start tells it. It cannot see messages that the host dropped, which is as it should be,
 * nor writes that never took effect.
 */
export const oneEffectiveLeader: CheckerFactory = ({ record: { job } }) => new OneEffectiveLeader(job);

class OneEffectiveLeader implements Checker {
  readonly invariant = 'I1';
  private readonly leaders = new Leaders();
  private readonly newest = new Map<string, Epoch>();
  private newestInLog: Epoch = 0;

  constructor(private readonly job: string) {}

  trace(record: TraceRecord): void {
    this.leaders.trace(record);
    const { from, verdict } = record;
    if (from === null || verdict.kind !== 'taken') return;
    const epoch = this.leaders.epochOf(from);
    if (epoch === null) return;
    const receiver = lifeText(record);
    const newest = this.newest.get(receiver) ?? 0;
    if (epoch < newest) {
      throw new Violation('I1', `${receiver} took a message of epoch ${epoch} after one of epoch ${newest}`, {
        actor: record.actor,
        from,
        message: record.message,
      });
    }
    this.newest.set(receiver, epoch);
  }

  store(event: StoreEvent): void {
    const entry = createdEntry(event, this.job);
    if (entry === null) return;
    if (entry.epoch < this.newestInLog) {
      throw new Violation(
        'I1',
        `the log took an entry of epoch ${entry.epoch} after one of epoch ${this.newestInLog}`,
        {
          name: event.name,
          writer: `${event.process}.${event.life}`,
        },
      );
    }
    this.newestInLog = entry.epoch;
  }
}
