import { alignmentActor } from '../../../actors/alignment/machine.js';
import { checkpointCoordinatorActor } from '../../../actors/checkpoint-coordinator/machine.js';
import { dispatcherActor } from '../../../actors/dispatcher/machine.js';
import type { DispatcherInput } from '../../../actors/dispatcher/messages.js';
import { failureHistoryActor } from '../../../actors/failure-history/machine.js';
import { heartbeatActor } from '../../../actors/heartbeat/machine.js';
import { jobMasterActor } from '../../../actors/job-master/machine.js';
import type { ClusterOptions } from '../../../actors/protocol/deployment.js';
import type { Epoch, JobId, ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import { resourceManagerActor } from '../../../actors/resource-manager/machine.js';
import type { ResourceManagerInput } from '../../../actors/resource-manager/messages.js';
import { sourceCoordinatorActor } from '../../../actors/source-coordinator/machine.js';
import { ownVersions } from '../code/engine-modules.js';
import { ActorHost } from '../host/actor-host.js';
import { DeadlineStore } from '../host/deadline-store.js';
import { Discovery } from '../host/discovery.js';
import { LargeMessages } from '../host/large-messages.js';
import { Records } from '../host/records.js';
import { Sweeper } from '../host/sweeper.js';
import { jobManagerWire } from '../host/wire-messages.js';
import { claimEpoch } from './epoch.js';
import type { ProcessPorts } from './ports.js';

export const jobManagerRoles = {
  dispatcher: dispatcherActor,
  'resource-manager': resourceManagerActor,
  heartbeat: heartbeatActor,
  'job-master': jobMasterActor,
  'checkpoint-coordinator': checkpointCoordinatorActor,
  'source-coordinator': sourceCoordinatorActor,
  alignment: alignmentActor,
  'failure-history': failureHistoryActor,
} as const;

export interface JobManagerOptions {
  readonly process: ProcessName;
  readonly cluster: ClusterOptions;
  /** The only job that it leads; absent for all that are given to it. */
  readonly dedicatedTo?: JobId;
}

/** A job manager runs no task and starts no program: it needs no links and nobody's output. */
export type JobManagerPorts = Omit<ProcessPorts, 'links' | 'client'>;

/** A job manager from its start to its end. Until its epoch is claimed it leads nothing and listens to nobody. */
export class JobManager {
  host: ActorHost | null = null;
  private closed = false;

  constructor(
    private readonly ports: JobManagerPorts,
    private readonly options: JobManagerOptions,
  ) {
    const blobs = new DeadlineStore(ports.blobs, ports.clock, options.cluster.storeTimeoutMs);
    claimEpoch(blobs, ports.clock, (claim) => {
      if (this.closed) return;
      if (claim.ok) this.lead(claim.epoch, blobs);
      else ports.panic(claim.failure);
    });
  }

  close(): void {
    this.closed = true;
    this.host?.close();
  }

  private lead(epoch: Epoch, blobs: DeadlineStore): void {
    const { ports, options } = this;
    const { process, cluster } = options;
    const incarnation = ports.entropy.id();
    const discovery = new Discovery(ports.code, ports.files, ports.offload, ports.clock, cluster.deployTimeoutMs);
    const host = new ActorHost(
      {
        bus: ports.bus,
        clock: ports.clock,
        loops: ports.loops,
        telemetry: ports.telemetry,
        panic: (error) => {
          this.close();
          ports.panic(error);
        },
        large: new LargeMessages(blobs, ports.clock, { process, incarnation }),
        records: new Records(blobs),
        sweeper: new Sweeper(blobs),
        discovery,
        tasks: null,
      },
      { process, incarnation, epoch, roles: jobManagerRoles, wire: jobManagerWire, versions: ownVersions },
    );
    this.host = host;
    const resourceManager: ResourceManagerInput = { epoch, versions: ownVersions, options: cluster };
    const dispatcher: DispatcherInput = {
      epoch,
      process,
      incarnation,
      options: cluster,
      ...(options.dedicatedTo === undefined ? {} : { dedicatedTo: options.dedicatedTo }),
    };
    host.startActor('resource-manager', actorNames.resourceManager, resourceManager);
    host.startActor('dispatcher', actorNames.dispatcher, dispatcher);
  }
}
