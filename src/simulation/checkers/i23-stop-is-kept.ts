import { actorNames } from '../../../actors/protocol/ids.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { StoreEvent } from '../sim-store.js';
import { isStopWish, stopWithWish } from './log-entries.js';

/**
 * I23: nobody is told to stop before it is durable that somebody wants the job to stop; every job-master that is started afterwards
 * knows, and lets no run of it assign splits, or has the savepoint taken with which it ends; and nobody deletes that wish. Known from the store and the steps of the job-master. That what is read by then is
 * put out, and nothing else, I10 says.
 */
export const stopIsKept: CheckerFactory = (context) => new StopIsKept(context);

class StopIsKept implements Checker {
  readonly invariant = 'I23';
  private isWanted = false;
  /** With a savepoint and without `drain` the sources read on until its barrier. */
  private isDrained = true;
  /** The newest job-master was started when the wish was durable. */
  private mustKnow = false;

  constructor(private readonly context: CheckerContext) {}

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    if (isStopWish(event, job)) {
      this.isWanted = true;
      this.isDrained = stopWithWish(event, job)?.drain ?? true;
    }
    if (event.kind === 'delete' && event.name === `jobs/${job}/stop`) {
      throw new Violation('I23', 'the wish to stop the job was deleted', { process: event.process });
    }
  }

  trace({ actor, message, fromState, toState, effects }: TraceRecord): void {
    if (actor !== actorNames.jobMaster(this.context.record.job)) return;
    if (message.type === 'actor.start') this.mustKnow = this.isWanted;
    const stops = effects.some((effect) => effect.kind === 'tell' && effect.message.type === 'sourceCoordinator.stop');
    if (stops && !this.isWanted) throw new Violation('I23', `${actor} stops the job, and no wish to do so is durable`);
    if (!this.mustKnow || toState !== 'running' || fromState === 'running') return;
    const saves = effects.some((effect) => effect.kind === 'actor.start' && 'stop' in (effect.input as object));
    if (this.isDrained ? !stops : !saves) throw new Violation('I23', `${actor} runs the job on, which is to stop`);
  }
}
