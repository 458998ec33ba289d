import { engineModules } from '../engine-modules.js';
import type { StoreChoice } from '../runtime/cluster/cluster-stores.js';
import { startJobManager } from '../runtime/cluster/start-job-manager.js';
import { type ClusterTarget, placeText } from './cluster-options.js';
import { runProcess, timedLines } from './run-process.js';
import type { Terminal } from './terminal.js';

export interface JobManagerOptions {
  readonly target: ClusterTarget;
  readonly store: StoreChoice;
}

/** Runs the job manager of a cluster until it is told to end. */
export async function jobManagerCommand({ target, store }: JobManagerOptions, terminal: Terminal): Promise<number> {
  const say = timedLines(terminal);
  say(`job manager of ${placeText(target, store)}, process ${process.pid}`);
  return runProcess(await startJobManager({ address: target, store, engine: engineModules, say }), terminal);
}
