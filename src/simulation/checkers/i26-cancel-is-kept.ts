import { actorNames } from '../../../actors/protocol/ids.js';
import type { JobResult } from '../../../actors/protocol/job-graph.js';
import type { CheckpointManifest } from '../../../actors/protocol/manifest.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Checker, CheckerContext, CheckerFactory } from '../checker.js';
import { Violation } from '../checker.js';
import type { FileEvent } from '../sim-files.js';
import type { StoreEvent } from '../sim-store.js';
import { cancelKey, completedCheckpoint, createdResult, idText, isCancelWish, outlives } from './log-entries.js';
import { blobFault, blobsOf } from './manifest-blobs.js';
import { committedPath } from './parts.js';

/**
 * I26: nobody is told to cancel before it is durable that somebody wants that; nobody deletes that wish; a job-master that is started after a
 * client was told runs nothing; and a job is canceled only when somebody wanted it. Of a job that was canceled, what is retained can be
 * restored where it is to outlive it, and is gone where the sweep has ended and it is not, unless the store may have lost a deletion. Where every slot has said that it is closed, and none was lost before, slots
 * are empty and nothing is committed after the result. Known from the store, file events, the steps of the job-master, and what clients hear.
 */
export const cancelIsKept: CheckerFactory = (context) => new CancelIsKept(context);

/** After these something of a run may live on that its leader cannot reach. */
const losses: ReadonlySet<string> = new Set(['resourceManager.taskManagerLost', 'ask.expired', 'ask.absent']);

class CancelIsKept implements Checker {
  readonly invariant = 'I26';
  private isWanted = false;
  /** A client was told. */
  private isPromised = false;
  /** The newest job-master was started after that. */
  private mustKnow = false;
  private lives = 0;
  /** Nothing of any run can be left behind: each slot that was ever opened has said that it is closed. */
  private isClean = true;
  private isSwept = false;
  private result: JobResult | null = null;
  private latest: CheckpointManifest | null = null;

  constructor(private readonly context: CheckerContext) {}

  canceled(): void {
    if (!this.isWanted) throw new Violation('I26', 'a client was told of a cancel that is not durable');
    this.isPromised = true;
  }

  store(event: StoreEvent): void {
    const { job } = this.context.record;
    if (isCancelWish(event, job)) this.isWanted = true;
    if (event.kind === 'delete' && event.name === cancelKey(job))
      throw new Violation('I26', 'the wish to cancel the job was deleted', { process: event.process });
    this.result ??= createdResult(event, job);
    // What was on its way when the job ended is void.
    if (this.result === null) this.latest = completedCheckpoint(event, job) ?? this.latest;
    if (this.result?.outcome === 'canceled' && !this.isWanted)
      throw new Violation('I26', 'the job is canceled, and nobody wanted that');
  }

  trace({ actor, message, fromState, toState, effects }: TraceRecord): void {
    if (actor !== actorNames.jobMaster(this.context.record.job)) return;
    if (message.type === 'actor.start') {
      this.lives += 1;
      this.mustKnow = this.isPromised;
      if (this.lives > 1) this.isClean = false;
    }
    if (message.type === 'jobMaster.cancel' && !this.isWanted)
      throw new Violation('I26', `${actor} is told to cancel, and no wish to do so is durable`);
    if (losses.has(message.type)) this.isClean = false;
    const hasWaited = fromState === 'pausing' && message.type !== 'slot.closed' && toState !== 'pausing';
    if (hasWaited) this.isClean = false;
    if (toState === 'canceled' && message.type === 'blobs.swept') this.isSwept = true;
    const claims = effects.some(({ kind }) => kind === 'record.create') && toState === 'retrievingCheckpoint';
    if (this.mustKnow && claims) throw new Violation('I26', `${actor} runs the job on, which is to be canceled`);
  }

  file(event: FileEvent): void {
    if (this.result?.outcome !== 'canceled' || !this.isClean || committedPath(event) === null) return;
    const { process, life } = event;
    throw new Violation('I26', `${event.path} was committed after the job was canceled`, { process, life });
  }

  /** A deletion that was lost leaves an orphan, which is allowed. */
  private get isStoreSound(): boolean {
    const { storeLate, storeMute, storeLost } = this.context.world.rates;
    return storeLate + storeMute + storeLost === 0;
  }

  ended(): void {
    if (this.result?.outcome !== 'canceled') return;
    if (this.isClean && this.context.slots().length > 0)
      throw new Violation('I26', 'the job is canceled, and a slot holds something of it');
    if (this.latest === null) return;
    const isKept = outlives(this.context.record.graph.options, this.result);
    const id = idText(this.latest.id);
    for (const [name, handle] of blobsOf(this.latest)) {
      const fault = blobFault(this.context.store, handle);
      if (isKept && fault !== null)
        throw new Violation('I26', `checkpoint ${id} of the canceled job is kept: ${fault}`);
      if (!isKept && this.isSwept && this.isStoreSound && this.context.store.blobs.has(name))
        throw new Violation('I26', `${name} of checkpoint ${id} is left of the canceled job`);
    }
  }
}
