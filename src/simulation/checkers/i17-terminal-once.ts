import { actorNames } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { lifeText } from './leaders.js';
import { createdResult, resultKey } from './log-entries.js';

/**
 * I17: a job has one result, which is never replaced or deleted, and a job-master that starts when the result is
 * durable finds it and does nothing else: it claims no log entry, asks for no slot and ends as the result says. Known
 * from the store's events and the states of job-masters. A leader that was at work already when a result of its
 * predecessor landed late may go on until it tries to write its own; that is not looked at.
 */
export const terminalOnce: CheckerFactory = (context) => new TerminalOnce(context);

/** All that a job-master may do about a job that has ended. */
const harmless: ReadonlySet<string | null> = new Set(['created', 'finished', 'failed', 'canceled', 'superseded']);

class TerminalOnce implements Checker {
  readonly invariant = 'I17';
  private outcome: string | null = null;
  private readonly startedLate = new Set<string>();

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    if (event.name !== resultKey(job)) return;
    if (event.kind !== 'create') {
      throw new Violation('I17', `the result of the job was changed by a ${event.kind}`, {
        process: event.process,
        life: event.life,
      });
    }
    this.outcome = createdResult(event, job)?.outcome ?? null;
  }

  trace(record: TraceRecord): void {
    if (this.outcome === null || record.actor !== actorNames.jobMaster(this.context.record.job)) return;
    const life = lifeText(record);
    if (record.message.type === 'actor.start') this.startedLate.add(life);
    if (!this.startedLate.has(life)) return;
    const { toState } = record;
    if (!harmless.has(toState)) {
      throw new Violation('I17', `${record.actor} of ${life} is ${toState}, but the job has ${this.outcome}`, {
        message: record.message,
      });
    }
    const isEnd = toState === 'finished' || toState === 'failed' || toState === 'canceled';
    if (isEnd && toState !== this.outcome) {
      throw new Violation('I17', `${record.actor} of ${life} says ${toState}, and the result says ${this.outcome}`);
    }
  }
}
