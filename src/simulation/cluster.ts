import type { ClusterOptions } from '../../actors/protocol/deployment.js';
import { actorNames } from '../../actors/protocol/ids.js';
import type { JobRecord } from '../../actors/protocol/job-graph.js';
import { defaultSlotMemoryBytes } from '../../actors/protocol/memory-size.js';
import type { SavepointName } from '../../actors/protocol/savepoint.js';
import type { CodeStore } from '../graph/code-store.js';
import type { ClientOutput } from '../ports/client-output.js';
import type { Telemetry } from '../ports/telemetry.js';
import { JobManager } from '../runtime/process/job-manager.js';
import type { ProcessPorts } from '../runtime/process/ports.js';
import { type DataPlanePorts, TaskManager } from '../runtime/process/task-manager.js';
import { createTaskHost, type InspectableTaskHost } from '../task/task-host.js';
import { runClients } from './clients.js';
import { SimNetwork } from './network.js';
import { simulatedOffload } from './offload.js';
import type { FileEvent } from './sim-files.js';
import { SimFiles } from './sim-files.js';
import { simulatedStores } from './sim-key-value-engine.js';
import { type CrashPoint, SimProcess } from './sim-process.js';
import type { StoreEvent } from './sim-store.js';
import { SimStore } from './sim-store.js';
import type { SimWorld } from './world.js';

export const jobManagerName = 'jm';
/** Room for a few keys. */
const stateMemoryBytes = 4_096;
/** Little too, so that snapshots take several blobs. */
const snapshotBlobBytes = 512;
const crashCallsMax = 900;
const crashAfterMs = 400;
const crashWithinMs = 2_200;
const crashResolution = 1_000_000;
const restartMs = 40;
const restartMsMax = 1_200;
const pauseAtMsMax = 2_000;
const pauseMs = 200;
const pauseMsMax = 2_000;

export interface SimClusterOptions {
  readonly record: JobRecord;
  readonly code: CodeStore;
  readonly taskManagers: number;
  readonly slots: number;
  readonly cluster: ClusterOptions;
  readonly telemetry: Telemetry;
  readonly client: ClientOutput;
  readonly onStore: (event: StoreEvent) => void;
  readonly onFile: (event: FileEvent) => void;
  readonly onCrash: (process: string, life: number) => void;
  readonly onPanic: (error: unknown) => void;
  /** A client was told that the job's savepoint exists. */
  readonly onSavepoint?: (name: SavepointName) => void;
  /** A client was told that its rescale is kept. */
  readonly onRescale?: (request: string) => void;
  /** A client was told that the job is being canceled. */
  readonly onCancel?: () => void;
}

/** One job manager, some task managers and a client, in one thread on virtual time. */
export class SimCluster {
  readonly store: SimStore;
  readonly files: SimFiles;
  readonly network: SimNetwork;
  readonly processes = new Map<string, SimProcess>();
  jobManager: JobManager | null = null;
  readonly taskManagers = new Map<string, TaskManager<InspectableTaskHost>>();
  private readonly lives = new Map<string, number>();

  constructor(
    readonly world: SimWorld,
    private readonly options: SimClusterOptions,
  ) {
    this.store = new SimStore(world, options.onStore);
    this.files = new SimFiles(world, options.onFile);
    this.network = new SimNetwork(world);
  }

  names(): readonly string[] {
    return [jobManagerName, ...Array.from({ length: this.options.taskManagers }, (_, index) => `tm-${index + 1}`)];
  }

  /** Starts every process and submits the job. */
  start(): void {
    for (const name of this.names()) this.startProcess(name);
    runClients(this.world, this.network, this.options.record, {
      leader: jobManagerName,
      saved: (name) => this.options.onSavepoint?.(name),
      rescaled: (request) => this.options.onRescale?.(request),
      canceled: () => this.options.onCancel?.(),
    });
  }

  /** Ends a process now and starts its next life after a while. */
  crash(name: string): void {
    this.processes.get(name)?.crash();
  }

  /** No fault from here on: what is down starts, what is paused goes on, what is cut is mended. */
  heal(): void {
    this.world.choices.heal();
    this.network.mendAll();
    for (const name of this.names()) {
      const process = this.processes.get(name);
      if (process?.alive) process.resume();
      else this.startProcess(name);
    }
  }

  living(): ReadonlyMap<string, number> {
    const lives = new Map<string, number>();
    for (const [name, process] of this.processes) if (process.alive) lives.set(name, process.life);
    return lives;
  }

  private startProcess(name: string): void {
    if (this.processes.get(name)?.alive) return;
    const life = (this.lives.get(name) ?? 0) + 1;
    this.lives.set(name, life);
    const { choices, rates } = this.world;
    const drawn = choices.at(`crash:${name}@${life}`, rates.crash, crashResolution);
    const crashAt = crashPointOf(drawn, this.world.nowMs);
    const process = new SimProcess(this.world, name, life, crashAt, () => this.ended(name, life));
    this.processes.set(name, process);
    process.dispatch(() => this.boot(process));
    this.planPause(process);
  }

  private boot(process: SimProcess): void {
    const ports = this.portsOf(process);
    const { cluster, slots } = this.options;
    if (process.name === jobManagerName) this.jobManager = new JobManager(ports, { process: process.name, cluster });
    else {
      const own = { process: process.name, slots, slotMemoryBytes: defaultSlotMemoryBytes };
      const tasks = { stateMemoryBytes, snapshotBlobBytes };
      const options = { ...own, leader: jobManagerName, cluster, development: true, tasks };
      const stores = simulatedStores(process);
      const create = (data: DataPlanePorts): InspectableTaskHost => createTaskHost({ ...data, stores });
      this.taskManagers.set(process.name, new TaskManager(ports, options, create));
    }
  }

  private portsOf(process: SimProcess): ProcessPorts {
    const { code, telemetry, client, onPanic } = this.options;
    return {
      bus: this.network.busOf(process),
      links: this.network.linksOf(process),
      clock: process.clock(),
      loops: process.loops(),
      entropy: process.entropy(),
      blobs: this.store.of(process),
      files: this.files.of(process),
      offload: simulatedOffload(process),
      client,
      code: {
        load: (record, done) => {
          process.enter();
          code.load(record, (result) => process.later(0, () => done(result)));
        },
      },
      telemetry,
      panic: onPanic,
    };
  }

  private ended(name: string, life: number): void {
    if (name === jobManagerName) this.jobManager = null;
    else this.taskManagers.delete(name);
    this.options.onCrash(name, life);
    const { choices, rates } = this.world;
    // How long a process stays down is drawn whenever one crashes: even a restart at once is a choice.
    const delayMs = choices.at(`restart:${name}@${life}`, rates.crash > 0 ? 0.5 : 0, restartMsMax) || restartMs;
    this.world.at(this.world.nowMs + delayMs, () => this.startProcess(name));
  }

  private planPause(process: SimProcess): void {
    const { choices, rates } = this.world;
    const subject = `${process.name}@${process.life}`;
    const atMs = choices.at(`pause:${subject}`, rates.pause, pauseAtMsMax);
    if (atMs === 0) return;
    const forMs = choices.at(`pauseFor:${subject}`, 1, pauseMsMax) || pauseMs;
    this.world.at(this.world.nowMs + atMs, () => {
      if (!choices.isHealed) process.pause();
    });
    this.world.at(this.world.nowMs + atMs + forMs, () => process.resume());
  }

  /** State of an actor of the leader, for scenario specs. */
  leaderState(actor: string): string | null {
    return this.jobManager?.host?.stateOf(actor)?.state ?? null;
  }

  jobState(): string | null {
    return this.leaderState(actorNames.jobMaster(this.options.record.job));
  }
}

/** Where a life ends, from its choice: a quarter among its first port calls, in which it starts; the others at any moment of a short job. */
function crashPointOf(drawn: number, nowMs: number): CrashPoint | null {
  if (drawn === 0) return null;
  const share = drawn / crashResolution;
  if (drawn % 4 === 0) return { kind: 'call', call: Math.ceil(crashCallsMax ** share) };
  return { kind: 'moment', atMs: nowMs + crashAfterMs + share * crashWithinMs };
}
