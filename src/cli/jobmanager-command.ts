import type { SlotPlacement } from '../../actors/protocol/deployment.js';
import { engineModules } from '../engine-modules.js';
import { JobManagerMetrics } from '../metrics/job-manager-metrics.js';
import { jobManagerName } from '../runtime/cluster/cluster-address.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { startJobManager } from '../runtime/cluster/start-job-manager.js';
import { nodeClock } from '../runtime/world/clock.js';
import { type ClusterTarget, placeText } from './cluster-options.js';
import { Operations } from './operations.js';
import type { OperationsOptions } from './operations-options.js';
import type { Terminal } from './terminal.js';

export interface JobManagerOptions {
  readonly target: ClusterTarget;
  readonly store: StoreChoice;
  readonly placement: SlotPlacement;
  readonly operations: OperationsOptions;
}

/** Runs the job manager of a cluster until it is told to end. */
export async function jobManagerCommand(options: JobManagerOptions, terminal: Terminal): Promise<number> {
  const { target, store, placement } = options;
  const identity = { role: 'jobmanager', cluster: target.cluster, process: jobManagerName } as const;
  const operations = new Operations(identity, options.operations, terminal);
  const { log, readiness } = operations;
  log.info(`job manager of ${placeText(target, store)}, process ${process.pid}`);
  const metrics = new JobManagerMetrics(operations.metrics, nodeClock);
  return operations.run(() =>
    startJobManager({
      address: target,
      store,
      engine: engineModules,
      log,
      metrics,
      readiness,
      cluster: { placement },
    }),
  );
}
