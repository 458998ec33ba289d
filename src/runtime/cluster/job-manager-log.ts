import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import type { JobResult } from '../../../actors/protocol/job-graph.js';
import type { ResourceManagerMessage, Shortage } from '../../../actors/resource-manager/messages.js';
import type { TraceRecord } from '../../ports/telemetry.js';

/** What the leader's steps mean to whoever runs the cluster: a line for each change that matters, and for no repetition. */
export class JobManagerLog {
  private short = '';

  constructor(
    private readonly cluster: string,
    private readonly say: (line: string) => void,
  ) {}

  trace(record: TraceRecord): void {
    if (record.verdict.kind === 'dropped') return;
    if (record.actor === 'dispatcher') this.dispatcher(record);
    else if (record.actor === 'resource-manager') this.resourceManager(record);
    else if (record.actor.startsWith('job-master/')) this.jobMaster(record);
  }

  private dispatcher({ message, fromState, toState, contextPatch }: TraceRecord): void {
    if (fromState === null) this.say(`leads cluster '${this.cluster}' with epoch ${String(contextPatch.epoch)}`);
    else if (toState === 'serving' && fromState !== 'serving') this.say('serving');
    if (message.type === 'jobMaster.ended') this.ended((message as AnyMessage & { readonly result: JobResult }).result);
  }

  private ended({ job, outcome, failure }: JobResult): void {
    this.say(`job ${job} ended: ${outcome}${failure === null ? '' : `, ${failure.code}: ${failure.message}`}`);
  }

  private resourceManager(record: TraceRecord): void {
    const message = record.message as ResourceManagerMessage;
    const { taskManagers, shortages } = record.contextPatch;
    if (shortages !== undefined) this.shortages(shortages as readonly Shortage[]);
    if (taskManagers === undefined) return;
    if (message.type === 'resourceManager.register') {
      this.say(`task manager ${message.process} registered with ${message.slots.length} slots`);
    } else if (message.type === 'heartbeat.suspected') this.say(`task manager ${message.process} suspected`);
    else if (message.type === 'heartbeat.lost') this.say(`task manager ${message.process} lost: ${message.reason}`);
  }

  private shortages(shortages: readonly Shortage[]): void {
    const text = shortages
      .map(({ job, wanted, available }) => `job ${job} waits for slots: ${available} of ${wanted} are free`)
      .join('; ');
    if (text !== this.short && text !== '') this.say(text);
    this.short = text;
  }

  private jobMaster({ actor, fromState, toState, contextPatch }: TraceRecord): void {
    if (toState === null || toState === fromState) return;
    const cause = toState === 'pausing' ? (contextPatch.cause as Failure | null | undefined) : null;
    const why = cause == null ? '' : `: ${cause.message}`;
    this.say(`job ${actor.slice('job-master/'.length)} ${toState}${why}`);
  }
}
