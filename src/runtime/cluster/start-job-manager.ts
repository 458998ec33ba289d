import { defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { EngineModules } from '../code/engine-modules.js';
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
import { crash, ProcessEnd, type RunningProcess } from './running-process.js';

export interface JobManagerProcessOptions {
  readonly address: ClusterAddress;
  readonly store: StoreChoice;
  /** What jobs import: their sources list their splits in this process. */
  readonly engine: EngineModules;
  /** Told what goes on, a line each. */
  readonly say: (line: string) => void;
}

/**
 * Starts the job manager of a cluster, on a connection for control and one for storage. It recovers every job of its store that has not
 * ended. Rejects with an EngineError when NATS or the store cannot be had, or when a job manager answers in that cluster already.
 * `stop` leaves the tasks running for the next job manager, which has the orphan timeout of the task managers to come.
 */
export async function startJobManager(options: JobManagerProcessOptions): Promise<RunningProcess> {
  const { address, engine, say } = options;
  const { bus, store, code, watch, links } = await joinCluster(address, jobManagerName, options.store, say);
  const log = new JobManagerLog(address.cluster, say);
  const end = new ProcessEnd(links, async () => manager.close());
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
      telemetry: { trace: (record) => log.trace(record), task: () => undefined },
      panic: (error) => end.end(crash(error)),
    },
    { process: jobManagerName, cluster: defaultClusterOptions },
  );
  watch.begin({
    changed: (up) => tellHeartbeats(manager, up),
    closed: (failure) => end.end(failure),
  });
  return { ended: end.settled, stop: () => end.end(null) };
}

/** While our own connection is down the silence of others proves nothing. */
function tellHeartbeats({ host }: JobManager, up: boolean): void {
  const type = up ? 'connection.up' : 'connection.down';
  for (const actor of host?.actorNames() ?? []) if (actor.startsWith('heartbeat/')) host?.tell(actor, { type });
}
