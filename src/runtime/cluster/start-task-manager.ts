import { defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { ClientOutput } from '../../ports/client-output.js';
import type { TraceRecord } from '../../ports/telemetry.js';
import { MemoryDataLinks } from '../../transport/memory/memory-data-links.js';
import type { EngineModules } from '../code/engine-modules.js';
import { TaskManager } from '../process/task-manager.js';
import { slotThreads } from '../worker/slot-threads.js';
import { createThreadedTaskHost } from '../worker/threaded-task-host.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { nodeFiles } from '../world/files.js';
import { nodeLoops } from '../world/loops.js';
import { nodeOffload } from '../world/offload.js';
import { nodeQueue } from '../world/queue.js';
import { type ClusterAddress, jobManagerName } from './cluster-address.js';
import type { StoreChoice } from './cluster-stores.js';
import { joinCluster } from './join-cluster.js';
import { crash, ProcessEnd, type RunningProcess } from './running-process.js';
import { TaskManagerLog } from './task-manager-log.js';

export interface TaskManagerProcessOptions {
  readonly address: ClusterAddress;
  readonly store: StoreChoice;
  readonly process: ProcessName;
  readonly slots: number;
  /** What jobs import, and the URL of the built module that exports it. */
  readonly engine: EngineModules;
  readonly engineUrl: string;
  /** Gets what jobs print and collect in slots of this process. */
  readonly client: ClientOutput;
  /** Told what goes on, a line each. */
  readonly say: (line: string) => void;
}

/**
 * Starts a task manager. This thread runs its actors and no code of jobs; each slot gets a thread of its own, with its own data
 * connection, for each job run. Rejects with an EngineError when NATS, the store or the name cannot be had. `stop` drains: nothing new
 * is taken, what runs is ended, and the leader moves it elsewhere.
 */
export async function startTaskManager(options: TaskManagerProcessOptions): Promise<RunningProcess> {
  const { address, process, slots, engine, engineUrl, client, say } = options;
  const { bus, store, code, watch, links } = await joinCluster(address, process, options.store, say);
  const { servers, cluster } = address;
  const threads = slotThreads({
    engine: engineUrl,
    bundles: code,
    store: store.forSlots,
    links: { kind: 'nats', servers, cluster, deadlineMs: defaultClusterOptions.deployTimeoutMs / 2 },
  });
  const log = new TaskManagerLog(cluster, say);
  const end = new ProcessEnd(links, () => {
    manager.close();
    return manager.tasks.ended;
  });
  const trace = (record: TraceRecord): void => {
    log.trace(record);
    if (record.actor === actorNames.taskManager && record.toState === 'drained') end.end(null);
  };
  const manager = new TaskManager(
    {
      bus,
      // Slots of this process reach each other and the others from their own threads.
      links: new MemoryDataLinks(nodeQueue),
      clock: nodeClock,
      loops: nodeLoops,
      entropy: nodeEntropy,
      blobs: store.blobs,
      files: nodeFiles,
      offload: nodeOffload,
      client,
      code: code.programs(engine),
      telemetry: { trace, task: (fact) => log.task(fact) },
      panic: (error) => end.end(crash(error)),
    },
    { process, slots, leader: jobManagerName, cluster: defaultClusterOptions, development: false },
    (ports) => createThreadedTaskHost({ ...ports, threads }),
  );
  watch.begin({ changed: () => undefined, closed: (failure) => end.end(failure) });
  return { ended: end.settled, stop: () => manager.host.tell(actorNames.taskManager, { type: 'taskManager.drain' }) };
}
