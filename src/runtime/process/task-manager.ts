import type { ClusterOptions } from '../../../actors/protocol/deployment.js';
import type { Incarnation, ProcessName } from '../../../actors/protocol/ids.js';
import { actorNames } from '../../../actors/protocol/ids.js';
import { slotActor } from '../../../actors/slot/machine.js';
import { subtaskActor } from '../../../actors/subtask/machine.js';
import { taskManagerActor } from '../../../actors/task-manager/machine.js';
import type { TaskManagerInput } from '../../../actors/task-manager/messages.js';
import type { TaskHost } from '../../ports/task-host.js';
import type { TaskHostPorts } from '../../task/task-host-ports.js';
import type { TaskOptions } from '../../task/task-options.js';
import { ownVersions } from '../code/engine-modules.js';
import { ActorHost } from '../host/actor-host.js';
import { DeadlineStore } from '../host/deadline-store.js';
import { LargeMessages } from '../host/large-messages.js';
import { taskManagerWire } from '../host/wire-messages.js';
import type { ProcessPorts } from './ports.js';

export const taskManagerRoles = { 'task-manager': taskManagerActor, slot: slotActor, subtask: subtaskActor } as const;

export interface TaskManagerOptions {
  readonly process: ProcessName;
  readonly slots: number;
  /** The managed memory of each of them. */
  readonly slotMemoryBytes: number;
  /** The process it registers with. */
  readonly leader: ProcessName;
  readonly cluster: ClusterOptions;
  /** Freezes what user code is handed, so that a change in place throws where it happens. */
  readonly development: boolean;
  /** Of the data plane; what is left out has its default. */
  readonly tasks?: Partial<TaskOptions>;
}

/** What the data plane is made from, but for stores: its slots may be elsewhere. */
export type DataPlanePorts = Omit<TaskHostPorts, 'stores'>;

/** A task manager from its start to its end: its actors, and the data plane of its slots as `createTasks` makes it. */
export class TaskManager<Tasks extends TaskHost> {
  readonly incarnation: Incarnation;
  readonly host: ActorHost;
  readonly tasks: Tasks;

  constructor(ports: ProcessPorts, options: TaskManagerOptions, createTasks: (ports: DataPlanePorts) => Tasks) {
    const { process, slots, slotMemoryBytes, leader, cluster, development } = options;
    const { bus, clock, loops, telemetry } = ports;
    this.incarnation = ports.entropy.id();
    this.tasks = createTasks({
      ...ports,
      process,
      incarnation: this.incarnation,
      notify: (actor, message) => this.host.tell(actor, message),
      options: { development, storeTimeoutMs: cluster.storeTimeoutMs, slotMemoryBytes, ...options.tasks },
    });
    const panic = (error: unknown): void => {
      this.close();
      ports.panic(error);
    };
    const blobs = new DeadlineStore(ports.blobs, clock, cluster.storeTimeoutMs);
    const large = new LargeMessages(blobs, clock, { process, incarnation: this.incarnation });
    this.host = new ActorHost(
      { bus, clock, loops, telemetry, panic, large, records: null, sweeper: null, discovery: null, tasks: this.tasks },
      {
        process,
        incarnation: this.incarnation,
        epoch: null,
        roles: taskManagerRoles,
        wire: taskManagerWire,
        versions: ownVersions,
      },
    );
    const { incarnation } = this;
    const input: TaskManagerInput = {
      process,
      incarnation,
      versions: ownVersions,
      slots,
      slotMemoryBytes,
      leader,
      options: cluster,
    };
    this.host.startActor('task-manager', actorNames.taskManager, input);
  }

  close(): void {
    this.host.close();
    this.tasks.terminate();
  }
}
