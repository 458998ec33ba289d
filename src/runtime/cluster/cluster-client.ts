import type { JobDescribed, SavepointCompleted } from '../../../actors/checkpoint-coordinator/messages.js';
import type { DispatcherAnswer, DispatcherMessage } from '../../../actors/dispatcher/messages.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { JobRecord, JobResult } from '../../../actors/protocol/job-graph.js';
import type { SavepointName, SavepointWish, StopWithSavepoint } from '../../../actors/protocol/savepoint.js';
import type { RescaleWish } from '../../../actors/protocol/scaling.js';
import { type Versions, versionsText } from '../../../actors/protocol/versions.js';
import type { ResourceDescription, ResourceManagerMessage } from '../../../actors/resource-manager/messages.js';
import { EngineError } from '../../api/engine-error.js';
import { NatsBus } from '../../transport/nats/nats-bus.js';
import type { NatsLink } from '../../transport/nats/nats-link.js';
import type { Bundle } from '../code/bundle.js';
import { ownVersions } from '../code/engine-modules.js';
import { jobTooLarge } from '../code/job-size.js';
import { askEventTimes, type EventTimes } from '../inspection/event-times.js';
import { Client } from '../process/client.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { type ClusterAddress, connectTo, jobManagerName } from './cluster-address.js';
import { openClusterCode } from './cluster-stores.js';

export type JobEnded = Extract<DispatcherAnswer, { type: 'job.ended' }>;
export type SavepointListing = Extract<DispatcherAnswer, { type: 'savepoints.listed' }>;
export type SavepointDescription = Extract<DispatcherAnswer, { type: 'savepoint.described' }>;
export type JobRescaling = Extract<DispatcherAnswer, { type: 'job.rescaling' }>;
export type JobListing = Extract<DispatcherAnswer, { type: 'jobs.listed' }>;

const askEveryMs = 200;
const timesWaitMs = 1_000;

/**
 * Connects to a cluster from outside. Rejects with an EngineError, of `connectNats`. `say` is told why it waits; `waitMs` of the address
 * is also how long each question waits for the job manager.
 */
export async function connectClient(address: ClusterAddress, say: (line: string) => void): Promise<ClusterClient> {
  const troubles: Failure[] = [];
  const process = `client-${nodeEntropy.id()}`;
  const onTrouble = (trouble: Failure): void => void troubles.push(trouble);
  const link = await connectTo(address, process, 'client', { onTrouble, onWaiting: say });
  return new ClusterClient(link, process, address, troubles);
}

/** It takes longer; the job is rescaled all the same. */
export const rescaleTimeout = (job: string, timeoutMs: number): EngineError =>
  new EngineError(
    failure(
      'RESCALE_TIMEOUT',
      'infrastructure',
      `Job '${job}' does not run at its new parallelism after ${timeoutMs / 1_000} s. It will: weir info ${job} tells what it waits for.`,
    ),
  );

/** A connection to a cluster. Every question is asked until it is answered; without an answer it rejects with an EngineError. */
export class ClusterClient {
  private readonly client: Client;

  constructor(
    private readonly link: NatsLink,
    process: string,
    private readonly address: ClusterAddress,
    private readonly troubles: readonly Failure[],
  ) {
    this.client = new Client(new NatsBus(link), nodeClock, process, nodeEntropy.id(), jobManagerName);
  }

  /**
   * Stores the code, then gives the job to the cluster; settles when its record is durable. Doing it again does no harm: the same job is
   * accepted once, and another one under its id rejects with JOB_EXISTS.
   */
  async submit(record: JobRecord, bundle: Bundle): Promise<void> {
    const tooLarge = jobTooLarge(record);
    if (tooLarge !== null) throw new EngineError(tooLarge);
    const code = await openClusterCode(this.link);
    const notStored = await code.store(bundle);
    if (notStored !== null) throw new EngineError(notStored);
    await this.askDispatcher({ type: 'dispatcher.submitJob', record });
  }

  /** Settles when the job's end is under way. Rejects with JOB_UNKNOWN, or with JOB_ENDED when it ended otherwise. */
  async cancel(job: string): Promise<void> {
    await this.askDispatcher({ type: 'dispatcher.cancelJob', job });
  }

  /**
   * Settles with null when no leader will forget that the job is to stop, or with how it had ended already. Rejects with JOB_UNKNOWN.
   * Doing it again does no harm.
   */
  async stop(job: string): Promise<JobResult['outcome'] | null> {
    const answer = await this.askDispatcher({ type: 'dispatcher.stopJob', job });
    return answer.type === 'job.ended' ? answer.result.outcome : null;
  }

  /**
   * Takes a savepoint; settles when it exists and all it holds is committed. Rejects with why it could not be taken, with JOB_ENDED when the job ended
   * first, and after `timeoutMs` with NO_ANSWER: then it may still come.
   */
  async savepoint(job: string, wish: SavepointWish, timeoutMs: number): Promise<SavepointCompleted> {
    const answer = await this.askDispatcher({ type: 'dispatcher.savepointJob', job, wish }, timeoutMs);
    if (answer.type === 'savepoint.completed') return answer;
    throw new EngineError(
      failure('JOB_ENDED', 'user', `Job '${job}' has ended, and no savepoint was taken of it.`, 'never'),
    );
  }

  /** Settles with null when no leader will forget that the job is to end with this savepoint, or with how it has ended. */
  async stopWithSavepoint(job: string, stop: StopWithSavepoint): Promise<JobResult | null> {
    const answer = await this.askDispatcher({ type: 'dispatcher.stopWithSavepoint', job, stop });
    return answer.type === 'job.ended' ? answer.result : null;
  }

  /**
   * Settles when no leader will forget the new parallelism, with what changes, or with null when the job had ended; the job runs at it a moment later.
   * Rejects with why it cannot be: PARALLELISM_INVALID, VERTEX_UNKNOWN, SLOTS_TOO_FEW, JOB_REACTIVE, JOB_STOPPING. Doing it again does no harm.
   */
  async rescale(job: string, wish: RescaleWish): Promise<JobRescaling | null> {
    const answer = await this.askDispatcher({ type: 'dispatcher.rescaleJob', job, wish });
    return answer.type === 'job.rescaling' ? answer : null;
  }

  async savepoints(): Promise<SavepointListing> {
    return (await this.askDispatcher({ type: 'dispatcher.listSavepoints' })) as SavepointListing;
  }

  /** Rejects with SAVEPOINT_UNKNOWN, or with what is wrong with it. */
  async describeSavepoint(name: SavepointName): Promise<SavepointDescription> {
    return (await this.askDispatcher({ type: 'dispatcher.describeSavepoint', name })) as SavepointDescription;
  }

  /** Settles when nothing of it is left. Rejects with SAVEPOINT_UNKNOWN. */
  async deleteSavepoint(name: SavepointName): Promise<void> {
    await this.askDispatcher({ type: 'dispatcher.deleteSavepoint', name });
  }

  async jobs(): Promise<JobListing> {
    return (await this.askDispatcher({ type: 'dispatcher.listJobs' })) as JobListing;
  }

  /**
   * What a job does that has not ended, or how it ended. Asking changes nothing. Rejects with JOB_UNKNOWN, or with what is wrong with the
   * record of a damaged one.
   */
  async describe(job: string): Promise<JobDescribed | JobEnded> {
    return (await this.askDispatcher({ type: 'dispatcher.describeJob', job })) as JobDescribed | JobEnded;
  }

  /** How far the subtasks of a described job are in event time, as task managers say that answer within a second. */
  eventTimes({ record, subtasks }: JobDescribed['job']): Promise<readonly EventTimes[]> {
    const processes = new Set(subtasks.map(({ process }) => process));
    return askEventTimes(this.link, nodeClock, { job: record.job, processes, waitMs: timesWaitMs });
  }

  /** The code that a job was submitted with. */
  async bundleOf(record: JobRecord): Promise<Bundle> {
    const code = await openClusterCode(this.link);
    return new Promise((resolve, reject) => {
      code.load(record, (loaded) => {
        if (loaded.ok) resolve(loaded.bundle);
        else reject(new EngineError(loaded.failure));
      });
    });
  }

  async resources(): Promise<ResourceDescription> {
    const message: ResourceManagerMessage = { type: 'resourceManager.describe' };
    return (await this.ask(message, actorNames.resourceManager)) as AnyMessage as ResourceDescription;
  }

  async close(): Promise<void> {
    this.client.close();
    await this.link.close();
  }

  private async askDispatcher(message: DispatcherMessage, waitMs?: number): Promise<DispatcherAnswer> {
    const answer = (await this.ask(message, actorNames.dispatcher, waitMs)) as DispatcherAnswer;
    if (answer.type === 'job.rejected') throw new EngineError(answer.failure);
    return answer;
  }

  private ask(message: AnyMessage, actor: string, waitMs = this.address.waitMs): Promise<AnyMessage> {
    let absent = false;
    const unreachable = (): void => {
      absent = true;
    };
    return new Promise((resolve, reject) => {
      this.client.ask(
        message,
        askEveryMs,
        waitMs,
        (answer) => {
          if (answer.kind === 'answered') resolve(answer.message);
          else if (answer.kind === 'refused') reject(new EngineError(this.otherVersion(answer.versions)));
          else reject(new EngineError(this.noAnswer(absent, waitMs)));
        },
        { actor, unreachable },
      );
    });
  }

  private otherVersion(theirs: Versions): Failure {
    const message =
      `The job manager of cluster '${this.address.cluster}' is ${versionsText(theirs)}, and this command is ` +
      `${versionsText(ownVersions)}. Use the weir command of the cluster's version.`;
    return failure('VERSION_MISMATCH', 'infrastructure', message, 'never');
  }

  private noAnswer(absent: boolean, waitMs: number): Failure {
    const { cluster } = this.address;
    const trouble = this.troubles.at(-1);
    if (trouble !== undefined) return trouble;
    const within = `within ${waitMs / 1_000} s`;
    return absent
      ? failure(
          'NO_JOB_MANAGER',
          'infrastructure',
          `No job manager runs in cluster '${cluster}': nobody listened ${within}. Start one with weir jobmanager, or name the cluster with --cluster.`,
        )
      : failure(
          'NO_ANSWER',
          'infrastructure',
          `The job manager of cluster '${cluster}' gave no answer ${within}. Look at what it says, or give it longer with --wait.`,
        );
  }
}
