import { defaultClusterOptions } from '../../../actors/protocol/deployment.js';
import type { Failure } from '../../../actors/protocol/failure.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import type { TaskManagerMetrics } from '../../metrics/task-manager-metrics.js';
import type { ClientOutput } from '../../ports/client-output.js';
import type { TaskTrace, TraceRecord } from '../../ports/telemetry.js';
import { MemoryDataLinks } from '../../transport/memory/memory-data-links.js';
import { anonymousAccess } from '../../transport/nats/access.js';
import { NatsTrace } from '../../transport/nats/nats-trace.js';
import type { EngineModules } from '../code/engine-modules.js';
import { EventTimesService } from '../inspection/event-times.js';
import { lifeOf } from '../inspection/life.js';
import { TracePublisher } from '../inspection/trace-publisher.js';
import { LogService } from '../log/log-service.js';
import type { ProcessLog } from '../log/process-log.js';
import { TaskManager } from '../process/task-manager.js';
import { slotThreads } from '../worker/slot-threads.js';
import { createThreadedTaskHost } from '../worker/threaded-task-host.js';
import { nodeClock } from '../world/clock.js';
import { nodeEntropy } from '../world/entropy.js';
import { nodeFiles } from '../world/files.js';
import { nodeLoops } from '../world/loops.js';
import { nodeOffload } from '../world/offload.js';
import { nodeQueue } from '../world/queue.js';
import { defaultStateFolder, ownStateFolder, requireStateFolder, sweepStateFolder } from '../world/state-folder.js';
import { type ClusterAddress, jobManagerName } from './cluster-address.js';
import type { StoreChoice } from './cluster-stores.js';
import { joinCluster } from './join-cluster.js';
import type { Readiness } from './readiness.js';
import { crash, ProcessEnd, type RunningProcess } from './running-process.js';
import { TaskManagerLog } from './task-manager-log.js';

export interface TaskManagerProcessOptions {
  readonly address: ClusterAddress;
  readonly store: StoreChoice;
  readonly process: ProcessName;
  readonly slots: number;
  /** The managed memory of each of them. */
  readonly slotMemoryBytes: number;
  /** For keyed state on disk; null for one of the operating system for what is temporary. */
  readonly stateFolder: string | null;
  /** What jobs import, and the URL of the built module that exports it. */
  readonly engine: EngineModules;
  readonly engineUrl: string;
  /** Gets what jobs print and collect in slots of this process. */
  readonly client: ClientOutput;
  /** Told what goes on, a line each, and what jobs write to their consoles; other processes can ask for it. */
  readonly log: ProcessLog;
  readonly metrics: TaskManagerMetrics;
  readonly readiness: Readiness;
}

/**
 * Starts a task manager. This thread runs its actors and no code of jobs; each slot gets a thread of its own, with its own data
 * connection, for each job run. Rejects with an EngineError when NATS, the store or the name cannot be had. `stop` drains: nothing new
 * is taken, what runs is ended, and the leader moves it elsewhere.
 */
export async function startTaskManager(options: TaskManagerProcessOptions): Promise<RunningProcess> {
  const { address, process, slots, slotMemoryBytes, engine, engineUrl, client, log, metrics, readiness } = options;
  const stateFolder = options.stateFolder ?? defaultStateFolder();
  if (options.stateFolder !== null) await requireStateFolder(stateFolder);
  await sweepStateFolder(stateFolder);
  const { bus, store, code, watch, storage, links } = await joinCluster(address, process, options.store, (line) =>
    log.warn(line),
  );
  new LogService({ log, link: storage, process, clock: nodeClock, entropy: nodeEntropy });
  const times = new EventTimesService(storage, process);
  const { servers, cluster, access = anonymousAccess } = address;
  const threads = slotThreads({
    engine: engineUrl,
    bundles: code,
    store: store.forSlots,
    state: { folder: ownStateFolder(stateFolder) },
    links: { kind: 'nats', servers, cluster, access, deadlineMs: defaultClusterOptions.deployTimeoutMs / 2 },
  });
  const steps = new TaskManagerLog(cluster, log);
  const publisher = new TracePublisher({
    line: new NatsTrace(storage),
    clock: nodeClock,
    process,
    look: () => lifeOf(manager.host),
  });
  const end = new ProcessEnd(links, () => {
    publisher.close();
    manager.close();
    return manager.tasks.ended;
  });
  const trace = (record: TraceRecord): void => {
    steps.trace(record);
    metrics.trace(record);
    readiness.trace(record);
    publisher.trace(record);
    if (record.actor !== actorNames.taskManager) return;
    if (record.toState === 'drained') end.end(null);
    if (record.toState === 'refused') end.end(record.contextPatch.refusal as Failure);
  };
  const task = (fact: TaskTrace): void => {
    steps.task(fact);
    metrics.task(fact);
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
      telemetry: { trace, task },
      panic: (error) => end.end(crash(error)),
    },
    { process, slots, slotMemoryBytes, leader: jobManagerName, cluster: defaultClusterOptions, development: false },
    (ports) =>
      createThreadedTaskHost({
        ...ports,
        threads,
        counted: (slot, counts) => {
          metrics.counted(slot, counts);
          times.counted(slot, counts);
        },
        console: (slot, allocation, line) => steps.console(slot, allocation, line),
      }),
  );
  readiness.connected(true);
  watch.begin({ changed: (up) => readiness.connected(up), closed: (failure) => end.end(failure) });
  return { ended: end.settled, stop: () => manager.host.tell(actorNames.taskManager, { type: 'taskManager.drain' }) };
}
