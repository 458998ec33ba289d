import { isDeepStrictEqual } from 'node:util';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { JobGraph } from '../../../actors/protocol/job-graph.js';
import { type Parallelism, parallelismOf, type ScaleRecord, scalePrefix } from '../../../actors/protocol/scaling.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { decodeRecord } from '../../runtime/host/records.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';

/**
 * I25: nobody is told of another parallelism before it is durable; every run that begins after somebody was told is at that parallelism, or at one that was
 * made durable later; and nobody deletes such a record. Known from the store, the steps of the job-master, and what clients hear. That nothing is lost or
 * doubled by it, I9 and I10 say.
 */
export const rescaleIsKept: CheckerFactory = (context) => new RescaleIsKept(context);

class RescaleIsKept implements Checker {
  readonly invariant = 'I25';
  private readonly durable: ScaleRecord[] = [];
  /** Index of the newest that somebody was told of. */
  private promised = -1;

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    if (!('name' in event) || !event.name.startsWith(scalePrefix(this.context.record.job))) return;
    if (event.kind === 'delete') throw new Violation('I25', `${event.name} was deleted`, { process: event.process });
    if (event.kind !== 'create') return;
    const decoded = decodeRecord(event.name, event.bytes);
    if ('record' in decoded) this.durable.push(decoded.record as ScaleRecord);
  }

  trace({ actor, effects }: TraceRecord): void {
    if (actor !== actorNames.jobMaster(this.context.record.job)) return;
    for (const effect of effects) {
      if (effect.kind === 'answer' && effect.message.type === 'job.rescaling') {
        this.told((effect.message as unknown as { readonly parallelism: Parallelism }).parallelism);
      }
      if (effect.kind === 'actor.start' && effect.role === 'checkpoint-coordinator') {
        this.begun(parallelismOf((effect.input as { readonly graph: JobGraph }).graph));
      }
    }
  }

  /** A wish that changes nothing needs no record. */
  private told(parallelism: Parallelism): void {
    const known = this.durable.filter((record) => isDeepStrictEqual(record.parallelism, parallelism));
    if (known.length === 0 && !this.isSubmitted(parallelism)) {
      throw new Violation('I25', 'a client was told of a parallelism that is not durable', { parallelism });
    }
    this.promised = Math.max(this.promised, ...known.map(({ index }) => index));
  }

  private begun(parallelism: Parallelism): void {
    const { reactive } = this.context.record;
    if (reactive !== undefined) return;
    const allowed = this.durable.filter(({ index }) => index >= this.promised);
    const isOne = allowed.some((record) => isDeepStrictEqual(record.parallelism, parallelism));
    if (isOne || (this.promised < 0 && this.isSubmitted(parallelism))) return;
    throw new Violation('I25', `a run begins at another parallelism than was promised (record ${this.promised})`, {
      parallelism,
      durable: this.durable,
    });
  }

  private isSubmitted(parallelism: Parallelism): boolean {
    return isDeepStrictEqual(parallelism, parallelismOf(this.context.record.graph));
  }
}
