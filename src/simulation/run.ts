import type { Effect } from '../../actors/kernel/effect.js';
import type { ClusterOptions } from '../../actors/protocol/deployment.js';
import { defaultClusterOptions } from '../../actors/protocol/deployment.js';
import type { JobRecord, JobResult } from '../../actors/protocol/job-graph.js';
import type { SubtaskMessage } from '../../actors/subtask/messages.js';
import type { CodeStore } from '../graph/code-store.js';
import type { ClientOutput } from '../ports/client-output.js';
import type { TaskTrace, TraceRecord } from '../ports/telemetry.js';
import { decodeRecord } from '../runtime/host/records.js';
import { microtasksOver } from '../runtime/world/microtasks.js';
import type { Checker, CheckerFactory } from './checker.js';
import { Violation } from './checker.js';
import type { Deviations, FaultRates } from './choices.js';
import { Choices } from './choices.js';
import { jobManagerName, SimCluster } from './cluster.js';
import { Coverage } from './coverage.js';
import { Digest } from './digest.js';
import { planPartitions } from './partitions.js';
import type { SimFiles } from './sim-files.js';
import { CrashSignal } from './sim-process.js';
import { SimWorld } from './world.js';

/** Short enough that a run sees several heartbeats, checkpoints and recoveries within a few virtual seconds. */
export const simulatedClusterOptions: ClusterOptions = {
  ...defaultClusterOptions,
  heartbeatIntervalMs: 400,
  heartbeatTimeoutMs: 1_000,
  stuckTimeoutMs: 5_000,
  orphanTimeoutMs: 2_500,
  askEveryMs: 60,
  slotRequestTimeoutMs: 20_000,
  deployTimeoutMs: 2_500,
  cancelTimeoutMs: 200,
  pauseTimeoutMs: 1_200,
  storeTimeoutMs: 400,
};

export interface RunSpec {
  readonly seed: number;
  readonly record: JobRecord;
  /** How the job's code is loaded; a function when it depends on virtual time. */
  readonly code: CodeStore | ((world: SimWorld) => CodeStore);
  /** Files that are there from the beginning, by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What the store holds from the beginning, by name. */
  readonly blobs?: ReadonlyMap<string, Uint8Array>;
  /** Takes what the job prints and collects. */
  readonly client?: ClientOutput;
  readonly taskManagers: number;
  readonly slots: number;
  readonly rates: FaultRates;
  /** Replay exactly these instead of drawing from the seed. */
  readonly deviations: Deviations | null;
  readonly healAtMs: number;
  readonly checkers: readonly CheckerFactory[];
  readonly cluster?: ClusterOptions;
  /** Sees every record, for people. */
  readonly onTrace?: (record: TraceRecord) => void;
}

export interface RunReport {
  readonly violation: Violation | null;
  readonly outcome: string | null;
  readonly events: number;
  readonly virtualMs: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly restoredCheckpoint: boolean;
  readonly crashedDuringRecovery: boolean;
  readonly checkpoints: number;
  /** The wish to stop it was durable before the job had ended. */
  readonly stopped: boolean;
  readonly digest: string;
  readonly deviations: Deviations;
  readonly coverage: Coverage;
  /** A client was told that its savepoint exists. */
  readonly saved: boolean;
  /** A client was told that its rescale is kept. */
  readonly rescaled: boolean;
  /** Its result says that it was canceled. */
  readonly canceled: boolean;
  /** The simulated disk and the store at the end. */
  readonly files: SimFiles;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** After the healing a run must end within this virtual time, or it is stuck. */
const livenessMs = 60_000;
const eventsMax = 400_000;
const turnRecordsMax = 6;

const silentClient: ClientOutput = { line: () => undefined, deliver: () => undefined };

/**
 * Runs one job on one simulated cluster under one schedule of faults. A pure function of its spec. A job whose functions return promises needs
 * `simulateAsync`.
 */
export function simulate(spec: RunSpec): RunReport {
  return new Run(spec).go();
}

/** The same for a job whose functions return promises: after each event microtasks run, and time stands still until they are over. */
export function simulateAsync(spec: RunSpec): Promise<RunReport> {
  return new Run(spec).goAsync();
}

class Run {
  private readonly world: SimWorld;
  private readonly cluster: SimCluster;
  private readonly checkers: readonly Checker[];
  /** Those that want to see every step, every fact of the data plane, every change of the store. */
  private readonly tracing: readonly Checker[];
  private readonly watchingTasks: readonly Checker[];
  private readonly watchingStore: readonly Checker[];
  private readonly digest = new Digest();
  private readonly coverage = new Coverage();
  private violation: Violation | null = null;
  private outcome: string | null = null;
  private crashes = 0;
  private restarts = 0;
  private checkpoints = 0;
  private restoredCheckpoint = false;
  private crashedDuringRecovery = false;
  private restoring = false;
  private stopped = false;
  private saved = false;
  private rescaled = false;
  private healedAtMs: number | null = null;
  private endedAtMs = 0;

  constructor(private readonly spec: RunSpec) {
    const choices = spec.deviations === null ? Choices.generated(spec.seed) : Choices.replayed(spec.deviations);
    const replaying = spec.deviations !== null;
    this.world = new SimWorld({ choices, rates: spec.rates, replaying, turnRecordsMax });
    const options = spec.cluster ?? simulatedClusterOptions;
    this.cluster = new SimCluster(this.world, {
      record: spec.record,
      code: typeof spec.code === 'function' ? spec.code(this.world) : spec.code,
      taskManagers: spec.taskManagers,
      slots: spec.slots,
      cluster: options,
      client: spec.client ?? silentClient,
      telemetry: { trace: (record) => this.onTrace(record), task: (trace) => this.onTask(trace) },
      onStore: (event) => {
        if (event.kind === 'create' && event.name === `jobs/${spec.record.job}/result`) this.onResult(event.bytes);
        if (event.kind === 'create' && event.name === `jobs/${spec.record.job}/stop`)
          this.stopped ||= this.outcome === null;
        for (const checker of this.watchingStore) checker.store?.(event);
      },
      onFile: (event) => {
        for (const checker of this.checkers) checker.file?.(event);
      },
      onSavepoint: (name) => {
        this.saved = true;
        for (const checker of this.checkers) checker.saved?.(name);
      },
      onRescale: (request) => {
        this.rescaled = true;
        for (const checker of this.checkers) checker.rescaled?.(request);
      },
      onCancel: () => {
        for (const checker of this.checkers) checker.canceled?.();
      },
      onCrash: (process, life) => this.onCrash(process, life),
      onPanic: (error) => this.onPanic(error),
    });
    for (const [path, bytes] of Object.entries(spec.files ?? {})) this.cluster.files.files.set(path, bytes);
    for (const [name, bytes] of spec.blobs ?? []) this.cluster.store.blobs.set(name, bytes);
    const context = {
      world: this.world,
      store: this.cluster.store,
      files: this.cluster.files,
      record: spec.record,
      cluster: options,
      living: () => this.cluster.living(),
      slots: () => [...this.cluster.taskManagers.values()].flatMap(({ tasks }) => tasks.inspect()),
    };
    this.checkers = spec.checkers.map((create) => create(context));
    this.tracing = this.checkers.filter((checker) => checker.trace !== undefined);
    this.watchingTasks = this.checkers.filter((checker) => checker.task !== undefined);
    this.watchingStore = this.checkers.filter((checker) => checker.store !== undefined);
  }

  go(): RunReport {
    try {
      for (const label of this.runToTheEnd()) {
        throw new Error(`${label} returned a promise that has not settled, which only simulateAsync waits for`);
      }
    } catch (error) {
      this.threw(error);
    }
    return this.report();
  }

  async goAsync(): Promise<RunReport> {
    try {
      for (const label of this.runToTheEnd()) {
        await microtasksOver();
        // Nothing in virtual time would settle it: it waits for a real timer, file or connection.
        if (this.world.promises.size > 0) {
          throw new Error(`${label} returned a promise that waits for something outside the simulation`);
        }
      }
    } catch (error) {
      this.threw(error);
    }
    return this.report();
  }

  private threw(error: unknown): void {
    if (error instanceof Violation) this.violation ??= error;
    else
      this.violation ??= new Violation(
        'throw',
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
  }

  private report(): RunReport {
    return {
      violation: this.violation,
      outcome: this.outcome,
      events: this.world.events,
      virtualMs: this.world.nowMs,
      crashes: this.crashes,
      restarts: this.restarts,
      restoredCheckpoint: this.restoredCheckpoint,
      crashedDuringRecovery: this.crashedDuringRecovery,
      checkpoints: this.checkpoints,
      stopped: this.stopped,
      digest: this.digest.value(),
      deviations: this.world.choices.taken,
      coverage: this.coverage,
      saved: this.saved,
      rescaled: this.rescaled,
      canceled: this.outcome === 'canceled',
      files: this.cluster.files,
      blobs: this.cluster.store.blobs,
    };
  }

  /** Stops after each event that leaves promises, and says whose the first of them is. */
  private *runToTheEnd(): Generator<string, void, void> {
    const { world, cluster, spec } = this;
    cluster.start();
    planPartitions(world, cluster.network, cluster.names(), spec.healAtMs);
    world.at(spec.healAtMs, () => this.heal());
    const deadlineMs = spec.healAtMs + livenessMs;
    while (this.violation === null && !this.isOver() && world.step()) {
      if (world.nowMs > deadlineMs)
        throw new Violation('I19', `the job has not ended ${livenessMs} ms after the last fault`, {
          state: cluster.jobState(),
        });
      if (world.events > eventsMax)
        throw new Violation('I19', `a retry storm: ${eventsMax} events`, {
          atMs: world.nowMs,
          state: cluster.jobState(),
        });
      if (world.promises.size > 0) {
        const [first] = world.promises;
        if (first !== undefined) yield first.label;
      }
    }
    if (this.violation !== null) return;
    if (this.outcome === null)
      throw new Violation('I19', 'nothing is left to happen and the job has not ended', { atMs: world.nowMs });
    for (const checker of this.checkers) checker.ended?.();
  }

  /** Ended, healed, and the ended job's actor gone: late messages and files have had their time. */
  private isOver(): boolean {
    return (
      this.outcome !== null &&
      this.healedAtMs !== null &&
      this.world.nowMs > Math.max(this.healedAtMs, this.endedAtMs) + settleMs
    );
  }

  private onTrace(record: TraceRecord): void {
    this.digest.trace(record);
    this.coverage.trace(record);
    this.spec.onTrace?.(record);
    const { verdict, message } = record;
    if (verdict.kind === 'refused' && !verdict.expected) {
      throw new Violation(
        'I21',
        `${record.actor} in ${record.fromState} has no answer to ${message.type} (${verdict.code})`,
        { message },
      );
    }
    if (record.actor.startsWith('job-master/')) this.onJobMaster(record);
    if (record.fromState === 'writingManifest' && record.toState === 'notifying') this.checkpoints += 1;
    for (const checker of this.tracing) checker.trace?.(record);
  }

  private onJobMaster({ fromState, toState, effects }: TraceRecord): void {
    if (fromState === toState) return;
    if (toState === 'restoringState') this.restoring = effects.some(restoresCheckpoint);
    if (toState === 'pausing') this.restarts += 1;
    if (toState === 'pausing' && fromState !== null && recoveryStates.has(fromState)) this.crashedDuringRecovery = true;
    if (toState === 'rewindingSources' && this.restoring) this.restoredCheckpoint = true;
  }

  /** The job has ended when its result is durable, whoever lives to tell it. */
  private onResult(bytes: Uint8Array): void {
    const decoded = decodeRecord('result', bytes);
    this.outcome = 'record' in decoded ? (decoded.record as JobResult).outcome : 'damaged';
    this.endedAtMs = this.world.nowMs;
    this.world.at(this.world.nowMs + faultsAfterEndMs, () => this.heal());
  }

  private heal(): void {
    if (this.world.choices.isHealed) return;
    this.healedAtMs = this.world.nowMs;
    this.cluster.heal();
    for (const checker of this.checkers) checker.healed?.();
  }

  private onTask(trace: TaskTrace): void {
    for (const checker of this.watchingTasks) checker.task?.(trace);
  }

  private onCrash(process: string, life: number): void {
    this.crashes += 1;
    this.digest.text(`${process}@${life} crashed`);
    const state = process === jobManagerName ? null : this.cluster.jobState();
    if (state !== null && recoveryStates.has(state)) this.crashedDuringRecovery = true;
    for (const checker of this.checkers) checker.crashed?.(process, life);
  }

  private onPanic(error: unknown): void {
    if (error instanceof CrashSignal) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.violation ??= error instanceof Violation ? error : new Violation('panic', text);
  }
}

/** Longer than any store call or message may be late. */
const settleMs = 1_100;
/** Faults go on for so long after the job has ended: a leader may still crash and must not run it again. */
const faultsAfterEndMs = 300;
const recoveryStates: ReadonlySet<string> = new Set([
  'pausing',
  'retrievingCheckpoint',
  'backingOff',
  'redistributing',
  'restoringState',
  'rewindingSources',
]);

/** True for the question that makes a subtask load a checkpoint. */
function restoresCheckpoint(effect: Effect): boolean {
  if (effect.kind !== 'ask' || effect.message.type !== 'subtask.restore') return false;
  return (effect.message as Extract<SubtaskMessage, { type: 'subtask.restore' }>).plan.from !== null;
}
