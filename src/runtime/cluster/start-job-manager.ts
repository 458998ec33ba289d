import { type ClusterOptions, defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { JobId } from '../../../actors/protocol/ids.js';
import type { JobManagerMetrics } from '../../metrics/job-manager-metrics.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { NatsTrace } from '../../transport/nats/nats-trace.js';
import type { EngineModules } from '../code/engine-modules.js';
import { sweepMessages } from '../host/large-messages.js';
import { lifeOf } from '../inspection/life.js';
import { TracePublisher } from '../inspection/trace-publisher.js';
import { LogService } from '../log/log-service.js';
import type { ProcessLog } from '../log/process-log.js';
import { JobManager } from '../process/job-manager.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { nodeFiles } from '../world/files.js';
import { nodeLoops } from '../world/loops.js';
import { nodeOffload } from '../world/offload.js';
import { type ClusterAddress, jobManagerName } from './cluster-address.js';
import type { StoreChoice } from './cluster-stores.js';
import { JobManagerLog } from './job-manager-log.js';
import { joinCluster } from './join-cluster.js';
import type { Readiness } from './readiness.js';
import { crash, ProcessEnd, type RunningProcess } from './running-process.js';

export interface JobManagerProcessOptions {
  readonly address: ClusterAddress;
  readonly store: StoreChoice;
  /** What jobs import: their sources list their splits in this process. */
  readonly engine: EngineModules;
  /** Told what goes on, a line each; other processes can ask for it. */
  readonly log: ProcessLog;
  readonly metrics: JobManagerMetrics;
  readonly readiness: Readiness;
  /** Where timeouts and placement differ from the defaults. */
  readonly cluster?: Partial<ClusterOptions>;
  /** The only job that it leads; absent for all that are given to it. */
  readonly dedicatedTo?: JobId;
  /** Takes the steps of the leader's actors. */
  readonly onTrace?: (record: TraceRecord) => void;
}

/**
 * Starts the job manager of a cluster, on a connection for control and one for storage. It recovers every job of its store that has not
 * ended. Rejects with an EngineError when NATS or the store cannot be had, or when a job manager answers in that cluster already.
 * `stop` leaves the tasks running for the next job manager, which has the orphan timeout of the task managers to come.
 */
export async function startJobManager(options: JobManagerProcessOptions): Promise<RunningProcess> {
  const { address, engine, log, metrics, readiness } = options;
  const { bus, store, code, watch, storage, links } = await joinCluster(
    address,
    jobManagerName,
    options.store,
    (line) => log.warn(line),
  );
  sweepMessages(store.blobs);
  new LogService({ log, link: storage, process: jobManagerName, clock: nodeClock, entropy: nodeEntropy });
  const steps = new JobManagerLog(address.cluster, log);
  const publisher = new TracePublisher({
    line: new NatsTrace(storage),
    clock: nodeClock,
    process: jobManagerName,
    look: () => lifeOf(manager.host),
  });
  const trace = (record: TraceRecord): void => {
    steps.trace(record);
    metrics.trace(record);
    readiness.trace(record);
    options.onTrace?.(record);
    publisher.trace(record);
  };
  const end = new ProcessEnd(links, async () => {
    publisher.close();
    manager.close();
  });
  const manager = new JobManager(
    {
      bus,
      clock: nodeClock,
      loops: nodeLoops,
      entropy: nodeEntropy,
      blobs: store.blobs,
      files: nodeFiles,
      offload: nodeOffload,
      code: code.programs(engine),
      telemetry: { trace, task: () => undefined },
      panic: (error) => end.end(crash(error)),
    },
    {
      process: jobManagerName,
      cluster: { ...defaultClusterOptions, ...options.cluster },
      ...(options.dedicatedTo === undefined ? {} : { dedicatedTo: options.dedicatedTo }),
    },
  );
  readiness.connected(true);
  watch.begin({
    changed: (up) => {
      readiness.connected(up);
      tellHeartbeats(manager, up);
    },
    closed: (failure) => end.end(failure),
  });
  return { ended: end.settled, stop: () => end.end(null) };
}

/** While our own connection is down the silence of others proves nothing. */
function tellHeartbeats({ host }: JobManager, up: boolean): void {
  const type = up ? 'connection.up' : 'connection.down';
  for (const actor of host?.actorNames() ?? []) if (actor.startsWith('heartbeat/')) host?.tell(actor, { type });
}
