import { availableParallelism } from 'node:os';
import { engineModules, engineUrl } from '../engine-modules.js';
import { TaskManagerMetrics } from '../metrics/task-manager-metrics.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { startTaskManager } from '../runtime/cluster/start-task-manager.js';
import { nodeEntropy } from '../runtime/world/entropy.js';
import { clientLines } from './client-lines.js';
import { type ClusterTarget, placeText } from './cluster-options.js';
import { Operations } from './operations.js';
import type { OperationsOptions } from './operations-options.js';
import type { Terminal } from './terminal.js';

export interface TaskManagerOptions {
  readonly target: ClusterTarget;
  readonly store: StoreChoice;
  /** null: as many as there are processors. */
  readonly slots: number | null;
  /** null: drawn. */
  readonly name: string | null;
  /** null: one of the operating system for what is temporary. */
  readonly stateFolder: string | null;
  /** Per slot; null: the default. */
  readonly stateMemoryBytes: number | null;
  readonly operations: OperationsOptions;
}

/** Runs a task manager until it is told to end. What jobs print in its slots goes to stdout. */
export async function taskManagerCommand(options: TaskManagerOptions, terminal: Terminal): Promise<number> {
  const { target, store, stateFolder, stateMemoryBytes } = options;
  const slots = options.slots ?? availableParallelism();
  const name = options.name ?? `tm-${nodeEntropy.id().slice(0, 8)}`;
  const identity = { role: 'taskmanager', cluster: target.cluster, process: name } as const;
  const operations = new Operations(identity, options.operations, terminal);
  const { log, readiness } = operations;
  log.info(`task manager ${name}, ${slots} slots, of ${placeText(target, store)}, process ${process.pid}`);
  const metrics = new TaskManagerMetrics(operations.metrics, slots);
  return operations.run(() =>
    startTaskManager({
      address: target,
      store,
      process: name,
      slots,
      stateFolder,
      stateMemoryBytes,
      engine: engineModules,
      engineUrl,
      client: clientLines((line) => terminal.out(line)),
      log,
      metrics,
      readiness,
    }),
  );
}
