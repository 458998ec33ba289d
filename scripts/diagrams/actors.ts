import { alignmentActor } from '../../actors/alignment/machine.js';
import { checkpointCoordinatorActor } from '../../actors/checkpoint-coordinator/machine.js';
import { dispatcherActor } from '../../actors/dispatcher/machine.js';
import { failureHistoryActor } from '../../actors/failure-history/machine.js';
import { heartbeatActor } from '../../actors/heartbeat/machine.js';
import { jobMasterActor } from '../../actors/job-master/machine.js';
import type { Actor } from '../../actors/kernel/actor.js';
import { resourceManagerActor } from '../../actors/resource-manager/machine.js';
import { slotActor } from '../../actors/slot/machine.js';
import { sourceCoordinatorActor } from '../../actors/source-coordinator/machine.js';
import { subtaskActor } from '../../actors/subtask/machine.js';
import { taskManagerActor } from '../../actors/task-manager/machine.js';

/** Every actor of the engine, in the order in which a job meets them. */
export const allActors: readonly Actor[] = [
  dispatcherActor,
  resourceManagerActor,
  heartbeatActor,
  jobMasterActor,
  failureHistoryActor,
  sourceCoordinatorActor,
  alignmentActor,
  checkpointCoordinatorActor,
  taskManagerActor,
  slotActor,
  subtaskActor,
];
