import { actorNames } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { createdEntry, createdResult } from './log-entries.js';

/**
 * After the healing the slowest way back is: detect a loss, wait out orphans, give up an expired deployment, restore,
 * checkpoint.
 */
const progressMsMax = 20_000;
/**
 * A loss that was already under way, its consequences in a half-deployed run, and one more for what they cross: more is
 * a storm.
 */
const restartsMax = 6;

/**
 * I19: when the faults are over, a checkpoint completes or the job ends within 20 s, and the job is restarted at most 6
 * times. Known from the log and the states of the job-master. That the job ends at all, in bounded events, the run
 * itself asserts.
 */
export const liveness: CheckerFactory = (context) => new Liveness(context);

class Liveness implements Checker {
  readonly invariant = 'I19';
  private healedAtMs: number | null = null;
  private hasProgressed = false;
  private restarts = 0;
  private state: string | null = null;

  constructor(private readonly context: CheckerContext) {}

  healed(): void {
    this.healedAtMs = this.context.world.nowMs;
  }

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    const isResult = createdResult(event, job) !== null;
    const isProgress = isResult || createdEntry(event, job)?.kind === 'checkpoint';
    // A job that has ended before the healing has no more progress to make.
    if (isResult || (isProgress && this.healedAtMs !== null)) this.hasProgressed = true;
  }

  trace({ actor, fromState, toState, atMs, contextPatch }: TraceRecord): void {
    if (this.healedAtMs === null) return;
    if (!this.hasProgressed && atMs > this.healedAtMs + progressMsMax) {
      throw new Violation('I19', `no checkpoint has completed for ${progressMsMax} ms after the last fault`, {
        state: this.state,
      });
    }
    if (actor !== actorNames.jobMaster(this.context.record.job)) return;
    this.state = toState;
    if (toState !== 'pausing' || fromState === 'pausing') return;
    this.restarts += 1;
    if (this.restarts > restartsMax) {
      throw new Violation('I19', `the job was restarted ${this.restarts} times after the last fault`, {
        cause: contextPatch.cause,
      });
    }
  }
}
