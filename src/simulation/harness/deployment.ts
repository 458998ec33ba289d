import { restorePlans, subtasksOf } from '../../../actors/job-master/restore.js';
import { type Failure, failure } from '../../../actors/kernel/failure.js';
import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Placement, RestorePlan } from '../../../actors/protocol/deployment.js';
import {
  type Allocation,
  actorNames,
  type CheckpointId,
  type SlotAddress,
  type SubtaskKey,
  sameCheckpoint,
} from '../../../actors/protocol/ids.js';
import type { JobGraph, JobRecord } from '../../../actors/protocol/job-graph.js';
import type { CheckpointManifest, SubtaskSnapshot } from '../../../actors/protocol/manifest.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import { EngineError } from '../../api/engine-error.js';
import { buildJob, type JobDefinition } from '../../api/job-definition.js';
import type { JobProgram } from '../../graph/job-program.js';
import type { BlobStore } from '../../ports/blob-store.js';
import type { TaskEffect } from '../../ports/task-host.js';
import { MemoryKeyValueEngine } from '../../storage/memory/memory-key-value-engine.js';
import { createTaskHost, type InspectableTaskHost } from '../../task/task-host.js';
import { MemoryDataLinks } from '../../transport/memory/memory-data-links.js';
import { fedSplit } from './fed-source.js';
import { HarnessCalls } from './harness-calls.js';
import type { HarnessTime } from './harness-time.js';
import { noFiles } from './no-files.js';
import type { Roughness } from './roughness.js';

export interface DeploymentSetting {
  readonly definition: JobDefinition;
  /** Numbers the deployments of a harness, from 1. */
  readonly run: number;
  readonly from: CheckpointManifest | null;
  readonly blobs: BlobStore;
  readonly time: HarnessTime;
  readonly roughness: Roughness;
}

type Told = TaskEvent | AnyMessage;

/** Neither lost grants nor a hanging slot are to be noticed here: their timers would only be in the way of time. */
const neverMs = 1e12;

/**
 * One run of a job on the engine's own data plane: slots, tasklets, channels and barriers as in a cluster, commanded as the actors of
 * the subtasks would. Each parallel instance is in a slot of its own.
 */
export class Deployment {
  readonly graph: JobGraph;
  readonly calls: HarnessCalls;
  private readonly host: InspectableTaskHost;
  private readonly allocation: Allocation;
  private readonly placement: Placement;
  private readonly slots: number;
  private readonly subtasks: readonly SubtaskKey[];
  private readonly record: JobRecord;
  private readonly snapshots = new Map<SubtaskKey, SubtaskSnapshot>();
  private readonly reached = new Map<string, number>();
  private taken: CheckpointId | null = null;
  private base: CheckpointId | null;
  private failed: Failure | null = null;

  /** Deploys it, and lets it come to rest. */
  constructor(private readonly setting: DeploymentSetting) {
    const { definition, run, time, blobs, roughness, from } = setting;
    const built = (): JobProgram => buildJob(definition, []).program;
    // Each slot has code of its own; the first one what the graph was read from.
    const programs = [built()];
    const { graph } = programs[0] as JobProgram;
    this.graph = graph;
    this.base = from?.id ?? null;
    this.record = { format: 1, job: graph.name, graph, code: 'harness', params: [] };
    this.allocation = { job: graph.name, run, epoch: 1 };
    const entries = graph.vertices
      .flatMap((vertex) => subtasksOf(vertex).map((key, index) => ({ key, index })))
      .map(({ key, index }, at): [SubtaskKey, SlotAddress] => [
        key,
        { process: 'harness', incarnation: `run${run}`, slot: roughness.apart ? at : index },
      ]);
    this.slots = Math.max(...entries.map(([, { slot }]) => slot)) + 1;
    this.placement = Object.fromEntries(entries);
    this.subtasks = entries.map(([key]) => key);
    this.calls = new HarnessCalls(time.later);
    this.host = createTaskHost({
      process: 'harness',
      incarnation: `run${run}`,
      clock: time.clock,
      loops: time.loops,
      links: new MemoryDataLinks(time.later),
      blobs,
      files: noFiles(time.later),
      offload: this.calls,
      stores: new MemoryKeyValueEngine(time.later),
      client: { line: () => undefined, deliver: () => undefined },
      code: { load: (_record, done) => time.later(() => done({ ok: true, program: programs.pop() ?? built() })) },
      telemetry: { trace: () => undefined, task: () => undefined },
      notify: (actor, message) => this.hear(actor, message),
      options: { development: true, repeatMs: neverMs, progressMs: neverMs, ...roughness.options },
    });
    time.turnRecordsMax = roughness.turnRecordsMax;
    this.deploy();
  }

  /** Lets everything happen that can; throws the failure of a subtask, if there is one. */
  settle(): void {
    this.setting.time.settle();
    this.check();
  }

  check(): void {
    if (this.failed !== null) throw new EngineError(this.failed);
  }

  /** Takes a whole checkpoint, by barriers from the inputs on, and completes it. The pipeline must be at rest. */
  checkpoint(n: number): CheckpointManifest {
    const id: CheckpointId = { epoch: 1, n };
    this.taken = id;
    this.snapshots.clear();
    const inputs = new Set(this.graph.edges.map(({ to }) => to));
    for (const vertex of this.graph.vertices) {
      if (inputs.has(vertex.id)) continue;
      for (const subtask of subtasksOf(vertex)) {
        this.perform(subtask, { kind: 'task.trigger', checkpoint: id, base: this.base });
      }
    }
    this.settle();
    const missing = this.subtasks.filter((subtask) => !this.snapshots.has(subtask));
    if (missing.length > 0) throw new EngineError(incomplete(missing, this.pendingIn(missing)));
    this.base = id;
    for (const subtask of this.subtasks) this.perform(subtask, { kind: 'task.complete', checkpoint: id });
    this.settle();
    const { run } = this.allocation;
    return { id, run, subtasks: [...this.snapshots.values()], enumerators: [], finished: [] };
  }

  get lateRecordsDropped(): number {
    return this.host.counts().reduce((sum, counts) => sum + counts.lateRecordsDropped, 0);
  }

  /** What has come to the main output; null before the first. */
  get watermark(): number | null {
    const counts = this.host.counts().find(({ subtask }) => subtask === 'harness-output#0');
    return counts?.inputWatermarkMs ?? null;
  }

  /** Ends it at once; operators let go of what they hold. */
  drop(): void {
    const { allocation } = this;
    for (let slot = 0; slot < this.slots; slot++) this.host.perform({ kind: 'slot.unload', slot, allocation });
    this.host.terminate();
  }

  private deploy(): void {
    const { record, graph, allocation, placement } = this;
    for (let slot = 0; slot < this.slots; slot++) {
      this.host.perform({ kind: 'slot.load', slot, allocation, record, graph, placement });
    }
    this.settle();
    const plans = restorePlans(graph, this.setting.from);
    for (const subtask of this.subtasks) {
      this.perform(subtask, { kind: 'task.restore', plan: plans[subtask] as RestorePlan });
    }
    this.reach('task.restored');
    for (const subtask of this.subtasks) this.perform(subtask, { kind: 'task.rewind' });
    this.reach('task.rewound');
    for (const subtask of this.subtasks) this.perform(subtask, { kind: 'task.start' });
    this.reach('task.started');
  }

  private reach(type: TaskEvent['type']): void {
    this.settle();
    const missing = this.subtasks.length - (this.reached.get(type) ?? 0);
    if (missing === 0) return;
    const message = `${missing} subtasks did not come to ${type}: ${this.pendingIn(this.subtasks).join(', ')}. An operator does not open without something outside.`;
    throw new EngineError(failure('HARNESS_DEPLOY', 'user', message, 'never'));
  }

  private pendingIn(subtasks: readonly SubtaskKey[]): readonly string[] {
    const tasklets = this.host.inspect().flatMap((slot) => slot.tasklets);
    return tasklets.filter(({ subtask }) => subtasks.includes(subtask)).flatMap(({ pending }) => pending);
  }

  private perform(subtask: SubtaskKey, effect: Effect): void {
    const { slot } = this.placement[subtask] as SlotAddress;
    this.host.perform({ ...effect, slot, subtask, run: this.allocation.run });
  }

  private hear(actor: string, message: Told): void {
    this.reached.set(message.type, (this.reached.get(message.type) ?? 0) + 1);
    if (message.type === 'task.failed' || message.type === 'slot.loadFailed' || message.type === 'task.declined') {
      this.failed ??= (message as { readonly failure: Failure }).failure;
    } else if (message.type === 'task.snapshotted') {
      const { checkpoint, snapshot } = message as Extract<TaskEvent, { type: 'task.snapshotted' }>;
      if (sameCheckpoint(checkpoint, this.taken)) this.snapshots.set(snapshot.subtask, snapshot);
    } else if (message.type === 'task.splitsRequested') {
      const { job, run } = this.allocation;
      const subtask = this.subtasks.find((key) => actorNames.subtask(job, run, key) === actor);
      if (subtask === undefined) return;
      this.setting.time.later(() => this.perform(subtask, { kind: 'task.assign', splits: [fedSplit], noMore: false }));
    }
  }
}

/** What is to be done with a subtask, without saying which. */
type Effect = TaskEffect extends infer E
  ? E extends { readonly kind: `task.${string}` }
    ? Omit<E, 'slot' | 'subtask' | 'run'>
    : never
  : never;

const incomplete = (missing: readonly SubtaskKey[], pending: readonly string[]): Failure =>
  failure(
    'HARNESS_SNAPSHOT',
    'user',
    `${missing.join(', ')} did not take their part of the snapshot${pending.length === 0 ? '' : `: ${pending.join(', ')} waits for something outside`}. ` +
      'A snapshot is taken between elements, before the end of the input',
    'never',
  );
