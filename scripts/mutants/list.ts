import type { Mutant } from './mutant.js';
import { alignmentMutants } from './planted/alignment.js';
import { checkpointMutants } from './planted/checkpoints.js';
import { clusterMutants } from './planted/cluster.js';
import { dataPlaneMutants } from './planted/data-plane.js';
import { hostMutants } from './planted/host.js';
import { operatorStateMutants } from './planted/operator-state.js';
import { rescalingMutants } from './planted/rescaling.js';
import { retentionMutants } from './planted/retention.js';
import { savepointMutants } from './planted/savepoints.js';
import { sinkMutants } from './planted/sinks.js';
import { sourceMutants } from './planted/sources.js';
import { stateMutants } from './planted/state.js';
import { stopMutants } from './planted/stopping.js';
import { timeMutants } from './planted/time.js';
import { windowMutants } from './planted/windows.js';

/** The planted defects, each of which the simulator has to find. */
export const mutants: readonly Mutant[] = [
  ...checkpointMutants,
  ...sourceMutants,
  ...clusterMutants,
  ...dataPlaneMutants,
  ...stateMutants,
  ...sinkMutants,
  ...hostMutants,
  ...stopMutants,
  ...savepointMutants,
  ...retentionMutants,
  ...rescalingMutants,
  ...timeMutants,
  ...windowMutants,
  ...operatorStateMutants,
  ...alignmentMutants,
];
