import type { DispatcherMessage, JobSummary } from '../../../actors/dispatcher/messages.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import { failure } from '../../../actors/protocol/failure.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { JobRecord, JobResult } from '../../../actors/protocol/job-graph.js';
import { EngineError } from '../../api/engine-error.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import type { Bundle } from '../code/bundle.js';
import { type ClusterClient, connectClient } from './cluster-client.js';
import type { RunningProcess } from './running-process.js';
import { type JobManagerProcessOptions, startJobManager } from './start-job-manager.js';

export interface ApplicationOptions extends Omit<JobManagerProcessOptions, 'dedicatedTo'> {
  readonly record: JobRecord;
  readonly bundle: Bundle;
  /** The record of a job that begins with a savepoint, which the cluster is asked about; the same each time. */
  readonly begin?: (client: ClusterClient) => Promise<JobRecord>;
}

/**
 * Starts a cluster for one job: a job manager in this process, which leads that job and nothing else, and gives it the job. Task
 * managers of the cluster run it, whoever starts them. A job that was begun by an earlier one goes on from its newest checkpoint. Rejects
 * with an EngineError when NATS or the store cannot be had, and with CLUSTER_TAKEN when a job manager answers in that cluster already.
 */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const application = new Application(options);
  await application.start();
  return application;
}

/** A job and the cluster that ends with it. */
export class Application {
  /** How the job ended; null when `stop` came before. Rejects with an EngineError when it was not taken, or when the process broke. */
  readonly result: Promise<JobResult | null>;
  /** True once it is known that the job had ended before: nothing was run now, and the result is that of the earlier run. */
  hadEnded = false;
  private manager: RunningProcess | null = null;
  private client: ClusterClient | null = null;
  private submitted: Promise<void> = Promise.resolve();
  private resolve: (result: JobResult | null) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(private readonly options: ApplicationOptions) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Where the start fails, it tells by itself, and nobody waits for the result.
    this.result.catch(() => null);
  }

  async start(): Promise<void> {
    const { record, bundle: _, begin: __, ...options } = this.options;
    const { address, log } = options;
    const onTrace = (trace: TraceRecord): void => this.onTrace(trace);
    const manager = await startJobManager({ ...options, dedicatedTo: record.job, onTrace }).catch((error: unknown) =>
      Promise.reject(taken(error, address.cluster)),
    );
    this.manager = manager;
    manager.ended.then((why) => this.managerEnded(why), this.reject);
    try {
      this.client = await connectClient(address, (line) => log.warn(line));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.submitted = this.submit(this.client);
    this.submitted.catch(this.reject);
  }

  /** Ends the job without a result; `result` tells when that is done. */
  cancel(): void {
    this.submitted
      .then(() => this.client?.cancel(this.options.record.job))
      .catch((error: unknown) => {
        // It may have ended in the meantime; then its result says how.
        if (!(error instanceof EngineError && error.code === 'JOB_ENDED')) this.reject(error);
      });
  }

  /**
   * Ends the job manager and its connections, and leaves the job as it is; settles when they are gone. The tasks go on for the orphan
   * timeout, and the job from its newest checkpoint when it is started again.
   */
  async stop(): Promise<void> {
    await this.client?.close();
    this.manager?.stop();
    await this.manager?.ended;
  }

  /** Its record is durable before this says that the job is taken; the same job again is the same. */
  private async submit(client: ClusterClient): Promise<void> {
    const { bundle, begin } = this.options;
    const record = (await begin?.(client)) ?? this.options.record;
    await client.submit(record, bundle);
    const { jobs } = await client.jobs();
    const summary = jobs.find(({ job }) => job === record.job);
    if (summary === undefined || summary.state === 'running') return;
    this.hadEnded = true;
    this.resolve(resultOf(summary));
  }

  /** The leader's own word is earlier than any answer to a client. */
  private onTrace(trace: TraceRecord): void {
    this.options.onTrace?.(trace);
    if (trace.actor !== actorNames.dispatcher || trace.verdict.kind !== 'taken') return;
    const message = trace.message as DispatcherMessage;
    if (message.type === 'jobMaster.ended') this.resolve(message.result);
  }

  private managerEnded(why: Failure | null): void {
    if (why === null) this.resolve(null);
    else this.reject(new EngineError(why));
  }
}

const resultOf = ({ job, state, failure: cause }: JobSummary): JobResult => ({
  format: 1,
  job,
  outcome: state === 'finished' || state === 'canceled' ? state : 'failed',
  failure: cause,
});

function taken(error: unknown, cluster: string): unknown {
  if (!(error instanceof EngineError) || error.code !== 'NAME_TAKEN') return error;
  const message =
    `A job manager runs in cluster '${cluster}' already. ` +
    'Give it the job with weir submit, or name another cluster: weir run --cluster <name>.';
  return new EngineError(failure('CLUSTER_TAKEN', 'user', message, 'never'));
}
