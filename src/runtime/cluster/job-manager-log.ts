import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import { type Epoch, epochOf, jobRun, runText } from '../../../actors/protocol/ids.js';
import type { JobResult } from '../../../actors/protocol/job-graph.js';
import { bytesText } from '../../../actors/protocol/memory-size.js';
import type { PastFailure } from '../../../actors/protocol/past-failure.js';
import type {
  ResourceManagerFact,
  ResourceManagerMessage,
  Shortage,
} from '../../../actors/resource-manager/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { LogLevel } from '../log/log-line.js';
import type { ProcessLog } from '../log/process-log.js';
import { DropLog } from './drop-log.js';
import { shortageText } from './shortage-text.js';
import { sayStep } from './step-log.js';

/** What the leader's steps mean to whoever runs the cluster: a line for each change that matters, and for no repetition. */
export class JobManagerLog {
  private short = '';
  private epoch: Epoch = 0;
  /** By job, of those that have a job-master. */
  private readonly rounds = new Map<string, number>();
  private readonly drops: DropLog;

  constructor(
    private readonly cluster: string,
    private readonly log: ProcessLog,
  ) {
    this.drops = new DropLog((line) => log.warn(line));
  }

  trace(record: TraceRecord): void {
    this.drops.note(record);
    if (record.verdict.kind === 'dropped') return;
    if (record.actor === 'dispatcher') this.dispatcher(record);
    else if (record.actor === 'resource-manager') this.resourceManager(record);
    else if (record.actor.startsWith('job-master/')) this.jobMaster(record);
    else if (record.actor.startsWith('checkpoint-coordinator/')) this.checkpoint(record);
    sayStep(this.log, record);
  }

  private dispatcher({ message, fromState, toState, contextPatch, incarnation }: TraceRecord): void {
    if (fromState === null) {
      this.epoch = contextPatch.epoch as Epoch;
      this.log.identify({ incarnation, epoch: this.epoch });
      this.log.info(`leads cluster '${this.cluster}' with epoch ${this.epoch}`);
    } else if (toState === 'serving' && fromState !== 'serving') this.log.info('serving');
    const refusal = contextPatch.refusal as Failure | null | undefined;
    if (refusal != null) this.log.warn(`the jobs cannot be listed yet: ${refusal.message}`, { code: refusal.code });
    if (message.type === 'jobMaster.ended') this.ended((message as AnyMessage & { readonly result: JobResult }).result);
  }

  private ended({ job, outcome, failure }: JobResult): void {
    const text = `job ${job} ended: ${outcome}`;
    if (failure === null) this.log.info(text, { job });
    else {
      const { code, message, stack } = failure;
      this.log.error(`${text}, ${code}: ${message}`, { job, code, stack });
    }
  }

  private resourceManager(record: TraceRecord): void {
    const message = record.message as ResourceManagerMessage;
    this.refused(record);
    const { taskManagers, shortages } = record.contextPatch;
    if (shortages !== undefined) this.shortages(shortages as readonly Shortage[]);
    if (taskManagers === undefined) return;
    if (message.type === 'resourceManager.register') {
      this.log.info(
        `task manager ${message.process} registered with ${message.slots.length} slots of ${bytesText(message.slotMemoryBytes)}`,
      );
    } else if (message.type === 'heartbeat.suspected') this.log.warn(`task manager ${message.process} suspected`);
    else if (message.type === 'heartbeat.lost') {
      this.log.warn(`task manager ${message.process} lost: ${message.reason}`);
    }
  }

  /** It has the same answer, and ends with it. */
  private refused({ effects }: TraceRecord): void {
    for (const effect of effects) {
      if (effect.kind !== 'answer' || effect.message.type !== 'resourceManager.refused') continue;
      const { failure } = effect.message as Extract<ResourceManagerFact, { type: 'resourceManager.refused' }>;
      this.log.warn(`refused: ${failure.message}`, { code: failure.code });
    }
  }

  private shortages(shortages: readonly Shortage[]): void {
    const text = shortages.map((shortage) => `job ${shortage.job} ${shortageText(shortage)}`).join('; ');
    const [only, ...more] = shortages;
    if (text !== this.short && text !== '') this.log.warn(text, { job: more.length === 0 ? only?.job : undefined });
    this.short = text;
  }

  private jobMaster({ actor, fromState, toState, contextPatch }: TraceRecord): void {
    const job = actor.slice('job-master/'.length);
    const round = (contextPatch.round as number | undefined) ?? this.rounds.get(job) ?? 1;
    this.rounds.set(job, round);
    const refusal = refusalIn(contextPatch, this.epoch);
    if (refusal !== null) {
      this.log.warn(`job ${job} waits for the store, which is asked again: ${refusal.message}`, {
        job,
        code: refusal.code,
      });
    }
    if (toState === null || toState === fromState) return;
    if (endStates.has(toState)) this.rounds.delete(job);
    const cause = toState === 'pausing' ? (contextPatch.cause as Failure | null | undefined) : null;
    const why = cause == null ? '' : `: ${cause.message}`;
    const level: LogLevel = cause == null ? 'info' : 'warn';
    const run = runText(jobRun(this.epoch, round));
    this.log.say(level, `job ${job} ${toState}${why}`, { job, run, code: cause?.code, stack: cause?.stack });
  }

  private checkpoint({ actor, fromState, toState, contextPatch }: TraceRecord): void {
    if (toState !== 'aborting' || fromState === 'aborting') return;
    const cause = contextPatch.cause as Failure | null | undefined;
    const job = actor.slice('checkpoint-coordinator/'.length);
    this.log.warn(`job ${job}: a checkpoint failed${cause == null ? '' : `: ${cause.message}`}`, {
      job,
      code: cause?.code,
    });
  }
}

/** What the store said, if it has said it just now, and not to an earlier leader. */
function refusalIn({ history }: Readonly<Record<string, unknown>>, epoch: Epoch): Failure | null {
  const last = (history as readonly PastFailure[] | undefined)?.at(-1);
  return last?.where === 'store' && epochOf(last.run) === epoch ? last.failure : null;
}

const endStates: ReadonlySet<string> = new Set(['finished', 'failed', 'canceled', 'superseded']);
