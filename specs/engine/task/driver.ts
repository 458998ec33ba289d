import type { AnyMessage } from '../../../actors/kernel/message.js';
import type { Placement, RestorePlan } from '../../../actors/protocol/deployment.js';
import { freshStart } from '../../../actors/protocol/deployment.js';
import type { Allocation, CheckpointId, JobRun, SlotAddress, SubtaskKey } from '../../../actors/protocol/ids.js';
import { actorNames, checkpointText, sameCheckpoint, subtaskKey } from '../../../actors/protocol/ids.js';
import type { Split, SubtaskSnapshot } from '../../../actors/protocol/manifest.js';
import type { TaskEvent } from '../../../actors/subtask/messages.js';
import type { TaskEffect } from '../../../src/ports/task-host.js';
import type { TaskTrace } from '../../../src/ports/telemetry.js';
import { nodeFiles } from '../../../src/runtime/world/files.js';
import { nodeOffload } from '../../../src/runtime/world/offload.js';
import { MemoryKeyValueEngine } from '../../../src/storage/memory/memory-key-value-engine.js';
import { createTaskHost, type InspectableTaskHost } from '../../../src/task/task-host.js';
import type { TaskOptions } from '../../../src/task/task-options.js';
import type { TestJob } from './test-jobs.js';
import type { World } from './world.js';

/** What a finished or unfinished run leaves behind for the next one. */
export interface Manifest {
  readonly id: CheckpointId;
  readonly snapshots: ReadonlyMap<SubtaskKey, SubtaskSnapshot>;
  readonly unassigned: readonly Split[];
}

export interface DriverOptions {
  readonly slots?: number;
  readonly run?: JobRun;
  readonly allocation?: Allocation;
  readonly splits?: readonly Split[];
  /** Splits are handed out and said to be all; otherwise the source waits for more for ever. */
  readonly bounded?: boolean;
  readonly options?: Partial<TaskOptions>;
  readonly from?: Manifest | null;
}

type Told = TaskEvent | AnyMessage;

/**
 * One run of a job on one task host, commanded as its actors would: deploys, hands out splits, takes checkpoints. One subtask of each
 * vertex in each slot, as far as its parallelism goes.
 */
export class Driver {
  readonly host: InspectableTaskHost;
  readonly told: { readonly actor: string; readonly message: Told }[] = [];
  readonly traces: TaskTrace[] = [];
  readonly allocation: Allocation;
  readonly placement: Placement;
  readonly subtasks: readonly SubtaskKey[];
  private readonly splits: Split[];
  private readonly slots: number;
  private base: CheckpointId | null;
  /** What the coordinator of the source keeps when a checkpoint begins. */
  private unassigned: readonly Split[] = [];

  constructor(
    readonly world: World,
    readonly job: TestJob,
    private readonly options: DriverOptions = {},
  ) {
    const { slots = 1, run = 1, splits = [], from = null } = options;
    this.slots = slots;
    this.allocation = options.allocation ?? { job: 'test', run, epoch: 1 };
    this.splits = [...(from === null ? splits : from.unassigned)];
    this.base = from?.id ?? null;
    const incarnation = `life${run}`;
    const entries = job.graph.vertices.flatMap(({ id, parallelism }) =>
      Array.from({ length: parallelism }, (_, index): [SubtaskKey, SlotAddress] => [
        subtaskKey(id, index),
        { process: 'tm', incarnation, slot: index % slots },
      ]),
    );
    this.placement = Object.fromEntries(entries);
    this.subtasks = entries.map(([key]) => key);
    this.host = createTaskHost({
      process: 'tm',
      incarnation,
      clock: world.clock,
      loops: world.loops,
      links: world.links,
      blobs: world.store,
      files: nodeFiles,
      offload: nodeOffload,
      stores: new MemoryKeyValueEngine((run) => world.later(0, run)),
      client: { line: () => undefined, deliver: () => undefined },
      code: { load: (_record, done) => world.later(0, () => done({ ok: true, program: job.program })) },
      telemetry: { trace: () => undefined, task: (trace) => this.traces.push(trace) },
      notify: (actor, message) => this.hear(actor, message),
      options: { development: true, ...options.options },
    });
  }

  /** Loads every slot and brings every subtask to `started`. */
  deploy(): this {
    this.load();
    for (const subtask of this.subtasks) this.restore(subtask);
    this.awaitAll('task.restored');
    for (const subtask of this.subtasks) this.perform(subtask, { kind: 'task.rewind' });
    this.awaitAll('task.rewound');
    for (const subtask of this.subtasks) this.perform(subtask, { kind: 'task.start' });
    this.awaitAll('task.started');
    return this;
  }

  load(): void {
    const { record, graph } = this.job;
    for (let slot = 0; slot < this.slots; slot++) {
      this.host.perform({
        kind: 'slot.load',
        slot,
        allocation: this.allocation,
        record,
        graph,
        placement: this.placement,
      });
    }
    this.world.runUntil(() => this.messages('slot.loaded').length === this.slots, 'every slot is loaded');
  }

  restore(subtask: SubtaskKey, plan: RestorePlan = this.planOf(subtask)): void {
    this.perform(subtask, { kind: 'task.restore', plan });
  }

  /** Takes a whole checkpoint and returns what it consists of. */
  checkpoint(n: number): Manifest {
    const manifest = this.snapshot(n);
    this.complete(manifest);
    return manifest;
  }

  /** Triggers where no barrier comes from upstream, and waits for every part. */
  snapshot(n: number): Manifest {
    const id: CheckpointId = { epoch: 1, n };
    this.trigger(id);
    this.world.runUntil(
      () => this.unfinished().every((subtask) => this.snapshotOf(subtask, id) !== null),
      `all parts of ${n}`,
    );
    return this.manifest(id);
  }

  /** As `snapshot`; null when the attempt of a subtask fails before. */
  trySnapshot(n: number): Manifest | null {
    const id: CheckpointId = { epoch: 1, n };
    this.trigger(id);
    const hasAll = (): boolean => this.unfinished().every((subtask) => this.snapshotOf(subtask, id) !== null);
    this.world.runUntil(() => this.failures().length > 0 || hasAll(), `all parts of ${n}, or a failure`);
    return this.failures().length > 0 ? null : this.manifest(id);
  }

  /** As `complete`; false when the attempt of a subtask fails before. */
  tryComplete(manifest: Manifest): boolean {
    const committed = this.tellComplete(manifest);
    this.world.runUntil(() => this.failures().length > 0 || committed(), 'all commits, or a failure');
    return this.failures().length === 0;
  }

  isFinished(): boolean {
    return this.unfinished().length === 0;
  }

  awaitDrained(): void {
    this.awaitAll('task.drained', this.unfinished());
  }

  trigger(checkpoint: CheckpointId): void {
    this.unassigned = [...this.splits];
    for (const subtask of this.injectors()) {
      this.perform(subtask, { kind: 'task.trigger', checkpoint, base: this.base });
    }
  }

  complete(manifest: Pick<Manifest, 'id'>): void {
    this.world.runUntil(this.tellComplete(manifest), `all commits of ${checkpointText(manifest.id)}`);
  }

  private tellComplete({ id }: Pick<Manifest, 'id'>): () => boolean {
    this.base = id;
    const committers = this.unfinished();
    for (const subtask of committers) this.perform(subtask, { kind: 'task.complete', checkpoint: id });
    const committed = (subtask: SubtaskKey): boolean =>
      this.eventsOf(subtask).some((event) => event.type === 'task.committed' && sameCheckpoint(event.checkpoint, id));
    return () => committers.every(committed);
  }

  abort(checkpoint: CheckpointId): void {
    for (const subtask of this.unfinished()) this.perform(subtask, { kind: 'task.abort', checkpoint });
  }

  /** Ends the run as a crash does. */
  crash(): void {
    this.host.terminate();
  }

  perform(subtask: SubtaskKey, effect: Partial<TaskEffect> & { readonly kind: `task.${string}` }): void {
    const { slot } = this.placement[subtask] as SlotAddress;
    this.host.perform({ ...effect, slot, subtask, run: this.allocation.run } as TaskEffect);
  }

  eventsOf(subtask: SubtaskKey): readonly TaskEvent[] {
    const actor = actorNames.subtask(this.allocation.job, this.allocation.run, subtask);
    return this.told.filter((told) => told.actor === actor).map(({ message }) => message as TaskEvent);
  }

  messages(type: string): readonly Told[] {
    return this.told.map(({ message }) => message).filter((message) => message.type === type);
  }

  failures(): readonly string[] {
    return this.told.flatMap(({ message }) =>
      message.type === 'task.failed' && 'failure' in message ? [message.failure.code] : [],
    );
  }

  awaitAll(type: TaskEvent['type'], subtasks: readonly SubtaskKey[] = this.subtasks): void {
    const has = (subtask: SubtaskKey): boolean => this.eventsOf(subtask).some((event) => event.type === type);
    this.world.runUntil(() => subtasks.every(has), `${type} of all`);
  }

  tasklet(subtask: SubtaskKey) {
    const found = this.host
      .inspect()
      .flatMap(({ tasklets }) => tasklets.filter((tasklet) => tasklet.subtask === subtask))[0];
    if (found === undefined) throw new Error(`${subtask} is in no slot`);
    return found;
  }

  manifest(id: CheckpointId): Manifest {
    const previous = this.options.from?.snapshots ?? new Map<SubtaskKey, SubtaskSnapshot>();
    const snapshots = new Map(
      this.subtasks.flatMap((subtask): [SubtaskKey, SubtaskSnapshot][] => {
        const snapshot = this.snapshotOf(subtask, id) ?? previous.get(subtask) ?? null;
        return snapshot === null ? [] : [[subtask, snapshot]];
      }),
    );
    return { id, snapshots, unassigned: this.unassigned };
  }

  private planOf(subtask: SubtaskKey): RestorePlan {
    const { from = null } = this.options;
    const snapshot = from?.snapshots.get(subtask);
    if (from === null || snapshot === undefined) return { ...freshStart, from: from?.id ?? null };
    return { from: from.id, operators: snapshot.operators, finished: snapshot.drained };
  }

  private snapshotOf(subtask: SubtaskKey, id: CheckpointId): SubtaskSnapshot | null {
    for (const event of this.eventsOf(subtask)) {
      if (event.type === 'task.snapshotted' && sameCheckpoint(event.checkpoint, id)) return event.snapshot;
    }
    return null;
  }

  private unfinished(): readonly SubtaskKey[] {
    return this.subtasks.filter((subtask) => this.tasklet(subtask).phase !== 'finished');
  }

  private injectors(): readonly SubtaskKey[] {
    const unfinished = this.unfinished();
    const vertices = new Set(unfinished.map((subtask) => subtask.split('#')[0] as string));
    return unfinished.filter((subtask) => {
      const [vertex] = subtask.split('#');
      return this.job.graph.edges.filter(({ to }) => to === vertex).every(({ from }) => !vertices.has(from));
    });
  }

  /** Hands out a split for each request. One that is handed out stands before any barrier that is triggered later. */
  private hear(actor: string, message: Told): void {
    this.told.push({ actor, message });
    if (message.type !== 'task.splitsRequested') return;
    const subtask = actor.split('/').slice(3).join('/');
    this.world.later(1, () => {
      const split = this.splits.shift();
      const noMore = split === undefined && this.options.bounded !== false;
      if (split !== undefined || noMore) {
        this.perform(subtask, { kind: 'task.assign', splits: split === undefined ? [] : [split], noMore });
      }
    });
  }
}
